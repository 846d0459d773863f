"""Deviations and corrective actions on the wire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain.deviation_values import DeviationState, Resolution, TransitionKind
from app.domain.tolerances import Level, Measure, Unit
from app.events.data_schemas import EventName
from app.kit.schemas import In, Instant, Key, LongText, Out, ShortText

ActionStatus = Literal["planned", "in_progress", "done", "cancelled"]
Why = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class EvidenceOut(Out):
    """What a deviation rests on: the value that was judged, and what it was computed from."""

    value: float = Field(description="In `unit`; positive is later, longer or more, but for the total float.")
    unit: Unit
    bound: float = Field(description="The bound of the level, on the side of the value.")
    basis: str = Field(description="What the value rests on: `actual`, `forecast`, `projected` …, else `computed`.")
    as_of: Instant = Field(
        description="The data date since which it has been so. A value that is nothing but time that passes "
        "(blocked, silent, overdue) is told as of then and is more by now; a projection that the data date pushes on "
        "is at most a day old."
    )
    operands: dict[str, Any] = Field(description="The named values that it was computed from.")
    events: list[EventName] = Field(description="The execution events behind it, at most 20, newest last.")


class ImpactOut(Out):
    """What it does to the plan."""

    unabsorbed_minutes: int | None = Field(
        description="Working minutes of slip beyond the total float that the baseline left; null: not known."
    )


class AcknowledgementOut(Out):
    """Who has seen it, and why it may stay."""

    author: str
    recorded_at: Instant
    reason: str
    reason_code: str | None
    until: Instant | None = Field(description="When it is open again by itself; null: never.")


class DeviationOut(Out):
    """Drift beyond a tolerance: one record from when it was found until it is over."""

    id: UUID
    plan: Key
    milestone: Key | None = Field(description="null: the plan as a whole, or what `about` names.")
    about: str | None = Field(
        description="What else of the plan it is about, by its path: a metric, a contingency of a risk, an "
        "assumption, a resource; null: dates, or the plan as a whole.",
        examples=["metrics/adoption"],
    )
    tolerance: Key
    tolerance_version: int
    measure: Measure
    baseline: int | None = Field(description="Its number; null: the measure needs none.")
    episode: int = Field(description="The how-manieth time that it left this tolerance, from 1.")
    level: Level = Field(description="The bound that was crossed.")
    state: DeviationState
    opened_at: Instant
    changed_at: Instant = Field(description="When its newest transition was recorded.")
    resolved_at: Instant | None
    resolution: Resolution | None
    summary: str = Field(description="One plain sentence.")
    owner: str | None = Field(description="Of what it is about; the milestone's assignee or owner; else the plan's.")
    labels: dict[str, str] = Field(description="The labels of the milestone.")
    evidence: EvidenceOut
    impact: ImpactOut
    consequences: list[Key] = Field(
        description="The milestones that are late only because of this one; in lists, feed and webhooks 100 of them."
    )
    consequence_count: int = Field(description="How many there are.")
    acknowledgement: AcknowledgementOut | None


class DeviationPage(Out):
    """A page of deviations, newest first."""

    items: list[DeviationOut]
    next_cursor: str | None
    evaluated_sequence: int | None = Field(
        description="The newest event of the plan that its evaluation has covered; null where no plan was named."
    )


class DeviationCounts(Out):
    """How many deviations of a plan are not over, of one owner."""

    plan: Key
    owner: str | None
    open: int
    acknowledged: int
    warning: int
    breach: int


class DeviationSummary(Out):
    """Counts by plan and owner."""

    items: list[DeviationCounts]
    next_cursor: str | None


class TransitionOut(Out):
    """One change of a deviation, as it stood after it."""

    number: int = Field(description="From 1, without gaps.")
    kind: TransitionKind
    recorded_at: Instant = Field(description="When it was found or said.")
    as_of: Instant = Field(description="The data date that it was judged at.")
    evaluation: int | None = Field(description="The number of the evaluation that found it; null: somebody did it.")
    retroactive: bool = Field(description="Whether it was found late: events told later of what happened before.")
    actor: str = Field(description="`leeway`, or the name of the API key.")
    level: Level
    state: DeviationState
    resolution: Resolution | None
    value: float | None
    unit: Unit
    bound: float | None
    summary: str
    acknowledgement: AcknowledgementOut | None


class TransitionPage(Out):
    """A page of transitions, oldest first."""

    items: list[TransitionOut]
    next_cursor: str | None


class AcknowledgementIn(In):
    """Why a deviation may stay as it is, and until when."""

    reason: Why
    reason_code: Key | None = Field(default=None, description="One of /v1/reason-codes.")
    until: Instant | None = Field(
        default=None, description="It is open again from then on; of no effect on finished work, which is settled."
    )


class ActionIn(In):
    """What is to be done about a deviation, by whom and until when."""

    title: ShortText
    description: LongText | None = None
    owner: ShortText
    due_at: Instant = Field(description="When its effect is checked; in the future.")
    status: ActionStatus = "planned"


class ActionPatch(In):
    """What shall change of an action."""

    title: ShortText | None = None
    description: LongText | None = None
    owner: ShortText | None = None
    due_at: Instant | None = Field(
        default=None,
        description="Moved: its effect is checked once more; refused once the deviation is resolved.",
    )
    status: ActionStatus | None = None


class ActionOut(Out):
    """A corrective action, and whether it had an effect."""

    id: UUID
    deviation: UUID
    title: str
    description: str | None
    owner: str
    due_at: Instant
    status: ActionStatus
    value_before: float | None = Field(description="The value of the deviation when the action was planned.")
    value_after: float | None = Field(description="Its value when the effect was checked.")
    unit: Unit
    effective: bool | None = Field(
        description="true: when it was checked, the deviation was within tolerance, or its value better; false: it "
        "was not; null: not checked yet (`checked_at`), nothing to compare, or the action is not `in_progress` or "
        "`done`: what got better without it is not its merit. A change of `status` after the check counts too."
    )
    checked_at: Instant | None = Field(description="When: at `due_at`, or once the deviation was over.")
    created_at: Instant
    author: str


class ActionPage(Out):
    """A page of corrective actions, in the order they were planned in."""

    items: list[ActionOut]
    next_cursor: str | None
