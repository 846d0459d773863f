"""The wire of evaluations."""

from typing import Annotated

from pydantic import Field

from app.domain.deviation_values import Resolution
from app.domain.tolerances import Level
from app.kit.schemas import DayOrInstant, In, Instant, Key, Out
from app.tolerances.schemas import ToleranceIn

Versions = Annotated[dict[str, int], Field(description="The version of each, by key.", examples=[{"finish": 1}])]


class LoggedOut(Out):
    """One evaluation as it was logged: enough to repeat it."""

    number: int = Field(description="1, 2, 3 … within the plan.")
    evaluated_at: Instant = Field(description="When it was judged; `silence_minutes` is judged at this instant.")
    as_of: Instant = Field(description="The data date: the plan's `status_date`, else the instant of the evaluation.")
    known_at: Instant = Field(description="The newest fact it knew of.")
    sequence: int = Field(description="The newest event it knew of.")
    revision: int
    baseline: int | None = Field(description="The number of the current baseline.")
    is_closed: bool = Field(description="Whether the plan was closed, and its open deviations were resolved for it.")
    engine: str = Field(description="Versions of the arithmetic and of the time zone data.")
    tolerances: Versions
    calendars: Versions
    transitions: dict[str, int] = Field(
        description="How many transitions of each kind it found.", examples=[{"opened": 1}]
    )
    next_check_at: Instant | None = Field(
        description="No finding could change before it unless something was recorded; null: none ever."
    )


class EvaluationPage(Out):
    """A page of the log, newest first."""

    items: list[LoggedOut]
    next_cursor: str | None


class EvaluationOut(Out):
    """How far the evaluation of a plan has come."""

    plan: str
    status: str = Field(description="Of the plan; only an `active` plan is evaluated.")
    last_sequence: int = Field(description="The newest event of the plan.")
    evaluated_sequence: int = Field(description="The newest event that an evaluation has covered; 0: none.")
    check_due_at: Instant | None = Field(
        description="When it is evaluated next, unless something is recorded before; null: only then."
    )
    failures: int = Field(description="How often in a row its evaluation failed; it is tried again, ever later.")
    last_error: str | None = Field(description="What the last failure was.", examples=["CalendarHorizon"])
    newest: LoggedOut | None = Field(description="The newest evaluation.")


class TolerancePreviewIn(In):
    """A tolerance that is tried on a plan's history; nothing is stored."""

    plan: Key = Field(description="Key of the plan that it is replayed over.")
    tolerance: ToleranceIn = Field(description="The tolerance as it would be created; its own `plan` does not count.")
    from_: DayOrInstant | None = Field(
        default=None,
        alias="from",
        description="Begin with what was known then; a day means its end in the plan's zone. Default: the beginning.",
    )
    to: DayOrInstant | None = Field(default=None, description="End then; default: now.")


class ForeseenOut(Out):
    """A deviation that the tolerance would have opened."""

    milestone: str | None = Field(description="Null: the plan as a whole, or what `about` names.")
    about: str | None = Field(description="What else of the plan it is about, by its path.", examples=["metrics/nps"])
    baseline: int | None
    episode: int
    opened_at: Instant = Field(description="When it would have been flagged, with what was known then.")
    as_of: Instant = Field(description="The data date of that evaluation.")
    level: Level = Field(description="The bound crossed when it opened.")
    worst_level: Level
    value: float | None = Field(description="In the tolerance's unit, when it opened.")
    worst_value: float | None
    resolved_at: Instant | None = Field(description="Null: it would still be open.")
    resolution: Resolution | None
    summary: str | None


class TolerancePreviewOut(Out):
    """What a tolerance would have found."""

    plan: str
    evaluations: int = Field(description="How often the plan would have been evaluated.")
    is_sampled: bool = Field(
        description="Whether there were too many facts to judge after each, so that some were judged together."
    )
    opened: int = Field(description="How many deviations it would have opened.")
    still_open: int
    deviations: list[ForeseenOut] = Field(description="The first 1,000 of them, in the order in which they open.")
