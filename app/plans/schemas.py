"""Plans, documents, revisions, comparisons and baselines on the wire."""

from typing import Annotated, Any

from pydantic import Field

from app.assignments.schemas import AssignmentDocument
from app.assumptions.schemas import AssumptionDocument
from app.decisions.schemas import DecisionDocument
from app.domain.plan import PARTS, PlanContent, PlanFields, WeightBasis
from app.kit.limits import MAX_DEPENDENCIES, MAX_MILESTONES, MAX_PARTS
from app.kit.schemas import (
    DayOrInstant,
    In,
    Instant,
    Key,
    Name,
    Ordinal,
    Out,
    ShortText,
)
from app.metrics.schemas import MetricDocument
from app.milestones.schemas import (
    DependencyDocument,
    DependencyIn,
    MilestoneDocument,
    MoneyModel,
    dependency_document,
    milestone_document,
)
from app.parts.contribution_schemas import ContributionDocument
from app.plans.change_schemas import ChangesOut
from app.plans.field_schemas import (
    DecisionRequired,
    PlanFieldsIn,
    PlanStatus,
    ScheduleOptions,
    Scheduling,
    fields_document,
)
from app.plans.store import Head
from app.risks.schemas import RiskDocument
from app.scenarios.schemas import ScenarioDocument


class PlanIn(PlanFieldsIn):
    """A new plan without milestones; `PUT …/document` makes one whole."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.", examples=["python-3.13"])


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
    metrics: Annotated[list[MetricDocument], Field(max_length=MAX_PARTS)] = []
    risks: Annotated[list[RiskDocument], Field(max_length=MAX_PARTS)] = []
    assumptions: Annotated[list[AssumptionDocument], Field(max_length=MAX_PARTS)] = []
    scenarios: Annotated[list[ScenarioDocument], Field(max_length=MAX_PARTS)] = []
    decisions: Annotated[list[DecisionDocument], Field(max_length=MAX_PARTS)] = []
    assignments: Annotated[list[AssignmentDocument], Field(max_length=MAX_PARTS)] = []


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
    metrics: list[MetricDocument]
    risks: list[RiskDocument]
    assumptions: list[AssumptionDocument]
    scenarios: list[ScenarioDocument]
    decisions: list[DecisionDocument]
    assignments: list[AssignmentDocument]


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
    revision: Ordinal | None = Field(default=None, description="Default: the newest.")
    decision: Key | None = Field(
        default=None,
        description="The decision behind it, made and not superseded. From the second baseline on a plan may ask for "
        "one: `decisions_required_for`.",
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
    decision: str | None = Field(description="Key of the decision behind it.")


class BaselinePage(Out):
    """A page of baselines, by number."""

    items: list[BaselineOut]
    next_cursor: str | None


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
        "decision": row.decision,
    }
