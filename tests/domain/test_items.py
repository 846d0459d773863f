"""Items, what tolerances judge besides dates: how they are judged, recorded and shown."""

from typing import Any

import pytest

from app.domain.deviation_values import Evidence, Judged, Subject
from app.domain.deviations import Scope, reconcile
from app.domain.evidence import Evidences
from app.domain.judging import judge
from app.domain.levels import level_of, margin_of, step_of
from app.domain.measures import Reason
from app.domain.tolerances import ITEM_MEASURES, UNITS, Bounds, Level, Measure, Tolerance, Unit
from tests.domain.builders import at
from tests.domain.deviation_build import in_a_row, told
from tests.domain.item_build import NOW, gap, having, item

WATCHING, SCOPE = {"pace": gap()}, Scope(NOW, NOW, {})
ADOPTION, NPS = "metrics/adoption", "metrics/nps"


def about(name: str | None, milestone: str | None = None, baseline: int | None = None) -> Subject:
    return Subject("pace", milestone, baseline, name)


class TestJudging:
    def test_every_item_beyond_its_tolerance_is_flagged(self) -> None:
        observed = having(item(12, ADOPTION), item(26, NPS), item(10, "metrics/on-the-bound"))
        assert judge(observed, [gap()], set()) == [
            Judged(about(ADOPTION), 12, level=Level.warning),
            Judged(about(NPS), 26, level=Level.breach),
        ]

    def test_what_is_known_is_answered_whatever_its_value_is(self) -> None:
        observed = having(item(3, ADOPTION), item(Reason.not_started, NPS))
        assert judge(observed, [gap()], {about(ADOPTION), about(NPS)}) == [
            Judged(about(ADOPTION), 3),
            Judged(about(NPS), None, Reason.not_started),
        ]

    def test_an_item_that_is_no_more_was_removed(self) -> None:
        assert judge(having(), [gap()], {about(ADOPTION)}) == [Judged(about(ADOPTION), None, Reason.removed)]

    def test_one_may_be_about_a_milestone_too(self) -> None:
        one, other = (item(30, "assumptions/api", milestone=key) for key in ("b", "a"))
        found = judge(having(one, other), [gap()], set())
        assert [each.subject for each in found] == [about("assumptions/api", "a"), about("assumptions/api", "b")]
        assert judge(having(one, other), [gap(10, 25, "a")], set()) == found[:1]

    def test_basis_and_finality_are_those_of_the_item(self) -> None:
        (judged,) = judge(having(item(30, basis="actual", is_final=True)), [gap()], set())
        assert (judged.basis, judged.is_final) == ("actual", True)

    def test_cost_is_of_the_plan_as_a_whole_and_against_its_baseline(self) -> None:
        low = Tolerance("pace", Measure.cost_performance, Unit.ratio, lower=Bounds(0.95, 0.9))
        observed = having(item(0.8, None), measure=Measure.cost_performance)
        assert judge(observed, [low], set()) == [Judged(about(None, None, 1), 0.8, level=Level.breach)]

    def test_a_plan_without_items_has_none(self) -> None:
        every = [Tolerance(each, each, UNITS[each][0], upper=Bounds(0, 1)) for each in sorted(ITEM_MEASURES)]
        assert judge(having(), every, set()) == []


class TestRecords:
    def test_neither_explains_another_one_of_the_same_milestone(self) -> None:
        observed = having(*(item(30, f"assumptions/{key}", milestone="m") for key in ("x", "y")))
        judged = judge(observed, [gap()], set())
        found = reconcile({}, judged, WATCHING, SCOPE, in_a_row)
        assert told(found.transitions) == ["opened m#1 breach"] * 2
        assert set(found.consequences.values()) == {()}

    def test_the_record_of_one_that_is_no_more_is_resolved(self) -> None:
        opened = reconcile({}, judge(having(item(30)), [gap()], set()), WATCHING, SCOPE, in_a_row)
        found = reconcile(opened.tracks, judge(having(), [gap()], opened.tracks.keys()), WATCHING, SCOPE, in_a_row)
        assert told(found.transitions) == ["resolved plan#1 removed"]


class TestRatios:
    def test_a_bound_is_as_far_as_it_is_from_1(self) -> None:
        low = Tolerance("cpi", Measure.cost_performance, Unit.ratio, lower=Bounds(None, 0.9))
        assert margin_of(low, 0.9) == pytest.approx(0.02)
        assert level_of(low, 0.91, Level.breach) is Level.breach
        assert level_of(low, 0.93, Level.breach) is None

    def test_a_twentieth_is_told_anew(self) -> None:
        low = Tolerance("cpi", Measure.cost_performance, Unit.ratio, lower=Bounds(None, 0.9))
        assert step_of(low, 0.7) == 0.05
        assert step_of(Tolerance("cpi", low.measure, low.unit, lower=Bounds(None, 0.5)), 0.4) == 0.1


def shown(one: Judged, watched: Tolerance | None = None, **fields: Any) -> Evidence:
    observed = having(item(one.value if one.value is not None else Reason.not_started, one.subject.about, **fields))
    return Evidences(observed).of(watched or gap(), one)


class TestEvidence:
    def test_an_item_says_itself_what_it_rests_on(self) -> None:
        found = shown(
            Judged(about(ADOPTION), 12, level=Level.warning),
            summary="adoption is 12 points behind its pace",
            operands={"measured_at": at("2024-05-01"), "target": 80},
            events=tuple(("s", str(number)) for number in range(30)),
        )
        assert found == Evidence(
            operands={"measured_at": "2024-05-01", "target": 80},
            events=tuple(("s", str(number)) for number in range(10, 30)),
            unabsorbed_minutes=None,
            summary="adoption is 12 points behind its pace; the tolerance is 10 points",
        )

    @pytest.mark.parametrize(
        ("measure", "unit", "bound"),
        [
            (Measure.contingency_due, Unit.number, "0"),
            (Measure.cost_performance, Unit.ratio, "0.9"),
            (Measure.cost_at_completion_percent, Unit.percent_of_budget, "10 % of its budget"),
            (Measure.over_allocation_minutes, Unit.working_minutes, "600 working minutes"),
        ],
    )
    def test_the_bound_is_told_in_its_unit(self, measure: Measure, unit: Unit, bound: str) -> None:
        watched = Tolerance("t", measure, unit, upper=Bounds(None, float(bound.split(maxsplit=1)[0])))
        one = item(1_000, None, summary="it is too much")
        judged = Judged(Subject("t", None, None), 1_000, level=Level.breach)
        observed = having(one, measure=measure)
        assert Evidences(observed).of(watched, judged).summary == f"it is too much; the tolerance is {bound}"

    def test_without_a_value_the_sentence_says_why(self) -> None:
        without = shown(Judged(about(ADOPTION), None, Reason.not_started))
        assert without == Evidence({}, (), None, "metrics/adoption has no metric gap points to judge (not started)")
        gone = [Judged(about(each), None, Reason.removed) for each in (ADOPTION, NPS)]
        found = Evidences(having())
        assert [found.of(gap(), each).summary for each in gone] == [
            "metrics/adoption has left the plan",
            "metrics/nps has left the plan",
        ]

    def test_dates_are_of_no_item(self) -> None:
        finish = Tolerance("finish", Measure.finish_variance, Unit.working_days)
        assert Evidences(having()).item(finish, Judged(Subject("finish", "m", 1), 1.0)) is None
