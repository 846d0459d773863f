"""No finding ever changes before the next check; and where all is on one calendar, it comes when one does."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from app.domain.tolerances import EVERYTHING, Measure
from tests.domain.due_build import MINUTE
from tests.domain.due_plans import story_of, tolerance_of
from tests.scale import full

HORIZON = timedelta(days=40)
DATES = (
    Measure.start_variance,
    Measure.finish_variance,
    Measure.duration_variance,
    Measure.plan_finish_variance,
    Measure.deadline_variance,
    Measure.blocked_minutes,
    Measure.silence_minutes,
)


def test_no_finding_changes_before_the_next_check() -> None:
    checked = 0
    for seed in range(full(40_000, 1200)):
        drawn = story_of(seed)
        if drawn is None:
            continue
        story, now, chance = drawn
        tolerances = [tolerance_of(chance, number) for number in range(chance.randint(1, 3))]
        check = story.check(now, tolerances)
        assert check is None or check > now, seed
        before = story.findings(now, tolerances)
        minutes = int(((check or now + HORIZON) - now) / MINUTE)
        some = {minutes - 1, minutes // 2, *(chance.randint(1, max(minutes, 1)) for _ in range(4))}
        for minute in some:
            at = now + minute * MINUTE
            if now < at and (check is None or at < check):
                checked += 1
                assert story.findings(at, tolerances) == before, (seed, at, check)
    assert checked > 1000


def test_looking_early_again_and_again_changes_nothing() -> None:
    looked = 0
    for seed in range(full(10_000, 300)):
        drawn = story_of(seed)
        if drawn is None:
            continue
        story, now, chance = drawn
        tolerances = [tolerance_of(chance, number) for number in range(chance.randint(1, 3))]
        before, at = story.findings(now, tolerances), now
        while (check := story.check(at, tolerances)) is not None and chance.random() < 0.8:
            left = check - at
            at += chance.choice((left * chance.randrange(100) // 100, left - timedelta.resolution))
            looked += 1
            assert story.findings(at, tolerances) == before, (seed, at, check)
    assert looked > 300


def test_on_one_calendar_a_finding_changes_at_the_check() -> None:
    found = Counter[str]()
    for seed in range(full(10_000, 600)):
        drawn = story_of(seed, is_odd=False)
        if drawn is None:
            continue
        story, now, chance = drawn
        tolerances = [replace(tolerance_of(chance, 0, DATES), applies_to=EVERYTHING)]
        before = story.findings(now, tolerances)
        for number in range(1, 9):
            check = story.check(now, tolerances)
            if check is None or story.findings(check, tolerances) != before:
                found["never" if check is None else f"check {number}"] += 1
                break
            now = check
        else:
            found["more"] += 1
    flips = sum(count for told, count in found.items() if told.startswith("check"))
    assert flips > 100
    assert found["check 1"] >= 0.8 * flips
    assert found["more"] <= 0.12 * flips
