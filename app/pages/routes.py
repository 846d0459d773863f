"""HTTP of the pages: the reference, the guides, and what they load."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.kit.problems import NotFound
from app.pages.assets import FILES, asset, asset_response
from app.pages.guides import guides, pictures
from app.pages.layout import html, page
from app.pages.reference import POLICY, reference

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def get_reference() -> Response:
    """Show every operation, with a form to try it."""
    return html(reference(), policy=POLICY)


@router.get("/docs/assets/{version}/{name}")
async def get_asset(version: str, name: str, request: Request) -> Response:
    """Send a file that a page loads."""
    if name not in FILES or asset(name).version != version:
        raise NotFound
    return asset_response(asset(name), request)


@router.get("/guides")
async def list_guides() -> Response:
    """Show the index of the guides."""
    found = guides()[""]
    return html(page(found.title, found.content, path="/guides"))


@router.get("/guides/{name}")
async def get_guide(name: Annotated[str, Path(min_length=1)]) -> Response:
    """Show a guide, or a picture of one."""
    if name in pictures():
        return Response(pictures()[name], media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})
    found = guides().get(name)
    if found is None:
        raise NotFound
    return html(page(found.title, found.content, path=f"/guides/{name}"))
