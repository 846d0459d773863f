"""Working time against known answers, published cases and a minute-by-minute oracle."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain import calendars
from app.domain.calendars import ALWAYS, STANDARD, Intervals, Weekly, WorkingRules, WorkingTime, zone_transitions
from app.domain.moments import to_minutes
from tests.domain.shared import shared_json

NIGHT: Weekly = (((0, 360), (1320, 1440)),) * 7
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "America/St_Johns",  # until 2011 at 00:01, back into the day before
    "America/Havana",  # midnight comes twice
    "Africa/Cairo",  # midnight is skipped
    "America/Scoresbysund",  # since 2024 skips the last hour of a day
    "Pacific/Apia",  # skipped a whole day
    "Africa/Casablanca",  # changes four times in some years
    "Asia/Kolkata",
)


def at(text: str, zone: str = "UTC") -> int:
    """A wall time as an instant, by zoneinfo."""
    return to_minutes(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


def compiled(
    weekly: Weekly = STANDARD,
    zone: str = "UTC",
    exceptions: Mapping[date, Intervals] = MappingProxyType({}),
    around: date = date(2026, 6, 1),
) -> WorkingTime:
    rules = WorkingRules(weekly, exceptions, 480, zone_transitions(zone))
    return calendars.compile_calendar(rules, around, around)


def length(calendar: WorkingTime, start: int, finish: int) -> int:
    return calendar.worked(finish) - calendar.worked(start)


def edges(calendar: WorkingTime, work: int) -> tuple[int, int]:
    """A point of working time, told as a finish and as a start."""
    assert calendar.worked(calendar.finish_at(work)) == work == calendar.worked(calendar.start_at(work))
    return calendar.finish_at(work), calendar.start_at(work)


def test_friday_evening_and_monday_morning_are_one_point() -> None:
    calendar = compiled()
    friday, monday = at("2026-06-05T17:00"), at("2026-06-08T08:00")
    point = calendar.worked(friday)
    assert point == calendar.worked(monday) == calendar.worked(at("2026-06-07T03:21"))
    assert edges(calendar, point) == (friday, monday)
    assert edges(calendar, point - 1) == (friday - 1, friday - 1)
    assert edges(calendar, point + 1) == (monday + 1, monday + 1)


def test_lunch_is_no_work_and_a_year_has_its_weekdays() -> None:
    calendar = compiled()
    noon = at("2026-06-05T12:00")
    assert edges(calendar, calendar.worked(noon)) == (noon, noon + 60)
    assert length(calendar, noon - 30, noon + 90) == 60
    assert length(calendar, noon + 90, noon - 30) == -60
    assert calendar.minutes_per_day == 480
    assert length(calendar, at("2026-01-01T00:00"), at("2027-01-01T00:00")) == 261 * 480


def test_holidays_and_worked_saturdays() -> None:
    calendar = compiled(exceptions={date(2026, 6, 5): (), date(2026, 6, 6): ((540, 780),)})
    assert length(calendar, at("2026-06-05T00:00"), at("2026-06-06T00:00")) == 0
    assert length(calendar, at("2026-06-06T00:00"), at("2026-06-07T00:00")) == 240
    thursday = calendar.finish_work(date(2026, 6, 4))
    assert edges(calendar, thursday) == (at("2026-06-04T17:00"), at("2026-06-06T09:00"))
    assert edges(calendar, thursday + 240) == (at("2026-06-06T13:00"), at("2026-06-08T08:00"))


def test_days_tell_the_edges_of_their_work() -> None:
    calendar = compiled()
    friday, saturday, sunday, monday = (date(2026, 6, 5) + timedelta(days=n) for n in range(4))
    assert calendar.start_at(calendar.start_work(friday)) == at("2026-06-05T08:00")
    assert calendar.finish_at(calendar.finish_work(friday)) == at("2026-06-05T17:00")
    for off in (saturday, sunday):
        assert calendar.start_work(off) == calendar.finish_work(off) == calendar.finish_work(friday)
        assert edges(calendar, calendar.start_work(off)) == (at("2026-06-05T17:00"), at("2026-06-08T08:00"))
    assert calendar.finish_work(monday) - calendar.finish_work(friday) == 480
    instant = datetime(2026, 6, 5, 9, 30, 59, 999_999, tzinfo=UTC)  # floored to minutes
    assert calendar.start_work(instant) == calendar.finish_work(instant) == calendar.worked(at("2026-06-05T09:30"))


@pytest.mark.parametrize(
    ("zone", "day", "gained"),
    [
        ("Europe/Berlin", date(2026, 3, 29), -60),
        ("Europe/Berlin", date(2026, 10, 25), 60),
        ("Europe/Berlin", date(2026, 6, 2), 0),
        ("America/New_York", date(2026, 3, 8), -60),
        ("America/New_York", date(2026, 11, 1), 60),
        ("Australia/Lord_Howe", date(2026, 4, 5), 30),
        ("Australia/Lord_Howe", date(2026, 10, 4), -30),
        ("Africa/Cairo", date(2026, 4, 24), -60),
        ("America/Havana", date(2025, 11, 2), 60),
    ],
)
def test_days_and_night_shifts_last_as_long_as_they_really_do(zone: str, day: date, gained: int) -> None:
    for weekly in (ALWAYS, (((0, 720), (720, 1440)),) * 7):
        calendar = compiled(weekly, zone)
        assert calendar.day_end(day) - calendar.day_start(day) == 1440 + gained
        assert calendar.finish_work(day) - calendar.start_work(day) == 1440 + gained
    start, finish = at(f"{day - timedelta(days=1)}T22:00", zone), at(f"{day}T06:00", zone)
    calendar = compiled(NIGHT, zone)
    assert length(calendar, start, finish) == finish - start == 480 + gained
    assert edges(calendar, calendar.worked(start)) == (start - 960, start)
    assert edges(calendar, calendar.worked(finish)) == (finish, finish + 960)


@pytest.mark.parametrize(
    ("day", "intervals", "edges_in_utc"),
    [
        ("2026-03-08", ((60, 150),), ["06:00", "07:30"]),  # 02:30 is skipped: 03:30
        ("2026-03-08", ((150, 240),), ["07:30", "08:00"]),
        ("2026-03-08", ((60, 150), (180, 240)), ["06:00", "08:00"]),  # they now overlap
        ("2026-03-08", ((150, 165), (180, 200)), ["07:00", "07:20", "07:30", "07:45"]),  # or change places
        ("2026-03-08", ((120, 180), (300, 360)), ["09:00", "10:00"]),  # an hour that never was
        ("2026-11-01", ((90, 180),), ["05:30", "08:00"]),  # the first 01:30
    ],
)
def test_edges_in_a_gap_move_forward_by_the_gap(day: str, intervals: Intervals, edges_in_utc: list[str]) -> None:
    calendar = compiled(((),) * 6 + (intervals,), "America/New_York")
    low = at(f"{day}T00:00", "America/New_York")
    works = [calendar.worked(minute + 1) > calendar.worked(minute) for minute in range(low, low + 1440)]
    found = [low + index + 1 for index, (one, other) in enumerate(pairwise(works)) if one != other]
    assert found == [at(f"{day}T{edge}") for edge in edges_in_utc]


def test_a_day_the_zone_never_had_gives_its_work_to_no_other() -> None:
    calendar = compiled(zone="Pacific/Apia", around=date(2011, 12, 30))
    thursday, friday, monday = date(2011, 12, 29), date(2011, 12, 30), date(2012, 1, 2)
    assert calendar.finish_work(friday) == calendar.finish_work(thursday) == calendar.start_work(monday)
    assert calendar.day_of(calendar.day_start(friday)) == date(2011, 12, 31)


def test_touching_intervals_are_one() -> None:
    split = compiled((((0, 360), (360, 720), (720, 1440)),) * 5 + ((), ()))
    work = split.start_work(date(2026, 6, 2))
    assert split.start_at(work) == split.finish_at(work) == at("2026-06-02T00:00")
    assert split.finish_at(split.finish_work(date(2026, 6, 5))) == at("2026-06-06T00:00")


def test_always_counts_the_minutes_since_1970() -> None:
    calendar = compiled(ALWAYS, "Europe/Berlin")
    for minute in (-1, 0, 29_000_000, at("1900-01-02T00:00"), at("2300-12-30T00:00")):
        assert calendar.worked(minute) == minute
        assert edges(calendar, minute) == (minute, minute)
    assert calendar.start_work(date(2026, 6, 1)) == at("2026-05-31T22:00")


@pytest.mark.parametrize("year", [1900, 1969, 2100, 2300])
def test_what_lies_beyond_the_compiled_days_is_right_too(year: int) -> None:
    origin, day = date(2026, 6, 1), date(year, 6, 4)
    calendar, there = compiled(), compiled(around=day)
    base, low, high = calendar.start_work(origin), *sorted((origin.toordinal(), day.toordinal()))
    weekdays = sum(date.fromordinal(number).weekday() < 5 for number in range(low, high))
    work = base + 480 * (weekdays if day > origin else -weekdays)
    assert calendar.start_at(work) == there.start_at(there.start_work(day))
    assert compiled().finish_at(work) == there.finish_at(there.start_work(day))
    assert compiled().start_work(day) == work
    assert calendar.start_work(origin) == base


def test_growing_while_others_read_changes_nothing() -> None:
    calendar, reference = compiled(NIGHT, "Europe/Berlin"), compiled(NIGHT, "Europe/Berlin")
    minutes = [at(f"{year}-02-03T04:05") for year in (2010, 2041, 2026, 2018, 2033)] * 3
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(calendar.worked, minutes)) == [reference.worked(minute) for minute in minutes]


@pytest.mark.parametrize("weekly", [STANDARD, ALWAYS])
def test_the_horizon(weekly: Weekly) -> None:
    calendar = compiled(weekly)
    low, high = at("1900-01-01T00:00"), at("2301-01-01T00:00")
    first, last = calendar.worked(low), calendar.worked(high - 1)
    assert calendar.start_at(first) == calendar.start_at(calendar.start_work(date(1900, 1, 1)))
    assert calendar.finish_at(last) <= high - 1
    for asked, values in (
        (calendar.start_at, (first - 1, last + 1)),
        (calendar.finish_at, (first, last + 2)),
        (calendar.worked, (low - 1, high)),
        (calendar.day_of, (low - 1, high)),
    ):
        for value in values:
            with pytest.raises(calendars.CalendarHorizon):
                asked(value)
    with pytest.raises(calendars.CalendarHorizon):
        calendar.finish_work(date.max)
    for day in (date(1899, 12, 31), date(2301, 1, 1)):
        with pytest.raises(calendars.CalendarHorizon):
            compiled(weekly, around=day)


@pytest.mark.parametrize(
    "intervals", [((600, 540),), ((540, 540),), ((540, 1441),), ((-1, 540),), ((540, 720), (700, 900))]
)
def test_intervals_out_of_order_or_of_the_day_are_refused(intervals: Intervals) -> None:
    with pytest.raises(ValueError, match="sorted, disjoint"):
        compiled((intervals,) * 7)
    with pytest.raises(ValueError, match="sorted, disjoint"):
        compiled(exceptions={date(2026, 6, 6): intervals})


def test_rules_that_make_no_calendar_are_refused() -> None:
    for weekly in (((),) * 7, STANDARD[:6]):
        with pytest.raises(ValueError, match="seven weekdays"):
            compiled(weekly, exceptions={date(2026, 6, 6): ((0, 60),)})
    with pytest.raises(ValueError, match="offset"):
        calendars.compile_calendar(WorkingRules(STANDARD, transitions=()), date(2026, 1, 1), date(2026, 1, 1))
    with pytest.raises(ValueError, match="after the last"):
        calendars.compile_calendar(WorkingRules(STANDARD), date(2026, 1, 2), date(2026, 1, 1))


def test_built_in_calendars() -> None:
    changes = zone_transitions("Europe/Berlin")
    assert calendars.built_in("standard", changes) == WorkingRules(STANDARD, {}, 480, changes)
    assert calendars.built_in("always", changes) == WorkingRules(ALWAYS, {}, 1440, changes)
    with pytest.raises(ValueError, match="built-in"):
        calendars.built_in("weekends", changes)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "America", "../UTC", "zone.tab", "x" * 5000, "UTC\0"])
def test_unknown_zones_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        zone_transitions(name)


def test_zone_transitions() -> None:
    assert zone_transitions("UTC") == ((0, 0),)
    assert zone_transitions("Asia/Kathmandu") == ((0, 330), (at("1985-12-31T18:30"), 345))
    berlin = dict(zone_transitions("Europe/Berlin"))
    assert berlin[at("2026-03-29T01:00")] == 120
    assert berlin[at("2199-10-27T01:00")] == 60
    assert zone_transitions("Africa/Monrovia") == ((0, -45), (at("1972-01-07T00:45"), 0))


def test_microsoft_projects_night_shift() -> None:
    case = shared_json("oracles/cases/cal-msproject-night-shift.json")
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    weekly: list[Any] = [()] * 7
    for days, texts in case["inputs"]["week"].items():
        ends = [names.index(name) for name in days.split("-")]
        pairs = [[edge.split(":") for edge in text.split("-")] for text in texts]
        work = tuple(tuple(60 * int(hours) + int(minutes) for hours, minutes in pair) for pair in pairs)
        weekly[ends[0] : ends[-1] + 1] = [work] * (ends[-1] + 1 - ends[0])
    calendar = compiled(tuple(weekly), around=date(2003, 1, 7))
    start = calendar.worked(at(case["inputs"]["earliest"]))
    assert calendar.start_at(start) == at(case["expected"]["start"])
    assert calendar.finish_at(start + 60 * case["inputs"]["duration_h"]) == at(case["expected"]["finish"])


def test_mixed_calendars_and_the_calendar_of_a_lag() -> None:
    case = shared_json("oracles/cases/cal-mixed-calendars-and-lag-calendar.json")
    mixed, lagged, expected = case["inputs"]["mixed"], case["inputs"]["lag"], case["expected"]
    five, six, always = compiled(), compiled((STANDARD[0],) * 6 + ((),)), compiled(ALWAYS)
    hours = {activity["id"]: activity["duration_h"] for activity in (*mixed["activities"], *lagged["activities"])}
    finish = five.finish_at(five.worked(at(mixed["project_start"])) + 60 * hours["J"])
    work = six.worked(finish)
    assert six.start_at(work) == at(expected["mixed"]["K"]["es"])
    assert six.finish_at(work + 60 * hours["K"]) == at(expected["mixed"]["K"]["ef"])
    finish = five.finish_at(five.worked(at(lagged["project_start"])) + 60 * hours["A"])
    lag = 60 * lagged["links"][0]["lag_h"]
    for lag_calendar, answer in ((five, "predecessor"), (always, "twenty_four_hour")):
        bound = lag_calendar.finish_at(lag_calendar.worked(finish) + lag)
        assert five.start_at(five.worked(bound)) == at(expected["lag"][answer]["B"]["es"])


def intervals_of_a_day(edges: st.SearchStrategy[int]) -> st.SearchStrategy[Intervals]:
    cuts = st.lists(edges, max_size=6, unique=True).map(sorted)
    apart = cuts.map(lambda at: tuple(zip(at[::2], at[1::2], strict=False)))
    return apart | cuts.map(lambda at: tuple(pairwise(at)))  # or each touching the next


def weeks(edges: st.SearchStrategy[int]) -> st.SearchStrategy[Weekly]:
    return st.tuples(*[intervals_of_a_day(edges)] * 7).filter(any)


EDGES = st.one_of(st.integers(0, 1440), st.sampled_from([0, 30, 60, 90, 120, 150, 180, 1410, 1440]))
DAYS = st.dates(date(1973, 1, 1), date(2199, 12, 1))
SOON = st.dates(date(2005, 1, 1), date(2047, 1, 1))
MINUTES = st.integers(at("1973-01-01T00:00"), at("2199-12-31T00:00"))
NEAR = st.integers(at("2025-01-01T00:00"), at("2027-12-31T00:00"))


@st.composite
def days_near_a_change(draw: st.DrawFn) -> tuple[str, date]:
    zone = draw(st.sampled_from(ZONES))
    changes = [minute for minute, _ in zone_transitions(zone) if minute > at("1973-01-01T00:00")]
    if not changes or draw(st.booleans()):
        return zone, draw(DAYS)
    return zone, datetime.fromtimestamp(draw(st.sampled_from(changes)) * 60, ZoneInfo(zone)).date()


@settings(deadline=None, max_examples=150)
@given(weeks(EDGES), st.sampled_from(ZONES), NEAR, NEAR)
def test_w_never_decreases_and_its_inverses_invert_it(weekly: Weekly, zone: str, one: int, other: int) -> None:
    calendar = compiled(weekly, zone)
    one, other = sorted((one, other))
    assert 0 <= length(calendar, one, other) <= other - one
    work = calendar.worked(one)
    start, finish = calendar.start_at(work), calendar.finish_at(work)
    assert calendar.worked(start) == work == calendar.worked(finish)
    assert finish <= one <= start
    assert calendar.worked(start + 1) == work + 1
    assert calendar.worked(finish - 1) == work - 1


def joined(intervals: Intervals) -> list[tuple[int, int]]:
    """Intervals that touch are one: an edge between them that a change of the clocks moves is none."""
    found: list[tuple[int, int]] = []
    for start, finish in intervals:
        before = found.pop() if found and found[-1][1] == start else (start, start)
        found.append((before[0], finish))
    return found


@settings(deadline=None, max_examples=60)
@example(((), (), (), (), (), (), ((0, 121), (121, 180))), {}, ("Europe/Berlin", date(1980, 4, 6)))
@given(weeks(EDGES), st.dictionaries(DAYS, intervals_of_a_day(EDGES), max_size=3), days_near_a_change())
def test_every_minute_against_the_edges_told_by_zoneinfo(
    weekly: Weekly, exceptions: dict[date, Intervals], place: tuple[str, date]
) -> None:
    zone, day = place
    exceptions[day + timedelta(days=1)] = weekly[day.weekday()]
    calendar = compiled(weekly, zone, exceptions, day)
    days = [day + timedelta(days=n) for n in range(-3, 4)]
    working: set[int] = set()
    for each in days:
        midnight, next_midnight = _instant(each, 0, zone), _instant(each, 1440, zone)
        for start, finish in joined(exceptions.get(each, weekly[each.weekday()])):
            first, last = _instant(each, start, zone), _instant(each, finish, zone)
            working.update(range(max(first, midnight), min(last, next_midnight)))
    low, high = _instant(days[0], 0, zone), _instant(days[-1], 1440, zone)
    base, count = calendar.worked(low), 0
    for minute in range(low, high):
        assert calendar.worked(minute) - base == count
        count += minute in working


@settings(deadline=None, max_examples=100)
@given(weeks(st.just(0) | st.integers(240, 1440)), st.sampled_from(["Europe/Berlin", "America/New_York"]), NEAR)
def test_a_minute_works_when_the_clock_on_the_wall_says_so(weekly: Weekly, zone: str, minute: int) -> None:
    wall = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
    shown = wall.hour * 60 + wall.minute
    works = any(start <= shown < finish for start, finish in weekly[wall.weekday()])
    assert length(compiled(weekly, zone), minute, minute + 1) == works


@settings(deadline=None, max_examples=60)
@given(weeks(EDGES), st.sampled_from(ZONES), SOON, SOON, st.tuples(NEAR, NEAR))
def test_the_compiled_range_never_shows(
    weekly: Weekly, zone: str, one: date, other: date, span: tuple[int, int]
) -> None:
    here, there = compiled(weekly, zone, around=one), compiled(weekly, zone, around=other)
    assert length(here, *span) == length(there, *span)
    shift = here.worked(span[0]) - there.worked(span[0])
    work = there.worked(span[1])
    assert here.start_at(work + shift) == there.start_at(work)
    assert here.finish_at(work + shift) == there.finish_at(work)


@settings(deadline=None, max_examples=150)
@given(days_near_a_change(), MINUTES)
def test_days_are_those_zoneinfo_shows(place: tuple[str, date], minute: int) -> None:
    zone, day = place
    calendar = compiled(ALWAYS, zone)
    assert calendar.day_of(minute) == datetime.fromtimestamp(minute * 60, ZoneInfo(zone)).date()
    assert calendar.day_start(day) == _instant(day, 0, zone)
    assert calendar.day_end(day) == calendar.day_start(day + timedelta(days=1))


def _instant(day: date, minute: int, zone: str) -> int:
    """PEP 495 with fold=0: a gap is left forwards, the first of two is meant."""
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minute)
    return to_minutes(wall.astimezone(UTC))
