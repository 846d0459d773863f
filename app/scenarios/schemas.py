"""Scenarios and their adoption on the wire."""

from typing import Annotated

from pydantic import Field

from app.decisions.schemas import DecisionContent, Why
from app.kit.limits import MAX_SCENARIO_NAMES
from app.kit.schemas import In, Key, LongText, Name, Ordinal, Out
from app.plans.change_schemas import ChangesOut
from app.plans.changes_wire import PlanChange, PreparedChange

Value = Annotated[float, Field(strict=True, ge=-1e15, le=1e15)]


class ScenarioFields(In):
    """An alternative: a change of the plan that may or may not be made, and what comes with it."""

    name: Name
    description: LongText | None = None
    change: PreparedChange = Field(
        default=PlanChange(), description="What it changes of the plan; it must fit the plan when it is written."
    )
    risks: Annotated[list[Key], Field(max_length=MAX_SCENARIO_NAMES)] = Field(
        default=[], description="Risks of the plan that occur in it: their impacts are added."
    )
    metric_effects: Annotated[dict[Key, Value], Field(max_length=MAX_SCENARIO_NAMES)] = Field(
        default={}, description="The final values of success metrics that are expected of it.", examples=[{}]
    )


class ScenarioDocument(ScenarioFields):
    """A scenario within a plan document."""

    key: Key


class NewDecision(DecisionContent):
    """The decision that adopts a scenario, made already, and recorded with what it brings about."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.")


class AdoptionIn(In):
    """That a scenario is chosen: its change becomes the plan's next revision, together with the decision."""

    reason: Why
    decision: Key | None = Field(
        default=None, description="The decision behind it, made and not superseded; it gets its links."
    )
    new_decision: NewDecision | None = Field(default=None, description="Or a decision to be recorded with it.")
    accept_changes_since: Ordinal | None = Field(
        default=None,
        description="The plan's newest revision: adopt it though what it touches was edited up to that one.",
    )


class AdoptionOut(Out):
    """What an adoption did."""

    plan: str
    scenario: str
    revision: int = Field(description="The revision that it made.")
    reason: str
    decision: str | None = Field(description="Key of the decision behind it.")
    changes: ChangesOut
