"""The network as flat arrays in topological order: what the passes run over."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from app.domain.calendars import WorkingTime
from app.domain.cpm_leaf import Leaf, LeafReader, NodeKind
from app.domain.cpm_links import Linker, Tree, tree_of
from app.domain.cpm_values import (
    NEVER,
    ScheduleCycles,
    ScheduleFinding,
    ScheduleFindingCode,
    ScheduleInputs,
)
from app.domain.network import dependency_graph, find_cycles, key_of
from app.domain.plan import Dependency, DependencyType

_FROM_START = (DependencyType.SS, DependencyType.SF)
_FROM_FINISH = (DependencyType.FS, DependencyType.FF)
_TO_FINISH = (DependencyType.FF, DependencyType.SF)
_ALL = tuple(DependencyType)


@dataclass(slots=True)
class Network:
    """Nodes in topological order and edges in the order of their targets, every attribute a flat list.

    Nodes: `leaves` (what they are), `kinds`, `clocks` (their calendars), `works` (remaining working
    minutes), `start_floors`, `finish_floors` and `stretches` (the latest fixed bound of either edge, in
    work of the node's own line). Edges, `in_first[n]` … `in_first[n + 1]` those into node n: `sources`,
    `targets`, `from_start` and `to_finish` (their edges), `lags` (minutes) on `lag_clocks` (None: elapsed),
    `same_line` (both ends and the lag are on one calendar), `dependencies` (None of an edge that a phase
    made). `outs` lists the edges out of each node, without those that no longer limit it. `held` and `awaited`
    tell whether the plan has any edge into, and out of, a node. `data_works` and `origin_works` are the data
    date and the project's start as work of each line, `NEVER` where the latter does not bind.

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
    in_first: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    from_start: list[bool] = field(default_factory=list)
    to_finish: list[bool] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)
    lag_clocks: list[WorkingTime | None] = field(default_factory=list)
    same_line: list[bool] = field(default_factory=list)
    dependencies: list[Dependency | None] = field(default_factory=list)
    types: list[DependencyType] = field(default_factory=list)
    outs: list[list[int]] = field(default_factory=list)
    start_floors: list[int] = field(default_factory=list)
    finish_floors: list[int] = field(default_factory=list)
    stretches: list[int] = field(default_factory=list)
    data_works: list[int] = field(default_factory=list)
    origin_works: list[int] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    awaited: list[bool] = field(default_factory=list)


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
    leaves = [reader.read(inputs.milestones[key], tree.asked[key]) for key in keys]
    linker = Linker(inputs, tree, leaves)
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
    waiting = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in zip(sources, targets, strict=True):
        waiting[target] += 1
        after[source].append(target)
    order = [node for node in range(count) if not waiting[node]]
    for node in order:  # which grows as it is read
        for target in after[node]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def _lay_edges(network: Network, linker: Linker, order: list[int], *, retains_logic: bool) -> None:
    """The edges that still bind, by target; in the order of the linker where that is the same."""
    count = len(order)
    place = [0] * count
    for position, node in enumerate(order):
        place[node] = position
    sources = [place[node] for node in linker.sources]
    targets = [place[node] for node in linker.targets]
    network.held, network.awaited = [False] * count, [False] * count
    for source, target in zip(sources, targets, strict=True):
        network.held[target] = network.awaited[source] = True
    bound = [_bound_types(leaf, retains_logic=retains_logic) for leaf in network.leaves]
    live = [edge for edge, target in enumerate(targets) if linker.types[edge] in bound[target]]
    live.sort(key=targets.__getitem__)
    network.sources = [sources[edge] for edge in live]
    network.targets = [targets[edge] for edge in live]
    network.types = [linker.types[edge] for edge in live]
    network.from_start = [type_ in _FROM_START for type_ in network.types]
    network.to_finish = [type_ in _TO_FINISH for type_ in network.types]
    network.lags = [linker.lags[edge] for edge in live]
    network.lag_clocks = [linker.clocks[edge] for edge in live]
    network.dependencies = [linker.dependencies[edge] for edge in live]
    _index_edges(network)


def _bound_types(leaf: Leaf, *, retains_logic: bool) -> tuple[DependencyType, ...]:
    """The types of links that still bind: a start that has happened is bound by nothing.

    Under progress override neither is what remains.
    """
    if not leaf.started:
        return _ALL
    if not retains_logic:
        return ()
    return _ALL if leaf.kind is NodeKind.done else _FROM_FINISH


def _index_edges(network: Network) -> None:
    """Where the edges of each node are, and which of them need no conversion."""
    count = len(network.leaves)
    arriving = [0] * (count + 1)
    for target in network.targets:
        arriving[target + 1] += 1
    network.in_first = list(accumulate(arriving))
    network.outs = [[] for _ in range(count)]
    lines = [leaf.clock if leaf.kind is NodeKind.work else None for leaf in network.leaves]
    began = [leaf.started and leaf.kind is NodeKind.work for leaf in network.leaves]
    for edge, source in enumerate(network.sources):
        line, passed = lines[source], began[source] and network.from_start[edge]
        if not passed:
            network.outs[source].append(edge)
        plain = line is not None and line is lines[network.targets[edge]] and not passed
        network.same_line.append(plain and (not network.lags[edge] or network.lag_clocks[edge] is line))


def _lay_floors(network: Network, *, floor_all: bool) -> None:
    """The latest of the fixed bounds of each node, and of the data date and the project's start."""
    worked: dict[int, tuple[int, int]] = {}
    for node, leaf in enumerate(network.leaves):
        now = first = finish = stretch = NEVER
        if leaf.kind is NodeKind.work:
            clock = leaf.clock
            if id(clock) not in worked:
                origin = NEVER if network.origin == NEVER else clock.worked(network.origin)
                worked[id(clock)] = (clock.worked(network.data_date), origin)
            now, first = worked[id(clock)]
            open_start = network.in_first[node] == network.in_first[node + 1]
            if leaf.started or not (floor_all or open_start):
                first = NEVER
        start = max(now, first)
        for bound in leaf.bounds:
            if bound.stretches:
                stretch = max(stretch, bound.work)
            elif bound.edge == "finish":
                finish = max(finish, bound.work)
            else:
                start = max(start, bound.work)
        network.data_works.append(now)
        network.origin_works.append(first)
        network.start_floors.append(start)
        network.finish_floors.append(finish)
        network.stretches.append(stretch)
