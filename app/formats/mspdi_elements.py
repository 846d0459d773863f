"""The pieces that Microsoft Project XML is written of: elements, moments and durations as text."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from app.domain.moments import from_minutes

_UNSAYABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot carry


def tag(name: str, value: str | int | None) -> str:
    """An element with a text or a number; nothing for None. What XML cannot carry is dropped."""
    if value is None:
        return ""
    text = escape(_UNSAYABLE.sub("", value)) if isinstance(value, str) else str(value)
    return f"<{name}>{text}</{name}>"


def tag_unless(default: str | int, name: str, value: str | int | None) -> str:
    """An element that is left out where it would only say what Microsoft Project takes for granted."""
    return "" if value == default else tag(name, value)


def flag(name: str, *, value: bool) -> str:
    """An element with a boolean."""
    return f"<{name}>{int(value)}</{name}>"


def group(name: str, parts: Iterable[str]) -> str:
    """An element with elements in it, which ends its line; nothing is indented, for plans are large."""
    return f"<{name}>{''.join(parts)}</{name}>\n"


def local(minute: int | None, zone: ZoneInfo) -> str | None:
    """An instant, in minutes since 1970, as the local time of a zone."""
    if minute is None:
        return None
    return from_minutes(minute).astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def duration(minutes: int | None) -> str | None:
    """Minutes as a duration in hours and minutes."""
    return None if minutes is None else f"PT{minutes // 60}H{minutes % 60}M0S"
