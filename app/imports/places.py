"""Where in a file something is wrong: pointers into what was read, told as places that its author knows."""

import re
from collections.abc import Iterable

from app.formats.parsed import ParsedFile, Place
from app.kit.problems import FieldError

_NUMBER = re.compile(r"\d{1,9}")
_ITEM = re.compile(r"/(milestones|dependencies|calendars|statements)/(\d+)(?:/(.*))?")


def place_of(parsed: ParsedFile, pointer: str) -> str:
    """The place of a pointer into the plan document, calendars or statements of a file.

    A document of our own keeps its pointers; what no place is known of does, too.
    """
    found = None if parsed.format == "leeway" else _ITEM.fullmatch(pointer)
    if found is None:
        return pointer
    part, index, field = found[1], int(found[2]), found[3]
    places = parsed.places.get(part, ())
    if index >= len(places):
        return pointer
    return places[index] if not field else f"{places[index]}, {field.replace('/', '.')}"


def placed(parsed: ParsedFile, errors: Iterable[FieldError], below: str = "") -> list[FieldError]:
    """Errors with pointers below one of `below` as errors with places."""
    return [FieldError(place_of(parsed, below + e.pointer), e.code, e.detail) for e in errors]


def in_order(errors: Iterable[FieldError]) -> list[FieldError]:
    """Errors of a file in the order of its lines, or rows: the first number in each place."""
    return sorted(errors, key=lambda error: int(found[0]) if (found := _NUMBER.search(error.pointer)) else 0)


def as_errors(places: Iterable[Place]) -> list[FieldError]:
    """What a reader found wrong, as errors of a problem."""
    return [FieldError(each.place, each.code, each.detail) for each in places]
