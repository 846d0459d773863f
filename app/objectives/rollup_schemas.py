"""The roll-up of an objective on the wire."""

from pydantic import Field

from app.domain.metric_values import Band
from app.domain.objectives import ContributorKind, NoValue, RollupRule
from app.domain.variance import ScheduleStatus
from app.kit.schemas import DayOrInstant, Instant, Out
from app.metrics.scorecard_schemas import ReadingOut, ScoreOut
from app.objectives.schemas import RULES

_SHARE = "What it has, 0 to 1, of the weight of all that is known of; null where it is not known."
_COVERAGE = "The share, 0 to 1, of the weight that is known, of all that has any."


class ContributorRef(Out):
    """What contributes: a plan, a child objective, or a metric of the objective's own."""

    kind: ContributorKind
    key: str


class _PartOut(Out):
    reason: NoValue | None = Field(description="Why there is no value.")
    coverage: float = Field(description=_COVERAGE)
    share: float | None = Field(description=_SHARE)


class RollupPartOut(_PartOut):
    """A number of one contributor."""

    value: float | None


class RollupStatusPartOut(_PartOut):
    """The schedule status of one contributor."""

    value: ScheduleStatus | None


class ContributorOut(ContributorRef):
    """What one contributor brings."""

    weight: float
    finish: DayOrInstant | None = Field(
        description="Of a plan its projected finish, of an objective the last of those, of a metric its measurement."
    )
    progress: RollupPartOut = Field(description="Percent complete, 0 to 100.")
    schedule_status: RollupStatusPartOut
    score: RollupPartOut = Field(description="Of a metric its grade, else that of its success metrics: 0 to 1.")
    gate_failed: bool = Field(description="A success metric that must be met was not.")


class _QuantityOut(Out):
    reason: NoValue | None = Field(description="Why there is no value.")
    coverage: float = Field(description=_COVERAGE)
    drivers: list[ContributorRef] = Field(
        description="What decided, at most 20. `worst`: those that have the value. `weighted`: those that pull the "
        "mean down, hardest first; of the status those that have it, heaviest first. `critical_path`: what finishes "
        "last."
    )


class RollupQuantityOut(_QuantityOut):
    """A number of the objective."""

    value: float | None


class RollupStatusOut(_QuantityOut):
    """The schedule status of the objective."""

    value: ScheduleStatus | None


class RollupScoreOut(RollupQuantityOut):
    """The score of the objective."""

    band: Band | None = Field(description="`red` below 0.4, `amber` below 0.7, else `green`.")


class _HeaderOut(Out):
    """The question, as it was resolved."""

    objective: str
    version: int
    as_of: Instant = Field(description="The status date of every plan and metric: what had happened by then counts.")
    as_of_source: str = Field(description="`asked`, `known_at` or `now`.")
    known_at: Instant = Field(
        description="The newest fact at or before the instant asked. Ask again with this and the same as_of for the "
        "same bytes."
    )


class RollupOut(_HeaderOut):
    """An objective, rolled up from what contributes to it."""

    rollup: RollupRule = Field(description=RULES)
    inputs_digest: str = Field(description="SHA-256 over the names of all inputs: equal digests, equal answers.")
    progress: RollupQuantityOut = Field(description="Percent complete, 0 to 100.")
    schedule_status: RollupStatusOut
    score: RollupScoreOut = Field(
        description="Of the success metrics, 0 to 1. `weighted`: only where at least 0.7 of the weight is graded."
    )
    finish: DayOrInstant | None = Field(description="When the last of the plans is projected to finish.")
    gates_failed: list[ContributorRef] = Field(description="Where a metric that must be met was not.")
    contributors: list[ContributorOut] = Field(description="What contributes to it directly, by kind and key.")


class ObjectiveScorecardOut(_HeaderOut):
    """The success metrics of an objective as of an instant: the score, and each by its key."""

    summary: ScoreOut
    items: list[ReadingOut]
