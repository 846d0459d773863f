"""Plans to be written as tables, made up by hypothesis, and what a table can say of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from app.domain.cpm import Scheduled, ScheduleInputs, schedule
from app.domain.execution import Lifecycle, State
from app.domain.moments import EARLIEST, LATEST, format_moment
from app.domain.plan import (
    Constraint,
    Dependency,
    DependencyType,
    Milestone,
    MilestoneKind,
    Money,
    PlanContent,
    PlanFields,
)
from app.formats.exported import Exported, ExportedBaseline
from app.formats.parsed import ParsedFile
from app.milestones.schemas import to_dependency, to_milestone
from app.plans.field_schemas import to_fields
from app.plans.schemas import DocumentIn
from tests.domain.cpm_build import FIVE_DAYS

AS_OF = datetime(2024, 5, 8, 16, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Africa/Monrovia")


def exported(
    *milestones: Milestone,
    dependencies: tuple[Dependency, ...] = (),
    states: Mapping[str, State] | None = None,
    baseline: Mapping[str, Milestone] | None = None,
    **fields: Any,
) -> Exported:
    """A plan to be written, with a schedule that says nothing."""
    content = PlanContent(
        PlanFields(**{"name": "Dam", **fields}),
        {each.key: each for each in milestones},
        {each.identity: each for each in dependencies},
    )
    told = states or {}
    items = {key: Scheduled(key, told.get(key, State()).lifecycle) for key in content.milestones}
    empty = schedule(ScheduleInputs({}, (), {}, lambda _: FIVE_DAYS, FIVE_DAYS), AS_OF)
    frozen = [] if baseline is None else [ExportedBaseline(1, "Agreed", baseline)]
    return Exported("dam", content, AS_OF, told, replace(empty, items=items), {}, frozen)


def content_of(file: ParsedFile) -> PlanContent:
    """The plan of a file by the API's own checks of a document, with the file's ids instead of keys."""
    told = file.document
    keys = {m["key"]: f"k{number}" for number, m in enumerate(told["milestones"])}
    ids = {key: id_ for id_, key in keys.items()}
    ends = ("key", "parent", "predecessor", "successor")
    keyed = {
        part: [{name: keys[value] if name in ends else value for name, value in each.items()} for each in told[part]]
        for part in ("milestones", "dependencies")
    }
    document = DocumentIn.model_validate({**told, **keyed})
    found = [
        replace(to_milestone(each, ids[each.key]), parent=None if each.parent is None else ids[each.parent])
        for each in document.milestones
    ]
    links = [
        replace(to_dependency(each), predecessor=ids[each.predecessor], successor=ids[each.successor])
        for each in document.dependencies
    ]
    fields = replace(to_fields(document), schedule_options={})
    return PlanContent(fields, {each.key: each for each in found}, {each.identity: each for each in links})


def as_told(plan: Exported, ids: Mapping[str, str]) -> PlanContent:
    """What a table can say of a plan whose milestones it knows by these ids."""
    content = plan.content
    milestones = {
        ids[key]: replace(
            each,
            key=ids[key],
            external_id=ids[key],
            parent=None if each.parent is None else ids[each.parent],
            calendar=None if each.calendar == content.fields.calendar else each.calendar,
        )
        for key, each in content.milestones.items()
    }
    links = [
        replace(each, predecessor=ids[each.predecessor], successor=ids[each.successor])
        for each in content.dependencies.values()
    ]
    fields = replace(content.fields, status_date=plan.as_of)
    return PlanContent(fields, milestones, {each.identity: each for each in links})


def statements_of(plan: Exported, ids: Mapping[str, str]) -> list[tuple[str, str, str, Mapping[str, Any]]]:
    """What a table can say has happened, as (milestone, what, when, data), sorted."""
    found: list[tuple[str, str, str, Mapping[str, Any]]] = []
    for key, state in plan.states.items():
        activity = plan.content.milestones[key].kind is MilestoneKind.activity
        if activity and state.actual_start is not None:
            found.append((ids[key], "started", format_moment(state.actual_start), {}))
        if state.actual_finish is not None:
            found.append((ids[key], "completed", format_moment(state.actual_finish), {}))
        elif state.lifecycle is Lifecycle.in_progress:
            left, whole = state.remaining_minutes, plan.content.milestones[key].planned_duration_minutes
            if left is None and whole is not None and state.percent_complete is not None:
                left = round(whole * (100 - state.percent_complete) / 100)
            told = {"percent_complete": state.percent_complete, "remaining_minutes": left}
            data = {name: value for name, value in told.items() if value is not None}
            found.append((ids[key], "progressed", format_moment(plan.as_of), data))
    return sorted(found, key=str)


days = st.dates(date(1970, 1, 2), date(2199, 12, 30))
instants = st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None)).map(
    lambda t: t.replace(tzinfo=UTC)
)
minutes = instants.map(lambda t: t.replace(second=0, microsecond=0))
moments = st.one_of(days, minutes, instants)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text == text.strip()
)
amounts = st.decimals(Decimal(0), Decimal(10**12), places=4)
calendars = st.sampled_from(["standard", "always", "crew.2", None])
label_names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,5}", fullmatch=True)
units = st.sampled_from(["working", "elapsed"])
constraints = st.one_of(
    st.just(Constraint("ALAP", None)),
    st.builds(Constraint, st.sampled_from(["SNET", "FNET", "SNLT", "FNLT", "SO", "FO", "MSO", "MFO"]), moments),
)


@st.composite
def milestones(draw: st.DrawFn, key: str, phases: list[str]) -> Milestone:
    kind = draw(st.sampled_from(MilestoneKind))
    start = draw(st.none() | moments) if kind is not MilestoneKind.phase else None
    finish = draw(st.none() | moments) if kind is not MilestoneKind.phase else None
    is_activity = kind is MilestoneKind.activity
    return Milestone(
        key=key,
        name=draw(texts),
        kind=kind,
        planned_start=start if is_activity or finish is None else None,
        planned_finish=finish,
        planned_duration_minutes=draw(st.none() | st.integers(0, 52_560_000)) if is_activity else None,
        calendar=draw(calendars),
        parent=draw(st.none() | st.sampled_from(phases)) if phases else None,
        owner=draw(st.none() | texts.filter(lambda text: "%]" not in text)),
        constraint=draw(st.none() | constraints),
        deadline=draw(st.none() | moments),
        weight=draw(st.floats(0, 1e9)),
        external_id=draw(st.none() | texts),
        labels=draw(st.dictionaries(label_names, texts, max_size=2)),
        budget=draw(st.none() | st.builds(Money, amounts, st.sampled_from(["EUR", "USD"]))),
    )


lags = st.one_of(
    st.builds(lambda told: {"lag_minutes": told}, st.integers(-52_560_000, 52_560_000)),
    st.builds(lambda told: {"lag_percent": told}, st.floats(-1000, 1000)),
)


@st.composite
def states(draw: st.DrawFn, of: Milestone) -> State:
    if of.kind is MilestoneKind.activity and draw(st.booleans()):
        return State(
            Lifecycle.in_progress,
            actual_start=draw(st.none() | moments),
            percent_complete=draw(st.floats(0.001, 99)),
            remaining_minutes=draw(st.none() | st.integers(0, 10**6)),
        )
    return State(Lifecycle.completed, draw(st.none() | moments), draw(moments), 100.0, 0)


@st.composite
def plans(draw: st.DrawFn) -> Exported:
    """A sound plan with progress and a baseline."""
    made: list[Milestone] = []
    for index in range(draw(st.integers(1, 5))):
        phases = [each.key for each in made if each.kind is MilestoneKind.phase]
        made.append(draw(milestones(f"m{index}", phases)))
    pairs = [(a.key, b.key) for i, a in enumerate(made) for b in made[i + 1 :]]
    links = [
        Dependency(pair[0], draw(st.sampled_from(DependencyType)), pair[1], **draw(lags), lag_unit=draw(units))
        for pair in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4) if pairs else st.just([]))
    ]
    leaves = [each for each in made if each.kind is not MilestoneKind.phase]
    return exported(
        *made,
        dependencies=tuple(links),
        states={each.key: draw(states(each)) for each in leaves if draw(st.booleans())},
        baseline={each.key: each for each in made},
        name=draw(texts),
        time_zone=draw(st.sampled_from(ZONES)),
        calendar=draw(st.sampled_from(["standard", "always", "Night"])),
        scheduling=draw(st.sampled_from(["hold_planned_dates", "as_soon_as_possible"])),
    )
