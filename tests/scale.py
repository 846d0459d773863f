"""How much of a large count a run does: a twentieth by default, all of it where LEEWAY_TEST_FULL is set."""

import math
import os


def full(count: int, least: int) -> int:
    """The whole count when LEEWAY_TEST_FULL is set, else 5 % of it and at least `least`."""
    return count if os.environ.get("LEEWAY_TEST_FULL") else max(least, math.ceil(count * 0.05))
