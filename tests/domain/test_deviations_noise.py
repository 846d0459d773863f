"""A noisy value that drifts across its bound is told about once each way, not at every tremble."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import pytest

from app.domain.tolerances import Bounds, Level, Tolerance
from tests.domain.deviation_build import FINISH, Watch, judge

BOUND = 10
PLAIN = replace(FINISH, upper=Bounds(BOUND), clear_margin=0)
CONFIRMED = replace(PLAIN, clear_margin=BOUND * 0.2, consecutive=2)
EVALUATIONS = 120
Drift = Callable[[float], float]


def over(part: float) -> float:
    """From 60 % of the bound to 140 % of it."""
    return 0.6 + 0.8 * part


def over_and_back(part: float) -> float:
    """From 80 % of the bound to 120 % of it, and back."""
    return 0.8 + 0.4 * math.sin(math.pi * part)


def changes(tolerance: Tolerance, drift: Drift, seed: int) -> int:
    """How often the record opens, is over or changes its level, with noise of a tenth of the bound."""
    noise, watch = random.Random(seed), Watch(tolerance)
    levels: list[Level | None] = [None]
    for at in range(EVALUATIONS):
        value = BOUND * (drift(at / EVALUATIONS) + noise.gauss(0, 0.1))
        watch.evaluate(judge(tolerance, {"a": value}))
        levels.append(next((track.level for track in watch.tracks.values() if track.state), None))
    return sum(before is not after for before, after in pairwise(levels))


@pytest.mark.parametrize("drift", [over, over_and_back])
def test_confirmation_and_margin_keep_the_noise_away(drift: Drift) -> None:
    assert fmean(changes(CONFIRMED, drift, seed) for seed in range(200)) <= 3


@pytest.mark.parametrize("drift", [over, over_and_back])
def test_a_plain_threshold_would_not(drift: Drift) -> None:
    assert fmean(changes(PLAIN, drift, seed) for seed in range(200)) > 10
