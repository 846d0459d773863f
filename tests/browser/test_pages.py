"""Every page: nothing from elsewhere, no error, whole on a phone, and sound HTML."""

import re
from typing import Any

import pytest

from app.pages.guides import guides
from tests.browser.conftest import PHONE, Tab

PAGES = [
    "/docs",
    "/guides",
    *(f"/guides/{name}" for name in guides() if name),
    "/problems",
    "/problems/invalid-request",
]
SOUND = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  const lacking = (selector, has) => [...document.querySelectorAll(selector)].filter((each) => !has(each)).length;
  return {
    language: document.documentElement.lang,
    title: document.title.length > 8,
    headings: document.querySelectorAll("h1").length,
    repeated: ids.filter((id, index) => ids.indexOf(id) !== index),
    pictures_without_text: lacking("img", (each) => each.alt.length > 10 && each.complete && each.naturalWidth > 0),
    fields_without_name: lacking("input:not([type=hidden])", (each) => each.labels?.length || each.ariaLabel),
    mode: document.compatMode,
    width: document.documentElement.scrollWidth,
  };
}"""


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sound_and_fits_on_a_phone(tab: Tab, path: str) -> None:
    await tab.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = await tab.visit(path)
    found: dict[str, Any] = await page.evaluate(SOUND)
    assert found == {
        "language": "en",
        "title": True,
        "headings": 1,
        "repeated": [],
        "pictures_without_text": 0,
        "fields_without_name": 0,
        "mode": "CSS1Compat",
        "width": PHONE["width"],
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_is_readable_in_light_and_dark(tab: Tab, scheme: Any) -> None:
    await tab.page.emulate_media(color_scheme=scheme)
    page = await tab.visit("/guides/first-plan")
    styles = await page.evaluate(
        "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
    )
    colours = [[int(channel) for channel in re.findall(r"\d+", style)[:3]] for style in styles]
    lighter, darker = sorted((luminance(*colour) for colour in colours), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 7  # WCAG 2.2, 1.4.6
    assert (luminance(*colours[0]) > luminance(*colours[1])) == (scheme == "dark")


def luminance(*channels: float) -> float:
    """How bright a colour is (WCAG 2.2), 0 to 1."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
