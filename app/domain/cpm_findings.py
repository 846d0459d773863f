"""What is odd about a schedule, once its dates are known."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.domain.cpm_backward import Late
from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_values import ScheduleFinding, ScheduleFindingCode
from app.domain.execution import EventType, ExecutionEvent, Lifecycle
from app.domain.plan import Dependency, DependencyType
from app.domain.progress import has_happened

_REPORTED = {EventType.started.value: "a start", EventType.completed.value: "a completion"}
_IN_SCOPE = (NodeKind.work, NodeKind.done)
_NEEDS_FINISH = (DependencyType.FS, DependencyType.FF)  # of the predecessor
_BINDS_START = (DependencyType.FS, DependencyType.SS)  # of the successor


def findings_of(late: Late) -> tuple[ScheduleFinding, ...]:
    """Everything that is odd, by milestone, then by what it is. O(milestones + dependencies)."""
    network = late.early.network
    found = [*network.findings, *_out_of_sequence(late), *_violated(late), *_dangling(late)]
    return tuple(sorted(found, key=lambda each: (each.milestone, each.code, each.predecessor or "", each.detail)))


def future_actuals(events: Iterable[ExecutionEvent], as_of: datetime) -> tuple[ScheduleFinding, ...]:
    """What is reported to have begun, or to be done, although that lies after the data date; by milestone.

    `events` are those in effect. What a schedule was told of the future has not happened in it.
    """
    code = ScheduleFindingCode.future_actual
    found = {
        ScheduleFinding(code, event.milestone, f"{_REPORTED[event.type]} is reported of after the data date")
        for event in events
        if event.type in _REPORTED and event.milestone is not None and not has_happened(event, as_of)
    }
    return tuple(sorted(found, key=lambda each: (each.milestone, each.detail)))


def _out_of_sequence(late: Late) -> Iterator[ScheduleFinding]:
    """Work that began, or was completed, although a predecessor had not got so far."""
    network = late.early.network
    if not network.began:
        return
    began = {network.leaves[node].key: network.leaves[node].lifecycle for node in network.began}
    unfinished = {leaf.key: leaf.lifecycle for leaf in network.leaves if leaf.kind is NodeKind.work}
    for link in network.links:
        after, before = began.get(link.successor), unfinished.get(link.predecessor)
        if after is not None and before is not None and _waits(link, before) and _went_ahead(link, after):
            detail = f"went ahead of {link.predecessor} ({link.type.value})"
            code = ScheduleFindingCode.out_of_sequence
            yield ScheduleFinding(code, link.successor, detail, predecessor=link.predecessor)


def _waits(link: Dependency, before: Lifecycle) -> bool:
    return link.type in _NEEDS_FINISH or before is Lifecycle.not_started


def _went_ahead(link: Dependency, after: Lifecycle) -> bool:
    return after is Lifecycle.completed or link.type in _BINDS_START


def _violated(late: Late) -> Iterator[ScheduleFinding]:
    """Early dates after a constraint or deadline, and mandatory dates before what logic allows."""
    early = late.early
    code = ScheduleFindingCode.constraint_violated
    for node in (node for node, plain in enumerate(early.network.plain) if not plain):
        leaf = early.network.leaves[node]
        for limit in leaf.limits:
            side = early.starts if limit.edge == "start" else early.finishes
            minutes = side[node] - limit.work
            if minutes > 0:
                detail = f"its {limit.edge} lies after {limit.constraint or 'its deadline'}"
                yield ScheduleFinding(code, leaf.key, detail, minutes)
        mandatory, natural = leaf.mandatory, early.natural.get(node)
        if mandatory is not None and natural is not None and natural > early.starts[node]:
            detail = f"{mandatory.constraint} puts it before what logic and progress allow"
            yield ScheduleFinding(code, leaf.key, detail, natural - early.starts[node])


def _dangling(late: Late) -> Iterator[ScheduleFinding]:
    """Unfinished work without a predecessor, or without a successor, in a plan that has dependencies.

    A network begins and ends somewhere: the only open start and the only open finish are no findings.
    """
    network = late.early.network
    if not network.held:
        return
    code = ScheduleFindingCode.dangling
    for linked, detail in ((network.held, "no predecessor"), (network.awaited, "no successor")):
        loose = (network.leaves[node] for node in range(len(network.leaves)) if node not in linked)
        open_ = [leaf for leaf in loose if leaf.kind in _IN_SCOPE]
        for leaf in open_ if len(open_) > 1 else ():
            if leaf.kind is NodeKind.work and not (leaf.started and linked is network.held):
                yield ScheduleFinding(code, leaf.key, f"has {detail}")
