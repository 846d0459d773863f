"""The OpenAPI document as it is sent: made when it is first asked for, beside the event loop, and kept."""

import asyncio
import gzip
import json
from hashlib import sha256
from threading import Lock

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from app.kit.etags import not_modified
from app.pages.assets import Asset, packed_response

router = APIRouter(include_in_schema=False)
_making = Lock()


@router.get("/openapi.json")
async def get_openapi(request: Request) -> Response:
    """Send the document; 304 to who has it."""
    found: Asset | None = getattr(request.app.state, "contract", None)
    if found is None:
        found = await asyncio.to_thread(_packed, request.app)
    etag = f'"{found.version}"'
    return not_modified(request, etag) or packed_response(found, request, {"ETag": etag, "Cache-Control": "no-cache"})


def _packed(app: FastAPI) -> Asset:
    with _making:
        if not hasattr(app.state, "contract"):
            content = json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
            version = sha256(content).hexdigest()[:16]
            app.state.contract = Asset(content, gzip.compress(content, 6), "application/json", version)
        found: Asset = app.state.contract
        return found
