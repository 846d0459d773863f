"""The network as flat arrays in topological order: what the passes run over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from app.domain.calendars import WorkingTime
from app.domain.cpm_leaf import Leaf, LeafReader, NodeKind
from app.domain.cpm_links import FF, FROM_START, FS, SF, SS, Linker, Tree, tree_of
from app.domain.cpm_values import (
    NEVER,
    ScheduleCycles,
    ScheduleFinding,
    ScheduleFindingCode,
    ScheduleInputs,
)
from app.domain.network import dependency_graph, find_cycles, key_of
from app.domain.plan import Dependency

_ALL = (FF, FS, SF, SS)

# The way of an edge is its type, where both its ends and its lag are on one line; else:
FS_ACROSS = 4  # FS without a lag from one line to another
ACROSS = 5  # anything else from one line to another, without a lag or with one on the line that it leaves
BESIDE = 6  # with another lag, or from or to a node without dates
DISCHARGED = 7  # it limits its source no longer


@dataclass(slots=True)
class Network:
    """Nodes in topological order and edges in the order of their targets, every attribute a flat list.

    Nodes: `leaves` (what they are), `kinds`, `clocks` (their calendars), `works` (remaining working
    minutes), `floors` and `stretches` (the latest fixed bound of the start, and of a finish that moves
    alone, in work of the node's own line), `plain` (it takes time, and no more than its bounds and edges
    decide on it). Edges, `in_first[n]` … `in_first[n + 1]` those into node n: `sources`, `targets`, `types`
    (as `cpm_links` numbers them), `lags` (minutes) on `lag_clocks` (None: elapsed), `ways` (what it takes to
    follow them), `numbers` (their place in `links`, beyond it that of an edge which a phase made). `links` are
    the dependencies, each once. `began` are the nodes whose start has happened, `held` and `awaited` those with
    any edge into, and out of, them.
    `data_works` and `origin_works` are the data date and the project's start as work of each line, `NEVER`
    where the latter does not bind.

    Built once, read by the passes, never changed.
    """

    data_date: int
    origin: int
    tree: Tree
    leaves: list[Leaf]
    kinds: list[NodeKind]
    clocks: list[WorkingTime]
    works: list[int]
    findings: list[ScheduleFinding]
    links: Sequence[Dependency]
    began: set[int]
    held: set[int] = field(default_factory=set)
    awaited: set[int] = field(default_factory=set)
    in_first: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)
    lag_clocks: list[WorkingTime | None] = field(default_factory=list)
    ways: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)
    stretches: list[int] = field(default_factory=list)
    plain: list[bool] = field(default_factory=list)
    data_works: list[int] = field(default_factory=list)
    origin_works: list[int] = field(default_factory=list)


def network_of(inputs: ScheduleInputs, as_of: datetime) -> Network:
    """The network of a plan as seen from `as_of`. O(milestones + dependencies).

    Raises:
        ScheduleCycles: the dependencies, with the phases they bind, close cycles.
        CalendarHorizon: a date lies outside of what calendars reach.
        KeyError: a dependency or a parent names a milestone that is not there.
    """
    tree = tree_of(inputs.milestones)
    if len(tree.asked) < len(inputs.milestones):
        raise _cycles(inputs)
    reader = LeafReader(inputs, as_of)
    keys = [key for key in sorted(inputs.milestones) if key not in tree.children]
    linker = Linker(inputs, tree, [reader.read(inputs.milestones[key], tree.asked[key]) for key in keys])
    linker.link()
    order = _topological(len(linker.leaves), linker.sources, linker.targets)
    if len(order) < len(linker.leaves):
        raise _cycles(inputs)
    ordered = [linker.leaves[node] for node in order]
    network = Network(
        data_date=reader.data_date,
        origin=reader.origin,
        tree=tree,
        leaves=ordered,
        kinds=[leaf.kind for leaf in ordered],
        clocks=[leaf.clock for leaf in ordered],
        works=[leaf.work for leaf in ordered],
        findings=[*reader.findings, *_of_phases(inputs, tree)],
        links=linker.links,
        began={node for node, leaf in enumerate(ordered) if leaf.started},
    )
    _lay_edges(network, linker, order, retains_logic=inputs.options.retains_logic)
    _lay_floors(network, floor_all=inputs.options.floor_at_project_start)
    return network


def _cycles(inputs: ScheduleInputs) -> ScheduleCycles:
    """The cycles as paths of keys, each once: a phase is two nodes of the graph."""
    paths: dict[frozenset[str], list[str]] = {}
    for cycle in find_cycles(dependency_graph(inputs.milestones, inputs.dependencies)):
        keys = [key_of(node) for node in cycle]
        path = [key for index, key in enumerate(keys) if key != keys[index - 1]] or keys[:1]
        paths.setdefault(frozenset(path), path)
    return ScheduleCycles(paths.values())


def _of_phases(inputs: ScheduleInputs, tree: Tree) -> Iterable[ScheduleFinding]:
    """The constraints of phases that nothing in them could keep to."""
    for key in tree.children:
        constraint = inputs.milestones[key].constraint
        if constraint is not None and constraint.type not in {"SNET", "FNLT"}:
            detail = f"a phase cannot keep to {constraint.type}; only SNET, FNLT and a deadline are applied"
            yield ScheduleFinding(ScheduleFindingCode.constraint_not_applied, key, detail)


def _topological(count: int, sources: list[int], targets: list[int]) -> list[int]:
    """The nodes such that every edge leads onwards, by Kahn's algorithm; fewer, where there is a cycle.

    Source: A. B. Kahn, "Topological sorting of large networks", CACM 5 (1962).
    """
    waiting, leaving = [0] * count, [0] * count
    for source, target in zip(sources, targets, strict=True):
        waiting[target] += 1
        leaving[source] += 1
    first = list(accumulate(leaving, initial=0))
    after = [targets[edge] for edge in sorted(range(len(sources)), key=sources.__getitem__)]
    order = [node for node in range(count) if not waiting[node]]
    for node in order:  # which grows as it is read
        for target in after[first[node] : first[node + 1]]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def _lay_edges(network: Network, linker: Linker, order: list[int], *, retains_logic: bool) -> None:
    """The edges that still bind, by target; in the order of the linker where that is the same.

    A counting sort: lists of lists would cost several times as much in a large plan.
    """
    targets, count = linker.targets, len(order)
    live: Sequence[int] = range(len(targets))
    if network.began:
        bound = [_bound_types(leaf, retains_logic=retains_logic) for leaf in linker.leaves]
        live = [edge for edge in live if linker.types[edge] in bound[targets[edge]]]
    arriving = [0] * count
    for edge in live:
        arriving[targets[edge]] += 1
    network.in_first = list(accumulate((arriving[node] for node in order), initial=0))
    place, free = [0] * count, arriving
    for position, node in enumerate(order):
        place[node], free[node] = position, network.in_first[position]
    network.numbers = numbers = [0] * len(live)
    for edge in live:
        target = targets[edge]
        numbers[free[target]] = edge
        free[target] += 1
    network.sources = [place[linker.sources[edge]] for edge in numbers]
    network.targets = [place[targets[edge]] for edge in numbers]
    network.types = [linker.types[edge] for edge in numbers]
    network.lags = [linker.lags[edge] for edge in numbers]
    network.lag_clocks = [linker.clocks[edge] for edge in numbers]
    network.held = {place[target] for target in targets}
    network.awaited = {place[source] for source in linker.sources}
    _find_ways(network)


def _bound_types(leaf: Leaf, *, retains_logic: bool) -> tuple[int, ...]:
    """The types of links that still bind: a start that has happened is bound by nothing.

    Under progress override neither is what remains.
    """
    if not leaf.started:
        return _ALL
    if not retains_logic:
        return ()
    return _ALL if leaf.kind is NodeKind.done else (FS, FF)


def _find_ways(network: Network) -> None:
    """Which edges need no conversion, and which limit their sources no longer."""
    nodes = zip(network.kinds, network.clocks, strict=True)
    lines = [clock if kind is NodeKind.work else None for kind, clock in nodes]
    ends = zip(network.sources, network.targets, network.types, network.lags, network.lag_clocks, strict=True)
    for source, target, type_, lag, clock in ends:
        line = lines[source]
        if line is None or lines[target] is None:
            way = BESIDE
        elif line is lines[target] and (not lag or clock is line):
            way = type_
        else:
            way = BESIDE if lag < 0 or (lag and clock is not line) else ACROSS if lag or type_ != FS else FS_ACROSS
        network.ways.append(way)
    for edge, source in enumerate(network.sources) if network.began else ():
        if source in network.began and lines[source] is not None and FROM_START[network.types[edge]]:
            network.ways[edge] = DISCHARGED


def _lay_floors(network: Network, *, floor_all: bool) -> None:
    """The latest of the fixed bounds of each node, and of the data date and the project's start."""
    worked: dict[WorkingTime, tuple[int, int]] = {}
    for node, leaf in enumerate(network.leaves):
        now = first = stretch = NEVER
        if leaf.kind is NodeKind.work:
            clock = leaf.clock
            if clock not in worked:
                origin = NEVER if network.origin == NEVER else clock.worked(network.origin)
                worked[clock] = (clock.worked(network.data_date), origin)
            now, first = worked[clock]
            open_start = network.in_first[node] == network.in_first[node + 1]
            if leaf.started or not (floor_all or open_start):
                first = NEVER
            if leaf.due_today:
                now = min(now, clock.start_work(clock.day_of(network.data_date)))
        start = max(now, first)
        for bound in leaf.bounds:
            if bound.stretches:
                stretch = max(stretch, bound.work)
            else:
                start = max(start, bound.work if bound.edge == "start" else bound.work - leaf.work)
        network.data_works.append(now)
        network.origin_works.append(first)
        network.floors.append(start)
        network.stretches.append(stretch)
        odd = leaf.limits or leaf.mandatory or leaf.as_late_as_possible or stretch != NEVER
        network.plain.append(leaf.work > 0 and not odd)
