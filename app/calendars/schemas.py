"""Calendars on the wire."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from app.calendars.rules import known_zone
from app.kit.limits import MAX_CALENDAR_EXCEPTIONS
from app.kit.schemas import Day, In, Instant, Key, LongText, Name, Out, Whole

Clock = Annotated[
    str,
    StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    Field(description="A local time of day, `00:00` to `24:00`.", examples=["08:00"]),
]
TimeZone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    Field(description="An IANA time zone.", examples=["Europe/Berlin"]),
]
MinutesPerDay = Annotated[int, Field(strict=True, ge=1, le=1440), Whole]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def minutes_of(clock: str) -> int:
    """Minutes since the local midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


class WorkingInterval(In):
    """Working time within one local day; `to` is after `from`, `24:00` ends the day."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if minutes_of(self.start) >= minutes_of(self.end):
            raise ValueError("to must be later than from; split a night shift at 24:00")
        return self


def _disjoint(intervals: list[WorkingInterval]) -> list[WorkingInterval]:
    ordered = sorted(intervals, key=lambda i: i.start)
    for before, after in pairwise(ordered):
        if minutes_of(before.end) > minutes_of(after.start):
            raise ValueError("intervals of one day must not overlap")
    return ordered


Intervals = Annotated[list[WorkingInterval], Field(max_length=48), AfterValidator(_disjoint)]


class CalendarException(In):
    """One date whose working time differs from its weekday's; no intervals: a day off."""

    date: Day
    intervals: Intervals = []
    name: str | None = Field(default=None, max_length=200)


class NationalHolidays(In):
    """Public holidays of a country (days off), from the `holidays` package, expanded when the version is made."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["DE"])]
    subdivision: Annotated[str, StringConstraints(max_length=20)] | None = Field(default=None, examples=["BY"])


class CalendarFields(In):
    """What a calendar says."""

    name: Name
    time_zone: TimeZone | None = Field(
        default=None, description="Zone of its local times; null: the zone of the plan that uses it."
    )
    weekly: dict[Weekday, Intervals] = Field(description="Working intervals by weekday; a missing day is off.")
    exceptions: list[CalendarException] = Field(default=[], max_length=MAX_CALENDAR_EXCEPTIONS)
    holidays: NationalHolidays | None = None
    minutes_per_day: MinutesPerDay = Field(
        default=480, description="Minutes that make one working day when told as days."
    )

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, zone: str | None) -> str | None:
        if zone is not None and not known_zone(zone):
            raise ValueError("is no IANA time zone")
        return zone

    @field_validator("weekly")
    @classmethod
    def _works(cls, weekly: dict[Weekday, list[WorkingInterval]]) -> dict[Weekday, list[WorkingInterval]]:
        if not any(weekly.values()):
            raise ValueError("a calendar needs working time on at least one weekday")
        return weekly

    @field_validator("exceptions")
    @classmethod
    def _one_each(cls, exceptions: list[CalendarException]) -> list[CalendarException]:
        if len({e.date for e in exceptions}) != len(exceptions):
            raise ValueError("a date stands more than once")
        return sorted(exceptions, key=lambda e: e.date)


class CalendarIn(CalendarFields):
    """A new calendar."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.")


class CalendarPatch(In):
    """A JSON merge patch of a calendar: what is left out stays; lists are replaced whole."""

    name: str | None = None
    time_zone: str | None = None
    weekly: dict[Weekday, Intervals | None] | None = None
    exceptions: list[CalendarException] | None = None
    holidays: NationalHolidays | None = None
    minutes_per_day: MinutesPerDay | None = None


class ExpandedOut(Out):
    """What the version was expanded to when it was made; an old version never changes."""

    holidays: list[Day]
    first_year: int | None = Field(description="First year whose holidays are expanded.")
    last_year: int | None
    tzdata: str = Field(description="Version of the time zone database.")
    holidays_package: str | None = Field(description="Version of the `holidays` package.")


class CalendarOut(Out):
    """A calendar, in one of its versions."""

    key: str
    version: int
    built_in: bool
    name: str
    time_zone: str | None
    weekly: dict[Weekday, list[WorkingInterval]]
    exceptions: list[CalendarException]
    holidays: NationalHolidays | None
    minutes_per_day: int
    expanded: ExpandedOut
    author: str | None
    reason: LongText | None
    recorded_at: Instant | None


class CalendarPage(Out):
    """A page of calendars, by key; the built-in ones come first."""

    items: list[CalendarOut]
    next_cursor: str | None
