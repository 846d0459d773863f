"""The files that pages load, ours and Swagger UI as it is shipped; each with a hash of its content in its address."""

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import fastapi_offline
from starlette.requests import Request
from starlette.responses import Response

_OURS = Path(__file__).parent / "static"
_SWAGGER = Path(fastapi_offline.__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = {
    **{name: _OURS / name for name in ("page.css", "reference.css", "reference.js", "icon.svg")},
    **{name: _SWAGGER / name for name in ("swagger-ui-bundle.js", "swagger-ui.css")},
}
"""Every file that is served, by name; nothing else of those folders is."""

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, as it is sent."""

    content: bytes
    compressed: bytes
    media_type: str
    version: str


@lru_cache(maxsize=len(FILES))
def asset(name: str) -> Asset:
    """A file of `FILES`, read and compressed once a process."""
    content = FILES[name].read_bytes()
    return Asset(content, gzip.compress(content, 6), _TYPES[FILES[name].suffix], sha256(content).hexdigest()[:16])


def address(name: str) -> str:
    """Where a page loads the file from; another content has another address."""
    return f"/docs/assets/{asset(name).version}/{name}"


def asset_response(found: Asset, request: Request) -> Response:
    """The file, which a browser may keep for ever: its address says which content it has."""
    return packed_response(found, request, {"Cache-Control": "public, max-age=31536000, immutable"})


def packed_response(found: Asset, request: Request, headers: dict[str, str]) -> Response:
    """What is kept as it is sent, compressed if the client takes that."""
    headers = {**headers, "Vary": "Accept-Encoding"}
    if _GZIP.search(request.headers.get("accept-encoding", "")):
        return Response(
            found.compressed, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"}
        )
    return Response(found.content, media_type=found.media_type, headers=headers)
