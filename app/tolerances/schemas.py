"""Tolerances on the wire."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.domain.plan import MilestoneKind
from app.domain.tolerances import JudgedBy, Measure, Unit
from app.kit.limits import MAX_LABELS, MAX_TOLERANCE_MILESTONES
from app.kit.schemas import In, Instant, Key, LabelName, Labels, LabelValue, LongText, Name, Out, Whole

_LARGEST = 1e9

Bound = Annotated[float, Field(strict=True, ge=-_LARGEST, le=_LARGEST)]
Margin = Annotated[float, Field(strict=True, ge=0, le=_LARGEST)]
Times = Annotated[int, Field(strict=True, ge=1, le=100), Whole]
BaselineName = Annotated[str, StringConstraints(pattern=r"^([1-9]\d{0,8}|original|current)$")]


def _kinds(kinds: list[MilestoneKind]) -> list[MilestoneKind]:
    return [kind for kind in MilestoneKind if kind in kinds]


def _keys(keys: list[str]) -> list[str]:
    return sorted(set(keys))


Kinds = Annotated[list[MilestoneKind], Field(max_length=20), AfterValidator(_kinds)]
Keys = Annotated[list[Key], Field(max_length=MAX_TOLERANCE_MILESTONES), AfterValidator(_keys)]


class ToleranceBounds(In):
    """The bounds of one side, in the tolerance's unit: beyond one, not at it, is too much; null: there is none."""

    warning: Bound | None = None
    breach: Bound | None = None


class ToleranceScope(In):
    """Which milestones it watches; an empty part does not narrow, and the parts narrow together."""

    kinds: Kinds = []
    milestones: Keys = Field(default=[], description="Keys of milestones.")
    labels: Labels = Field(default={}, description="Labels that a milestone must have, each with this value.")
    critical_only: bool = Field(default=False, strict=True, description="Only while it is critical, or finished.")


class ToleranceFields(In):
    """What a tolerance says."""

    name: Name | None = None
    measure: Measure
    unit: Unit = Field(description="What the bounds count: one of those that the measure has.")
    basis: JudgedBy = Field(
        default=JudgedBy.forecast,
        description="`forecast`: the best expectation is judged; `actual`: facts alone.",
    )
    lower: ToleranceBounds = ToleranceBounds()
    upper: ToleranceBounds = ToleranceBounds()
    clear_margin: Margin | None = Field(
        default=None,
        description="How far inside a bound the value must be before what it opened is over; null: a fifth of it, of "
        "a ratio a fifth of its distance from 1.",
    )
    consecutive: Times = Field(
        default=1,
        description="At how many data dates in a row a value must hold to count. Data dates are told apart by the "
        "minute: in a plan without a `status_date` that is as many evaluations, at least a minute apart; in one with "
        "a `status_date` as many different status dates.",
    )
    baseline: BaselineName = Field(
        default="current", description="What it compares with: a number, `original` or `current`."
    )
    applies_to: ToleranceScope = ToleranceScope()
    plan: Key | None = Field(
        default=None, description="The one plan that it watches; null: every plan. It stays what it was at first."
    )


class ToleranceIn(ToleranceFields):
    """A new tolerance."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.")


class ScopePatch(In):
    """A change of which milestones it watches: lists are replaced whole, labels are merged."""

    kinds: Kinds | None = None
    milestones: Keys | None = None
    labels: Annotated[dict[LabelName, LabelValue | None], Field(max_length=2 * MAX_LABELS)] | None = None
    critical_only: Annotated[bool, Field(strict=True)] | None = None


class TolerancePatch(In):
    """A JSON merge patch of a tolerance: what is left out stays; null is its default."""

    name: Name | None = None
    measure: Measure | None = None
    unit: Unit | None = None
    basis: JudgedBy | None = None
    lower: ToleranceBounds | None = None
    upper: ToleranceBounds | None = None
    clear_margin: Margin | None = None
    consecutive: Times | None = None
    baseline: BaselineName | None = None
    applies_to: ScopePatch | None = None
    plan: Key | None = Field(default=None, description="It can't be changed: only what it is already passes.")


class ToleranceOut(Out):
    """A tolerance, in one of its versions."""

    key: str
    version: int
    built_in: bool = Field(description="Whether Leeway brought it; it may be edited and deleted like any other.")
    name: str | None
    measure: Measure
    unit: Unit
    basis: JudgedBy
    lower: ToleranceBounds
    upper: ToleranceBounds
    clear_margin: float | None
    consecutive: int
    baseline: str
    applies_to: ToleranceScope
    plan: str | None
    author: str
    reason: LongText | None
    recorded_at: Instant


class TolerancePage(Out):
    """A page of tolerances, by key."""

    items: list[ToleranceOut]
    next_cursor: str | None
