"""The comparison of scenarios on the wire."""

from typing import Literal

from pydantic import Field

from app.kit.schemas import DayOrInstant, Out
from app.metrics.scorecard_schemas import ScoreOut
from app.plans.change_schemas import ChangesOut
from app.risks.exposure_schemas import ExpectedMoney
from app.variance.schemas import VarianceHeader, VarianceOut


class ScheduleSide(Out):
    """The dates and the room of one side; the delays of the risks that occur in it included."""

    projected_finish: DayOrInstant | None
    projection_reason: str | None = Field(description="Why there is none.")
    finish_variance: VarianceOut = Field(description="Against the baseline.")
    finish_change_minutes: int | None = Field(
        description="Against the plan as it is, in working minutes of its calendar; + is later. Null: it is that "
        "one, or a finish is not known."
    )
    worst_total_float_minutes: int | None
    critical_count: int | None
    near_critical_count: int | None
    network_reason: str | None = Field(description="Why there is no float.")
    critical_path_minutes: int | None = Field(
        description="Working minutes of the plan's calendar from the data date to the projected finish."
    )


class CostSide(Out):
    """The money of one side, in the plan's currency."""

    budget: ExpectedMoney | None = Field(description="The sum of all budgets.")
    risks: ExpectedMoney | None = Field(description="What the risks that occur in it cost.")
    spent: ExpectedMoney | None
    estimate_at_completion: ExpectedMoney | None = Field(
        description="What was spent, the budgets of what is left to be done, and what the risks cost."
    )
    reason: str | None = Field(description="Why something is not known: `no_currency`, `no_estimate`, …")


class ExposureSide(Out):
    """What may still come: the risks that are not closed and do not occur in it."""

    risks: int
    unquantified: int = Field(description="How many of them have no impacts.")
    expected_minutes: float = Field(description="The sum of probability x delay, as if one came after another.")
    expected_cost: ExpectedMoney | None = Field(description="Null: none of them costs anything.")


class PlanSide(Out):
    """The plan as it is."""

    schedule: ScheduleSide
    cost: CostSide
    exposure: ExposureSide
    metrics: ScoreOut


class EditOut(Out):
    """Something that a scenario touches and that was edited since."""

    part: str = Field(description="`plan`, `milestones`, `dependencies`, `risks`, `metrics` or `assignments`.")
    key: str | None = Field(description="Of a dependency: predecessor, type and successor.")
    kind: Literal["added", "removed", "changed"]
    fields: list[str]


class MisfitOut(Out):
    """A place in the change of a scenario that the plan does not take any more."""

    pointer: str
    code: str
    detail: str


class ScenarioSide(Out):
    """The plan as a scenario would make it; what is computed is null where its change does not fit the plan."""

    scenario: str
    name: str
    risks: list[str] = Field(description="Those that occur in it.")
    based_on: int = Field(description="The revision of the plan that it was last saved in.")
    stale: bool = Field(description="Something that it touches was edited since.")
    edited_since: list[EditOut] = Field(description="What; at most 100.")
    fits: bool
    misfits: list[MisfitOut] = Field(description="Why not; at most 50.")
    changes: ChangesOut | None
    schedule: ScheduleSide | None
    cost: CostSide | None
    exposure: ExposureSide | None
    metrics: ScoreOut | None = Field(
        description="The score of what is measured, with the expected final values in the place of what is."
    )


class ScenarioComparisonOut(VarianceHeader):
    """The plan as it is beside its scenarios, all from one snapshot; nothing is stored."""

    current: PlanSide
    scenarios: list[ScenarioSide]
    left_out: list[str] = Field(description="Keys of the scenarios that were not compared: name them in `scenarios`.")
