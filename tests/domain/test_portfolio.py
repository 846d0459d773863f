"""The roll-up of many plans: exact, free of any order, and with reasons for what is missing."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.domain.attention import CALM
from app.domain.portfolio import FIGURES, Entry, MoneySum, NoTotal, grouped, totals
from app.domain.variance import ScheduleStatus

_KNOWN = ("late", "at_risk", "on_track", "ahead")


def entry(key: str = "p", **fields: Any) -> Entry:
    """An active plan that nothing is known of."""
    nothing = {
        "band": None,
        "percent": None,
        "finish": None,
        "told": None,
        "currency": None,
        "amounts": (),
        "rank": CALM,
    }
    return Entry(**{"key": key, "status": "active", "schedule_status": "unknown", **nothing, **fields})


def any_entry(rng: random.Random, key: str) -> Entry:
    day = date(2026, 1, rng.randint(1, 9))
    finish = rng.choice([None, datetime(day.year, day.month, day.day, rng.randint(0, 1), tzinfo=UTC)])
    amounts = [rng.choice([None, Decimal(rng.randint(-999, 99_999)).scaleb(-3)]) for _ in FIGURES]
    return entry(
        key,
        status=rng.choice(["active", "draft", "completed"]),
        schedule_status=rng.choice([*_KNOWN, "unknown", "not_applicable"]),
        band=rng.choice([None, "red", "green"]),
        percent=rng.choice([None, Decimal("0.1"), Decimal("33.3"), Decimal(100)]),
        finish=finish,
        told=finish,
        currency=rng.choice([None, "EUR", "USD"]),
        amounts=tuple(amounts),
        rank=rng.choice([CALM, 1, 2]),
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_the_plans_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    members = [
        (rng.choice([None, "a", "b"]), rng.choice([0.1, 0.2, 3.0]), any_entry(rng, f"p{number}"))
        for number in range(rng.randint(0, 30))
    ]
    shuffled = rng.sample(members, len(members))
    assert grouped(shuffled) == grouped(members)
    assert totals([each for *_, each in shuffled]) == totals([each for *_, each in members])


@pytest.mark.parametrize("seed", range(10))
def test_groups_add_up_to_the_whole(seed: int) -> None:
    rng = random.Random(seed)
    members = [(rng.choice("abc"), 1.0, any_entry(rng, f"p{number}")) for number in range(30)]
    groups, whole = [found for _, found in grouped(members)], totals([each for *_, each in members])
    assert sum(group.plans for group in groups) == whole.plans == 30
    for name, found in whole.money.items():
        parts = [group.money[name] for group in groups if name in group.money]
        assert found == MoneySum(sum((part.amount for part in parts), Decimal(0)), sum(part.plans for part in parts))
    assert whole.rank == min(group.rank for group in groups)


def test_percents_are_weighed_exactly_over_what_is_known() -> None:
    found = totals(
        [entry("a", percent=Decimal("0.1")), entry("b", percent=Decimal("0.4")), entry("c")], [0.2, 0.1, 0.3]
    )
    assert (found.percent, found.percent_coverage) == (Fraction(1, 5), Fraction(1, 2))


@pytest.mark.parametrize("worst", ScheduleStatus)
def test_the_status_is_the_worst_that_is_known(worst: ScheduleStatus) -> None:
    statuses = list(ScheduleStatus)[list(ScheduleStatus).index(worst) :]
    found = totals([entry(schedule_status=str(each)) for each in reversed(statuses)])
    assert found.worst == (worst if worst.value in _KNOWN else None)


def test_the_finish_is_the_latest_as_it_was_told() -> None:
    day, instant = date(2026, 3, 1), datetime(2026, 3, 1, 18, tzinfo=UTC)
    end = datetime(2026, 3, 2, tzinfo=UTC)
    assert totals([entry(finish=end, told=day), entry(finish=instant, told=instant)]).finish == day


def test_the_most_urgent_plans_are_named_and_groups_come_in_their_order() -> None:
    plans = [entry(key, rank=rank) for key, rank in (("d", 3), ("b", 1), ("a", 1), ("calm", CALM))]
    assert (totals(plans).drivers, totals(plans).concerned) == (("a", "b", "d"), 3)
    order = grouped([("x", 1.0, plans[0]), (None, 1.0, plans[1]), ("w", 1.0, plans[2]), ("y", 1.0, plans[3])])
    assert [key for key, _ in order] == ["w", None, "x", "y"]


def test_what_is_missing_has_a_reason() -> None:
    nothing, unknown = totals([]), totals([entry()])
    assert (nothing.reason(nothing.percent), unknown.reason(unknown.finish)) == (
        *(NoTotal.no_plans,),
        NoTotal.nothing_known,
    )
    assert unknown.reason(ScheduleStatus.late) is None
