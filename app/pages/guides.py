"""The guides: Markdown of `docs/guides/`, rendered once to HTML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_HERE = Path(__file__).resolve().parent
# A wheel carries them beside this file (pyproject.toml, force-include); a checkout has them where people look.
FOLDER = next(folder for folder in (_HERE / "guides", _HERE.parents[1] / "docs" / "guides") if folder.is_dir())
_INDEX = "README"
_ELSEWHERE = {"../problems.md": "/problems", "../configuration.md": "/guides/configuration"}


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as HTML."""

    title: str
    content: str


@lru_cache(maxsize=1)
def guides() -> dict[str, Guide]:
    """Every guide by its name; that of the index is empty."""
    paths = [*sorted(FOLDER.glob("*.md")), FOLDER.parent / "configuration.md"]
    files = {("" if file.stem == _INDEX else file.stem): file for file in paths}
    return {name: render(file.read_text(encoding="utf-8")) for name, file in files.items()}


@lru_cache(maxsize=1)
def pictures() -> dict[str, str]:
    """The pictures of the guides by name, as SVG."""
    return {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.svg")}


def render(text: str) -> Guide:
    """Markdown as HTML: headings get anchors, links between files lead to pages, wide tables scroll by themselves."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    _link(tokens)
    _anchor(tokens)
    title = next(after.content for token, after in pairwise(tokens) if token.tag == "h1")
    rendered = str(markdown.renderer.render(tokens, markdown.options, {}))
    for plain, framed in _SCROLLING:
        rendered = rendered.replace(plain, framed)
    return Guide(title, rendered)


# What is wider than the page scrolls by itself; the keyboard reaches it, too.
_SCROLLING = (
    ("<table>", '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>'),
    ("</table>", "</table></div>"),
    ("<pre>", '<pre tabindex="0">'),
)


def _link(tokens: Sequence[Token]) -> None:
    for token in _inline(tokens):
        for name in ("href", "src"):
            link = token.attrGet(name)
            if isinstance(link, str):
                token.attrSet(name, _page_of(link))


def _inline(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _inline(token.children or ())


def _page_of(link: str) -> str:
    file, mark, anchor = link.partition("#")
    if not file or ":" in file or file.startswith("/"):
        return link
    inside = re.sub(r"(?:^|/)README$", "", file.removesuffix(".md"))
    return _ELSEWHERE.get(file, f"/guides/{inside}".rstrip("/")) + mark + anchor


def _anchor(tokens: Sequence[Token]) -> None:
    taken: set[str] = set()
    for token, after in pairwise(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            slug = re.sub(r"[^\w]+", "-", after.content.lower()).strip("-")
            name = next(n for n in (slug, *(f"{slug}-{i}" for i in range(1, 99))) if n not in taken)
            taken.add(name)
            token.attrSet("id", name)
