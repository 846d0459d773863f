"""Earned value and earned schedule: published examples, to their tolerance, and what is undefined."""

from decimal import Decimal
from typing import Any

import pytest

from app.domain.earned_schedule import Time, TimeFigures, earned_periods, time_figures
from app.domain.earned_value import EacMethod, Estimates, Standing, ValueFigures, estimates, value_figures
from app.domain.money import Amount, Figure, Undefined
from tests.domain.shared import shared_json


def money(value: float | str) -> Decimal:
    return Decimal(str(value))


def standing(planned: float, earned: float, spent: float | Undefined, budget: float) -> Standing:
    cost = spent if isinstance(spent, Undefined) else money(spent)
    return Standing(money(planned), money(earned), cost, money(budget))


def near(value: Amount | Figure, expected: float, tolerance: float = 1e-6) -> bool:
    return not isinstance(value, Undefined) and abs(float(value) - expected) <= tolerance


class Month:
    """What is computed of one period of a published project."""

    def __init__(self, planned: list[float], at: int, values: tuple[float, float, float], budget: float) -> None:
        pv, ev, ac = values
        curve = [money(each) for each in planned]
        self.value: ValueFigures = value_figures(standing(pv, ev, ac, budget))
        duration = curve.index(curve[-1]) + 1
        self.time = Time(earned_periods(curve, money(ev)), at, duration, is_complete=ev >= budget)
        self.figures: TimeFigures = time_figures(self.time, self.value)
        self.estimates: Estimates = estimates(standing(pv, ev, ac, budget), self.figures.spi_t, Undefined.no_estimate)

    def told(self) -> dict[str, Amount | Figure]:
        """By the names of the reference data."""
        value, time, methods = self.value, self.figures, self.estimates.methods
        return {
            "sv": value.schedule_variance,
            "cv": value.cost_variance,
            "spi": value.spi,
            "cpi": value.cpi,
            "sci": value.sci,
            "eac_atypical": methods[EacMethod.budget_rate],
            "eac_cpi": methods[EacMethod.cpi],
            "eac_sci": methods[EacMethod.sci],
            "tcpi_bac": value.tcpi,
            "es": self.time.earned,
            "sv_t": time.schedule_variance,
            "spi_t": time.spi_t,
            "ieac_t_pf1": time.ieac_planned_rate,
            "ieac_t": time.ieac_spi_t,
            "ieac_t_sci": time.ieac_sci_t,
            "eac_t_pv1": time.ieac_planned_value,
        }


def test_the_airport_project_of_vandevoorde_and_vanhoucke() -> None:
    case = shared_json("oracles/cases/es-vandevoorde-vanhoucke-p1.json")
    given, tolerance = case["inputs"], case["tolerance"]["default_abs"]
    values = zip(given["pv_cum"], given["ev_cum"], given["ac_cum"], strict=True)
    for expected, value in zip(case["expected"]["per_month"], values, strict=True):
        month = Month(given["pv_cum"], expected["month"], value, given["bac"])
        told = month.told()
        assert [name for name, each in told.items() if not near(each, expected[name], tolerance)] == []
        if expected["month"] < given["planned_duration"]:
            assert near(month.figures.tspi_planned, expected["tspi_pd"], tolerance)
        else:
            assert month.figures.tspi_planned is Undefined.planned_duration_elapsed


def test_thirteen_periods_of_a_late_project_under_budget() -> None:
    case = shared_json("oracles/evm_es_13_periods.json")
    planned = [each["pv"] for each in case["periods"]]
    for row in case["periods"]:
        told = Month(planned, row["at"], (row["pv"], row["ev"], row["ac"]), case["bac"]).told()
        told["eac_t_pf1"] = told["ieac_t_pf1"]
        names = row.keys() - {"at", "pv", "ev", "ac"}
        assert [name for name in names if not near(told[name], row[name])] == []


def test_the_estimates_at_completion_of_a_published_example() -> None:
    case = shared_json("oracles/cases/evm-eac-family.json")
    given, expected = case["inputs"], case["expected"]
    found = estimates(standing(500, given["ev"], given["ac"], given["bac"]), 0.8, money(given["management_etc"]))
    assert near(found.methods[EacMethod.cpi], expected["eac_cpi"])
    assert near(found.methods[EacMethod.budget_rate], expected["eac_budget_rate"])
    assert near(found.methods[EacMethod.bottom_up], expected["eac_management"])
    assert (found.estimate, found.minimum) == (found.methods[EacMethod.cpi], found.methods[EacMethod.bottom_up])


def test_the_toy_example_of_the_r_package_pra() -> None:
    case = shared_json("oracles/cases/evm-pra-toy.json")
    given, expected = case["inputs"], case["expected"]
    planned = given["bac"] * given["schedule"][given["period"] - 1]
    earned, spent = given["bac"] * given["percent_complete"], given["ac_cum"][given["period"] - 1]
    found = value_figures(standing(planned, earned, spent, given["bac"]))
    assert (planned, earned, spent) == (expected["pv"], expected["ev"], expected["ac"])
    assert (found.schedule_variance, found.cost_variance) == (expected["sv"], expected["cv"])
    assert near(found.spi, expected["spi"])
    assert near(found.cpi, expected["cpi"])


def test_plateaus_count_to_their_end_and_the_last_one_to_its_begin() -> None:
    case = shared_json("oracles/cases/es-plateau-and-completion-edges.json")
    planned = [money(each) for each in case["inputs"]["pv_cum"]]
    for given, expected in zip(case["inputs"]["cases"], case["expected"]["cases"], strict=True):
        earned, budget = money(given["ev"]), planned[-1]
        value = value_figures(Standing(earned, earned, Undefined.no_budget, budget))
        time = Time(
            earned_periods(planned, earned), given["at"], case["expected"]["planned_duration"], earned >= budget
        )
        found = time_figures(time, value)
        names: dict[str, Any] = {"es": time.earned, "sv_t": found.schedule_variance, "spi_t": found.spi_t}
        names |= {"ieac_t": found.ieac_spi_t, "tspi_pd": found.tspi_planned}
        for name, number in expected.items():
            undefined = number is None or isinstance(number, str)
            assert isinstance(names[name], Undefined) if undefined else near(names[name], number)


def test_more_than_everything_counts_as_everything() -> None:
    assert earned_periods([Decimal(10), Decimal(20)], Decimal(25)) == 2.0


@pytest.mark.parametrize(
    ("planned", "earned", "spent", "expected"),
    [
        (100, 50, 80, {"budget_rate": 230, "cpi": 320, "spi": 380, "sci": 560, "weighted": 330}),
        (100, 200, 80, dict.fromkeys(["budget_rate", "cpi", "spi", "sci", "weighted", "spi_t", "sci_t"], 80)),
        (100, 0, 80, {"budget_rate": 280, **dict.fromkeys(["cpi", "spi", "sci", "weighted"], "earned_value_zero")}),
        (0, 0, 80, {"cpi": "earned_value_zero", "spi": "planned_value_zero", "weighted": "planned_value_zero"}),
        (100, 50, 0, {"budget_rate": 150, "cpi": "actual_cost_zero", "spi": 300, "sci": "actual_cost_zero"}),
    ],
)
def test_what_everything_may_cost(planned: int, earned: int, spent: int, expected: dict[str, Any]) -> None:
    found = estimates(
        standing(planned, earned, spent, 200), Undefined.actual_time_zero, Undefined.no_estimate
    ).methods
    told = {each: found[EacMethod(each)] for each in expected}
    assert {
        name: money(each) if str(each)[0].isdigit() else Undefined(each) for name, each in expected.items()
    } == told


def test_what_everything_may_cost_by_the_earned_schedule() -> None:
    found = estimates(standing(100, 50, 80, 200), 0.5, Undefined.no_estimate)
    assert found.methods[EacMethod.spi_t] == 80 + 150 / money("0.5")
    assert found.methods[EacMethod.sci_t] == 80 + 150 / (money("0.5") * money("0.625"))
    assert [found.minimum, found.maximum, found.to_complete, found.variance] == [230, 560, 240, -120]
    assert found.tcpi == 0.625


def test_without_an_estimate_nothing_follows_from_it() -> None:
    found = estimates(standing(100, 0, 80, 200), 0.0, Undefined.no_estimate)
    assert {found.estimate, found.to_complete, found.variance, found.tcpi} == {Undefined.earned_value_zero}
    assert [found.minimum, found.maximum] == [280, 280]


def test_without_budgets_there_is_no_cost_performance() -> None:
    nothing = standing(100, 50, Undefined.no_budget, 200)
    found = value_figures(nothing)
    assert (found.spi, found.percent_complete) == (0.5, 25.0)
    assert {found.cost_variance, found.cpi, found.sci, found.percent_spent, found.tcpi} == {Undefined.no_budget}
    assert set(estimates(nothing, 0.5, Undefined.no_estimate).methods.values()) == {Undefined.no_budget}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 0, 0, 0), ("planned_value_zero", "actual_cost_zero", "budget_zero", "budget_exhausted")),
        ((0, 0, -5, 100), ("planned_value_zero", "actual_cost_zero", -5.0, 100 / 105)),
        ((50, 50, 100, 100), (1.0, 0.5, 100.0, "budget_exhausted")),
        ((50, 50, 120, 100), (1.0, 50 / 120, 120.0, "budget_exhausted")),
    ],
)
def test_what_has_no_value_says_why(values: tuple[int, int, int, int], expected: tuple[Any, ...]) -> None:
    found = value_figures(standing(*values))
    assert (found.spi, found.cpi, found.percent_spent, found.tcpi) == expected


def test_time_that_has_no_value_says_why() -> None:
    value = value_figures(standing(0, 0, 0, 0))
    before = time_figures(Time(0, 0, 100), value)
    assert (before.spi_t, before.ieac_spi_t, before.ieac_planned_rate) == (
        "actual_time_zero",
        "actual_time_zero",
        100,
    )
    assert (before.ieac_planned_value, before.ieac_earned_duration) == ("budget_zero", "planned_value_zero")
    assert (before.tspi_planned, before.tspi_target) == (1.0, "no_target_finish")
    idle = time_figures(Time(0, 20, 100), value, 10.0)
    assert (idle.spi_t, idle.ieac_spi_t, idle.tspi_target) == (0.0, "earned_schedule_zero", "target_elapsed")
    assert time_figures(Time(0, 20, 0), value).spi_t is Undefined.planned_duration_zero


def test_the_first_tenth_of_the_duration_is_early_life() -> None:
    value = value_figures(standing(50, 50, 50, 100))
    told = [time_figures(Time(5, at, 100), value).early_life for at in (0, 9.9, 10)]
    assert told == [True, True, False]
    assert not time_figures(Time(100, 5, 100, is_complete=True), value).early_life
