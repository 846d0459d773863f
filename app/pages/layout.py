"""The frame of every page: head, header, navigation; and the headers that it is answered with."""

import re
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from app.pages.assets import address

_SECTIONS = (("/docs", "Reference"), ("/guides", "Guides"), ("/problems", "Problems"))
# A page has its own style sheet and pictures from here, and nothing else: no script, no frame, no form.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_QUALITY = re.compile(r"[01](\.\d{0,3})?")


def page(title: str, content: str, *, path: str, head: str = "", body: str = "") -> str:
    """A whole page.

    Args:
        title: plain text.
        content: HTML, with the page's one `h1`.
        path: where the page is, so that the navigation tells it.
        head: more HTML for the head.
        body: more HTML for the end of the body.
    """
    links = "".join(f'<a href="{to}"{_current(to, path)}>{name}</a>' for to, name in _SECTIONS)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} · Leeway</title>
<link rel="icon" href="{address("icon.svg")}">
<link rel="stylesheet" href="{address("page.css")}">
{head}</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><span class="brand">Leeway</span><nav aria-label="Documentation">{links}</nav></header>
<main id="content" tabindex="-1">
{content}
</main>
{body}</body>
</html>
"""


def _current(to: str, path: str) -> str:
    if to == path:
        return ' aria-current="page"'
    return ' aria-current="true"' if path.startswith(f"{to}/") else ""


def prefers_html(request: Request) -> bool:
    """Whether the caller would rather have a page than JSON: a browser does, a program that says nothing does not."""
    wanted = request.headers.get("accept", "*/*")
    return _quality(wanted, "text/html") > _quality(wanted, "application/json")


def _quality(accept: str, media_type: str) -> float:
    """How much a media type is wanted (RFC 9110, 12.5.1): the most specific range that covers it says so."""
    best = (0, 0.0)
    for part in accept.lower().split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        exactness = {media_type: 3, f"{media_type.partition('/')[0]}/*": 2, "*/*": 1}.get(name, 0)
        given = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        quality = float(given) if _QUALITY.fullmatch(given) else 0.0
        best = max(best, (exactness, quality)) if exactness else best
    return best[1]


def html(content: str, *, policy: str = _POLICY, headers: dict[str, str] | None = None) -> Response:
    """The page as a response, with a policy of its own for what a browser may load."""
    own = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
        **(headers or {}),
    }
    return Response(content, media_type="text/html", headers=own)
