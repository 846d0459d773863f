"""Plans, documents, revisions, comparisons and baselines on the wire."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from app.calendars.rules import known_zone
from app.domain.plan import PARTS, Money, PlanContent, PlanFields, WeightBasis
from app.kit.limits import MAX_DEPENDENCIES, MAX_MILESTONES, MAX_PARTS
from app.kit.schemas import (
    DayOrInstant,
    In,
    Instant,
    Key,
    Labels,
    LongText,
    Name,
    Out,
    PositiveMinutes,
    ShortText,
)
from app.milestones.schemas import (
    DependencyDocument,
    DependencyIn,
    MilestoneDocument,
    MoneyModel,
    dependency_document,
    milestone_document,
    money_document,
)
from app.parts.contribution_schemas import ContributionDocument
from app.plans.change_schemas import ChangesOut
from app.plans.store import Head

PlanStatus = Literal["draft", "active", "on_hold", "completed", "cancelled"]
DecisionRequired = Literal["adoption", "rebaseline"]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Scheduling = Literal["hold_planned_dates", "as_soon_as_possible"]


class ScheduleOptions(In):
    """How the network of the plan is calculated."""

    progress_logic: Literal["retained", "override"] = "retained"
    lag_calendar: Literal["predecessor", "successor", "project", "24h"] = "predecessor"
    total_float: Literal["finish", "start", "smallest"] = "finish"
    critical_float_minutes: PositiveMinutes = 0
    project_start: DayOrInstant | None = Field(
        default=None, description="Nothing unstarted starts earlier; null: as the dates and links say."
    )


class PlanFieldsIn(In):
    """The scalar fields of a plan's content."""

    name: Name
    goal: LongText | None = None
    owner: ShortText | None = None
    time_zone: str = Field(default="UTC", max_length=100, description="IANA zone in which bare dates are days.")
    calendar: Key = Field(default="always", description="`always`, `standard`, or a calendar of the workspace.")
    scheduling: Scheduling = Field(
        default="hold_planned_dates",
        description="`hold_planned_dates`: planned dates are commitments; `as_soon_as_possible`: logic decides.",
    )
    schedule_options: ScheduleOptions = ScheduleOptions()
    weight_basis: WeightBasis = Field(
        default=WeightBasis.weight, description="What weighs a leaf in percent complete."
    )
    target_finish: DayOrInstant | None = None
    status_date: DayOrInstant | None = Field(
        default=None, description="Data date: the default `as_of` of reads; null: the instant of the request."
    )
    labels: Labels = {}
    currency: Currency | None = Field(
        default=None, description="The plan's one currency; null: that of its budgets.", examples=["EUR"]
    )
    reserve: MoneyModel | None = Field(
        default=None, description="Management reserve: money beyond the budgets, held for what is not foreseen."
    )
    decisions_required_for: list[DecisionRequired] = Field(
        default=[], description="What is refused unless it names a decision.", max_length=2
    )

    @field_validator("decisions_required_for")
    @classmethod
    def _once_each(cls, wanted: list[DecisionRequired]) -> list[DecisionRequired]:
        return sorted(set(wanted))

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        if not known_zone(zone):
            raise ValueError("is no IANA time zone")
        return zone


class PlanIn(PlanFieldsIn):
    """A new plan without milestones; `PUT …/document` makes one whole."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.", examples=["python-3.13"])


class PlanPatch(In):
    """A JSON merge patch of a plan: what is left out stays, null clears."""

    name: str | None = None
    goal: str | None = None
    owner: str | None = None
    time_zone: str | None = None
    calendar: str | None = None
    scheduling: Scheduling | None = None
    schedule_options: dict[str, Any] | None = None
    weight_basis: WeightBasis | None = None
    target_finish: DayOrInstant | None = None
    status_date: DayOrInstant | None = None
    labels: dict[str, str | None] | None = None
    currency: Currency | None = None
    reserve: dict[str, Any] | None = None
    decisions_required_for: list[DecisionRequired] | None = None
    status: PlanStatus | None = None


class PlanOut(Out):
    """A plan: its scalar content in the newest revision, and where it stands."""

    key: str
    status: PlanStatus
    revision: int
    current_baseline: int | None = Field(description="Number of the newest baseline that is not supplementary.")
    name: str
    goal: str | None
    owner: str | None
    time_zone: str
    calendar: str
    scheduling: Scheduling
    schedule_options: ScheduleOptions
    weight_basis: WeightBasis
    target_finish: DayOrInstant | None
    status_date: DayOrInstant | None
    labels: dict[str, str]
    currency: str | None
    reserve: MoneyModel | None
    decisions_required_for: list[DecisionRequired]
    created_at: Instant
    updated_at: Instant


class PlanPage(Out):
    """A page of plans, by key."""

    items: list[PlanOut]
    next_cursor: str | None


class DocumentIn(PlanFieldsIn):
    """A whole plan. A top-level part that is left out stays as it is; `[]` empties it."""

    name: Name = Field(default="-", description="Required when the plan is created.")
    milestones: Annotated[list[MilestoneDocument], Field(max_length=MAX_MILESTONES)] = []
    dependencies: Annotated[list[DependencyIn], Field(max_length=MAX_DEPENDENCIES)] = []
    objectives: Annotated[list[ContributionDocument], Field(max_length=MAX_PARTS)] = []


class DocumentOut(Out):
    """A whole plan in one revision: PUT it back and nothing changes."""

    name: str
    goal: str | None
    owner: str | None
    time_zone: str
    calendar: str
    scheduling: Scheduling
    schedule_options: ScheduleOptions
    weight_basis: WeightBasis
    target_finish: DayOrInstant | None
    status_date: DayOrInstant | None
    labels: dict[str, str]
    currency: str | None
    reserve: MoneyModel | None
    decisions_required_for: list[DecisionRequired]
    milestones: list[MilestoneDocument]
    dependencies: list[DependencyDocument]
    objectives: list[ContributionDocument]


class DocumentResult(Out):
    """What a PUT of a document did, or with `dry_run` would do."""

    plan: str
    revision: int = Field(description="The newest revision afterwards; unchanged when nothing differs.")
    created: bool
    changed: bool
    dry_run: bool
    changes: ChangesOut


class ChangeCounts(Out):
    """How much a revision changed."""

    plan_fields: int
    milestones_added: int
    milestones_removed: int
    milestones_changed: int
    dependencies_added: int
    dependencies_removed: int
    dependencies_changed: int
    parts_added: int = Field(default=0, description="Of metrics, risks, and whatever else a plan consists of.")
    parts_removed: int = 0
    parts_changed: int = 0


class RevisionOut(Out):
    """A revision: who changed what, when and why."""

    revision: int
    recorded_at: Instant
    author: str
    reason: str | None
    origin: str = Field(description="What made it: `edit`, `document`, …; an open list.")
    change_counts: ChangeCounts


class RevisionDetail(RevisionOut):
    """A revision with every change against the one before."""

    changes: ChangesOut


class RevisionPage(Out):
    """A page of revisions, newest first."""

    items: list[RevisionOut]
    next_cursor: str | None


class ComparedSide(Out):
    """One side of a comparison."""

    revision: int
    baseline: int | None


class ComparisonOut(Out):
    """What must be done to `from` to make it `to`."""

    plan: str
    from_: ComparedSide = Field(alias="from")
    to: ComparedSide
    changes: ChangesOut


class BaselineIn(In):
    """A tag on a revision; it never changes."""

    name: Name
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]
    approved_by: ShortText | None = None
    supplementary: bool = Field(
        default=False, strict=True, description="A supplementary baseline never becomes `current`."
    )
    revision: int | None = Field(
        default=None, strict=True, ge=1, le=2_147_483_646, description="Default: the newest."
    )


class BaselineOut(Out):
    """A baseline."""

    number: int
    name: str
    reason: str
    approved_by: str | None
    supplementary: bool
    revision: int
    captured_at: Instant
    author: str
    content_hash: str = Field(description="SHA-256 of the plan document in that revision, as canonical JSON.")


class BaselinePage(Out):
    """A page of baselines, by number."""

    items: list[BaselineOut]
    next_cursor: str | None


def to_fields(model: PlanFieldsIn) -> PlanFields:
    """The domain's value of a plan's scalar fields."""
    return PlanFields(
        name=model.name,
        goal=model.goal,
        owner=model.owner,
        time_zone=model.time_zone,
        calendar=model.calendar,
        scheduling=model.scheduling,
        schedule_options=model.schedule_options.model_dump(),
        weight_basis=model.weight_basis,
        target_finish=model.target_finish,
        status_date=model.status_date,
        labels=model.labels,
        currency=model.currency,
        reserve=None if model.reserve is None else Money(Decimal(model.reserve.amount), model.reserve.currency),
        decisions_required_for=tuple(model.decisions_required_for),
    )


def fields_document(fields: PlanFields) -> dict[str, Any]:
    """The scalar fields as JSON-ready values."""
    return {
        "name": fields.name,
        "goal": fields.goal,
        "owner": fields.owner,
        "time_zone": fields.time_zone,
        "calendar": fields.calendar,
        "scheduling": fields.scheduling,
        "schedule_options": dict(fields.schedule_options),
        "weight_basis": fields.weight_basis.value,
        "target_finish": fields.target_finish,
        "status_date": fields.status_date,
        "labels": dict(fields.labels),
        "currency": fields.currency,
        "reserve": None if fields.reserve is None else money_document(fields.reserve),
        "decisions_required_for": list(fields.decisions_required_for),
    }


def document(content: PlanContent) -> dict[str, Any]:
    """The whole plan as JSON-ready values, milestones by key and dependencies by identity."""
    return {
        **fields_document(content.fields),
        "milestones": [milestone_document(content.milestones[key]) for key in sorted(content.milestones)],
        "dependencies": [dependency_document(content.dependencies[i]) for i in sorted(content.dependencies)],
        **{part: part_documents(content, part) for part in DOCUMENTED},
    }


DOCUMENTED = tuple(part for part in PARTS if part in DocumentIn.model_fields)


def part_documents(content: PlanContent, part: str) -> list[dict[str, Any]]:
    """The parts of one name as JSON-ready values, by key."""
    bodies = content.part(part)
    return [{"key": key, **bodies[key]} for key in sorted(bodies)]


def plan_document(head: Head, fields: PlanFields, current_baseline: int | None) -> dict[str, Any]:
    """A plan as JSON-ready values."""
    return {
        "key": head.key,
        "status": head.status,
        "revision": head.revision,
        "current_baseline": current_baseline,
        **fields_document(fields),
        "created_at": head.created_at,
        "updated_at": head.updated_at,
    }


def baseline_document(row: Any) -> dict[str, Any]:
    """A baseline as JSON-ready values."""
    return {
        "number": row.number,
        "name": row.name,
        "reason": row.reason,
        "approved_by": row.approved_by,
        "supplementary": row.supplementary,
        "revision": row.revision,
        "captured_at": row.recorded_at,
        "author": row.author,
        "content_hash": row.content_hash,
    }
