"""A calendar's definition made into rules for calculation: holidays and zone expanded, versions of both kept."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from zoneinfo import available_timezones, reset_tzpath

from app.domain.calendars import WorkingRules, zone_transitions
from app.kit import wire

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YEARS_BACK, _YEARS_AHEAD = 15, 25

# Zones come from the locked `tzdata` package alone; the machine's own may be of another version on each replica.
reset_tzpath(())


@lru_cache(maxsize=1)
def tzdata_version() -> str:
    """Version of the time zone database that every zone is read from."""
    return version("tzdata")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(zone: str) -> bool:
    """Whether the name is an IANA zone."""
    return zone in _zones()


def holidays_supported(country: str, subdivision: str | None) -> bool:
    """Whether the `holidays` package knows the country and, if given, its subdivision."""
    import holidays  # noqa: PLC0415 - 0.4 s and 10 MB that only calendars with holidays need

    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (subdivision is None or subdivision in known[country])


def expand(definition: Mapping[str, Any], today: date) -> dict[str, Any]:
    """What a version is expanded to when it is made, as JSON values.

    National holidays are expanded 15 years back and 25 ahead, zone transitions to 2200; `digest` is of all
    that the version says. O(years).
    """
    wanted = definition["holidays"]
    zone = definition["time_zone"]
    years = range(today.year - _YEARS_BACK, today.year + _YEARS_AHEAD + 1)
    days: list[date] = []
    if wanted is not None:
        import holidays  # noqa: PLC0415

        found = holidays.country_holidays(wanted["country"], subdiv=wanted["subdivision"], years=years)
        days = sorted(found)
    expanded = {
        "holidays": [day.isoformat() for day in days],
        "first_year": years[0] if wanted else None,
        "last_year": years[-1] if wanted else None,
        "tzdata": tzdata_version(),
        "holidays_package": version("holidays") if wanted else None,
        "transitions": None if zone is None else [list(pair) for pair in zone_transitions(zone)],
    }
    return {**expanded, "digest": wire.digest({**definition, **expanded})}


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _intervals(intervals: list[Mapping[str, str]]) -> tuple[tuple[int, int], ...]:
    return tuple((_minutes(i["from"]), _minutes(i["to"])) for i in intervals)


def working_rules(definition: Mapping[str, Any], plan_zone: str) -> WorkingRules:
    """The rules of a stored version; without a zone of its own it works in the plan's.

    A dated exception wins over a holiday on the same day.
    """
    exceptions: dict[date, tuple[tuple[int, int], ...]] = {
        date.fromisoformat(day): () for day in definition["expanded"]["holidays"]
    }
    for exception in definition["exceptions"]:
        exceptions[date.fromisoformat(exception["date"])] = _intervals(exception["intervals"])
    transitions = definition["expanded"]["transitions"]
    return WorkingRules(
        weekly=tuple(_intervals(definition["weekly"].get(day, [])) for day in WEEKDAYS),
        exceptions=exceptions,
        minutes_per_day=definition["minutes_per_day"],
        transitions=zone_transitions(plan_zone) if transitions is None else tuple((a, b) for a, b in transitions),
    )
