"""Short ways to say tables and to see what becomes of them."""

from typing import Any

import pytest

from app.formats.csv_reader import read
from app.formats.parsed import ParsedFile, ReadOptions, Unreadable

Document = dict[str, Any]


def parsed(text: str | bytes, zone: str = "UTC", project: str | None = None) -> ParsedFile:
    """What a table says; a text is encoded as UTF-8."""
    return read(text if isinstance(text, bytes) else text.encode(), ReadOptions(zone, project))


def milestones(text: str | bytes, zone: str = "UTC") -> dict[str, Document]:
    """Its milestones by id, without what they are known by."""
    known = ("key", "external_id")
    return {
        m["key"]: {field: value for field, value in m.items() if field not in known}
        for m in parsed(text, zone).document["milestones"]
    }


def only(text: str | bytes, zone: str = "UTC") -> Document:
    """Its only milestone."""
    (found,) = milestones(text, zone).values()
    return found


def links(text: str | bytes) -> list[str]:
    """Its dependencies as `A FS+60 B`; `e` marks an elapsed lag, `%` one in percent."""
    found = []
    for link in parsed(text).document["dependencies"]:
        lag = f"{link['lag_minutes']:+}" if link["lag_percent"] is None else f"{link['lag_percent']:+g}%"
        unit = "e" if link["lag_unit"] == "elapsed" else ""
        found.append(f"{link['predecessor']} {link['type']}{lag}{unit} {link['successor']}")
    return found


def happened(text: str | bytes, zone: str = "UTC") -> list[tuple[Any, ...]]:
    """Its statements as (milestone, what, when) and, if there are any, the data."""
    return [
        (s["milestone"], s["type"].removeprefix("milestone."), s["occurred_at"], *([s["data"]] if s["data"] else []))
        for s in parsed(text, zone).statements
    ]


def problems(text: str | bytes, zone: str = "UTC", project: str | None = None) -> list[str]:
    """What is wrong with it, as `place: code`."""
    with pytest.raises(Unreadable) as caught:
        parsed(text, zone, project)
    return [f"{problem.place}: {problem.code}" for problem in caught.value.problems]


def notes(text: str | bytes) -> dict[str, str]:
    """Its notes: the place of each code."""
    return {note.code: note.place for note in parsed(text).notes}


def row(**cells: object) -> str:
    """A table of one row; the names of the columns are those of the arguments."""
    told = {"id": "A", "name": "Dig", **cells}
    quoted = (str(value).replace('"', '""') for value in told.values())
    return ",".join(told) + "\n" + ",".join(f'"{value}"' for value in quoted) + "\n"
