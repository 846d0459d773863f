"""Status reports on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.domain.reported_health import Disagreement, Health
from app.domain.variance import ScheduleStatus
from app.kit.schemas import DayOrInstant, In, Instant, Ordinal, Out, ShortText
from app.variance.schemas import StatusCounts, VarianceOut

Narrative = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class StatusReportIn(In):
    """What a person says of a plan now. It is never edited; a later report may supersede it."""

    health: Health
    headline: ShortText | None = None
    narrative: Narrative
    reporter: ShortText | None = Field(default=None, description="Who says so; the API key is kept as `author`.")
    supersedes: Ordinal | None = Field(default=None, description="Number of the report whose place it takes.")


class ComputedStatus(Out):
    """What was computed of the plan when it was reported on."""

    as_of: Instant
    known_at: Instant
    revision: int
    baseline: int | None
    schedule_status: ScheduleStatus
    projected_finish: DayOrInstant | None
    finish_variance: VarianceOut
    planned_percent_complete: float | None
    actual_percent_complete: float | None
    counts: StatusCounts
    open_warnings: int = Field(description="Deviations that were not over, by level.")
    open_breaches: int


class StatusReportOut(Out):
    """A status report, beside what was computed of the plan then."""

    number: int
    recorded_at: Instant
    author: str
    reporter: str | None
    health: Health
    headline: str | None
    narrative: str
    supersedes: int | None
    superseded_by: int | None
    computed: ComputedStatus
    disagreement: Disagreement | None = Field(
        description="`rosier`: the person says better than is computed; `gloomier`: worse; null: nothing can be "
        "computed, as there is no baseline."
    )


class StatusReportPage(Out):
    """A page of status reports, newest first."""

    items: list[StatusReportOut]
    next_cursor: str | None
