"""Compiled calendars, shared by all requests of the process."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

from app.calendars.rules import working_rules
from app.calendars.store import BUILT_INS
from app.domain.calendars import WorkingTime, built_in, compile_calendar, zone_transitions

# What is compiled at first; a calendar asked beyond it grows by itself.
_FIRST, _LAST = date(2020, 1, 1), date(2030, 1, 1)
_KEPT = 64

_lock = Lock()
_compiled: dict[tuple[Any, ...], WorkingTime] = {}


@lru_cache(maxsize=_KEPT)
def built_in_working(key: str, zone: str) -> WorkingTime:
    """A built-in calendar in a zone."""
    return compile_calendar(built_in(key, zone_transitions(zone)), _FIRST, _LAST)


def zone_of(zone: str) -> WorkingTime:
    """The days of a zone: the calendar that always works there."""
    return built_in_working("always", zone)


def working(key: str, definition: Mapping[str, Any] | None, plan_zone: str) -> WorkingTime:
    """A calendar compiled, from its stored version (None for a built-in one) and the zone of the plan.

    The same content and zone give the same object while it is kept.
    """
    if definition is None:
        if key not in BUILT_INS:
            raise LookupError(key)
        return built_in_working(key, plan_zone)
    name = (definition["expanded"]["digest"], plan_zone if definition["time_zone"] is None else "")
    with _lock:
        found = _compiled.pop(name, None)
    found = found or compile_calendar(working_rules(definition, plan_zone), _FIRST, _LAST)
    with _lock:  # answers are computed in threads
        _compiled[name] = found  # the newest is last; the oldest goes first
        while len(_compiled) > _KEPT:
            del _compiled[next(iter(_compiled))]
    return found
