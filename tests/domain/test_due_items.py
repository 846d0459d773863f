"""When an item is due by time alone: never late, and not without need."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from app.domain.deviation_values import DeviationState, Observed, Subject, Track
from app.domain.due import next_check_at
from app.domain.items import Item
from app.domain.levels import change_of, is_worse, level_of
from app.domain.measures import Reason
from app.domain.moments import LATEST
from app.domain.tolerances import UNBOUNDED, Bounds, Level, Measure, Tolerance, Unit
from tests.domain.item_build import MINUTE, NOW, after, gap, having, item, pace
from tests.scale import full

SUBJECT = Subject("pace", None, None, "metrics/a")
YEAR = timedelta(days=366)


def due(observed: Observed, watched: Tolerance | None = None, **track: Any) -> float | None:
    """In how many minutes it is due; `track` is what is known of the item."""
    tracks = {SUBJECT: Track(**track)} if track else {}
    found = next_check_at(observed, [watched or gap()], tracks)
    return None if found is None else (found - NOW) / MINUTE


class TestCourses:
    def test_a_gap_that_grows_is_due_in_the_minute_after_it_is_at_its_first_turning_point(self) -> None:
        assert due(having(item(pace(60), turns=[6_000]))) == 8 * 60
        assert due(having(item(pace(60, start=8.5), turns=[6_000]))) == 90

    def test_the_first_of_all_items_counts(self) -> None:
        observed = having(item(pace(60, 9), "metrics/b"), item(pace(30, 9), "metrics/c"), item(pace(90, 9)))
        assert due(observed) == 30

    def test_a_jump_is_due_when_it_comes(self) -> None:
        observed = having(item(lambda at: float(at >= after(77)), turns=[77]))
        assert due(observed, gap(None, 0)) == 77

    def test_what_comes_just_after_an_instant_is_due_a_minute_later(self) -> None:
        assert due(having(item(lambda at: float(at > after(77)), turns=[77])), gap(None, 0)) == 78

    def test_what_is_there_for_one_instant_alone_is_due(self) -> None:
        assert due(having(item(lambda at: float(at == after(77)), turns=[77])), gap(None, 0)) == 77

    def test_a_value_that_comes_into_being_is_due(self) -> None:
        observed = having(item(lambda at: Reason.not_started if at < after(50) else 0.0, turns=[50]))
        assert due(observed) == 50

    def test_what_turns_back_in_time_is_not_due(self) -> None:
        observed = having(item(lambda at: 5.0 - abs((at - after(60)) / MINUTE) / 60, turns=[60, 120]))
        assert due(observed) == (YEAR / MINUTE)

    def test_what_never_moves_is_never_due(self) -> None:
        assert due(having(item(5))) is None
        assert due(having(item(Reason.not_started))) is None
        assert due(having()) is None

    def test_what_moves_slowly_and_what_lies_far_ahead_is_looked_at_in_a_year(self) -> None:
        assert due(having(item(pace(10_000_000), turns=[5]))) == YEAR / MINUTE
        assert due(having(item(3, turns=[2 * YEAR / MINUTE]))) == YEAR / MINUTE

    def test_the_end_of_all_calendars_is_looked_at_last(self) -> None:
        late = LATEST - timedelta(days=2)
        found = next_check_at(having(item(pace(1e9)), now=late), [gap()], {})
        assert found == LATEST.replace(second=0, microsecond=0)

    def test_a_plan_with_a_status_date_waits_for_a_new_one(self) -> None:
        assert due(replace(having(item(pace(60))), moves=False)) is None

    def test_other_measures_are_left_alone(self) -> None:
        other = Tolerance("o", Measure.out_of_sequence, Unit.number, upper=Bounds(None, 0))
        assert due(having(item(pace(60))), other) is None


class TestRecords:
    def test_an_open_one_is_due_when_its_change_is_worth_telling(self) -> None:
        known: dict[str, Any] = {"episode": 1, "state": DeviationState.open, "level": Level.warning, "value": 12.0}
        assert due(having(item(pace(60, start=12))), **known) == 120
        assert due(having(item(pace(-60, start=19))), gap(10, 40), **{**known, "value": 19.0}) == 120

    def test_an_accepted_one_is_due_once_it_is_worse(self) -> None:
        observed = having(item(pace(60, start=12)))
        assert due(observed, episode=1, is_accepted=True, level=Level.warning, value=13.0) == 61

    def test_what_is_counted_is_due_at_once(self) -> None:
        assert due(having(item(12)), replace(gap(), consecutive=2), beyond=1, counted_at=NOW) == 1


def drawn(chance: Random) -> Item:
    """A random item: pieces that stand still, rise, fall or are not there, and jump or not where they meet."""
    marks = sorted(round(chance.uniform(0, 900), chance.choice((0, 2))) for _ in range(chance.randint(0, 6)))
    edges = [-1.0, *marks, 1_000.0]
    pieces = []
    for start, end in pairwise(edges):
        low, high = chance.uniform(-40, 40), chance.uniform(-40, 40)
        bend = chance.choice((1, 2, 0.5))
        kind = chance.choice(("flat", "line", "line", "line", "none"))
        pieces.append((start, end, low, high if kind == "line" else low, bend, kind))
    own = {mark: chance.choice((None, None, chance.uniform(-40, 40))) for mark in marks}

    def course(at: datetime) -> float | Reason:
        minute = round((at - NOW) / MINUTE, 6)
        if (found := own.get(minute)) is not None:
            return found
        start, end, low, high, bend, kind = next((each for each in pieces if each[0] <= minute < each[1]), pieces[-1])
        if kind == "none":
            return Reason.insufficient_data
        share = min((minute - start) / ((end - start) or 1), 1)
        return low + (high - low) * share**bend

    return item(course, turns=[*marks, 1_000])


def bounded(chance: Random) -> Tolerance:
    """A random tolerance, bounded on one side or on both."""
    low, high = sorted((chance.uniform(1, 30), chance.uniform(1, 30)))
    lower = chance.choice((Bounds(), Bounds(), Bounds(-low, -high), Bounds(None, -high)))
    margin = chance.choice((None, 0.0, 0.5))
    return replace(gap(*chance.choice(((low, high), (None, high), (low, None))), lower=lower), clear_margin=margin)


def known(chance: Random) -> Track:
    """What may be known of an item."""
    told = Track(episode=1, level=chance.choice(list(Level)), value=chance.uniform(-40, 40))
    states = (DeviationState.open, DeviationState.acknowledged)
    return chance.choice((Track(), told._replace(is_accepted=True), *(told._replace(state=each) for each in states)))


def finding(one: Item, watched: Tolerance, track: Track, at: datetime) -> object:
    """All that an evaluation could make of an item at an instant."""
    found = one.value_at(at)
    if found.value is None:
        return found.reason
    levels = [level_of(watched, found.value, held) for held in (None, *Level)]
    if track.state is not None:
        return levels, change_of(watched, found.value, track.value or 0)
    return levels, track.is_accepted and is_worse(watched, found.value, track.value or 0)


Seen = Callable[[float], object]


def stories(count: int) -> Iterator[tuple[int, Item, Tolerance, Track, Seen]]:
    for seed in range(count):
        chance = Random(seed)
        one, watched, track = drawn(chance), bounded(chance), known(chance)

        def seen(minute: float, one: Item = one, watched: Tolerance = watched, track: Track = track) -> object:
            return finding(one, watched, track, after(minute))

        yield seed, one, watched, track, seen


def test_no_finding_changes_before_the_check_and_one_does_at_it() -> None:
    checked = changed = 0
    for seed, one, watched, track, found in stories(full(8_000, 400)):
        check = next_check_at(having(one), [watched], {SUBJECT: track})
        minutes = 1_100 if check is None else round((check - NOW) / MINUTE)
        before = found(0)
        for minute in range(1, min(minutes, 1_100)):
            checked += 1
            assert found(minute) == before, (seed, minute, check)
        if check is not None and minutes < 1_100:
            changed += found(minutes) != before
            # A value may leap from beyond one side to as far beyond the other: nobody need look, but may.
            assert found(minutes) != before or watched.lower != UNBOUNDED, (seed, check)
    assert checked > 10_000
    assert changed > 100


@pytest.mark.parametrize("seconds", [0, 30])
def test_the_data_date_may_be_any_instant(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    found = next_check_at(having(item(pace(60, start=8.5), turns=[0]), now=now), [gap()], {})
    assert found == after(90)
