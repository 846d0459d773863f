"""Why a date is what it is: what binds it, what nearly does, and the paths that drive the finish."""

from collections.abc import Iterator
from functools import cached_property

from app.domain.cpm_backward import Late
from app.domain.cpm_forward import NOBODY, Early, Seen
from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_links import FROM_START, TO_FINISH, TYPES
from app.domain.cpm_network import Network
from app.domain.cpm_values import NEVER, RANK, Bound, BoundKind, Edge, Fixed
from app.domain.plan import DependencyType

Named = tuple[str, DependencyType, int]

_DATA_DATE, _PROJECT_START = RANK[BoundKind.data_date], RANK[BoundKind.project_start]
_STOPS = (NodeKind.work, NodeKind.done)
_PHASE = -1


# A bound as (minus what it asks of the start in work of the node's line, rank of its kind, edge or number,
# the bound itself unless it is an edge): ascending, what sets the start comes first.
_Reason = tuple[int, int, int, Fixed | None]


class Reasons:
    """The reasons for the dates of a schedule, calculated when they are asked for."""

    def __init__(self, late: Late) -> None:
        self._late = late

    @cached_property
    def _nodes(self) -> dict[str, int]:
        """The node of each milestone; a phase has none of its own."""
        network = self._late.early.network
        phases = dict.fromkeys(network.tree.children, _PHASE)
        return {leaf.key: node for node, leaf in enumerate(network.leaves)} | phases

    def why(self, key: str) -> tuple[Bound, ...]:
        """What sets the early dates of a milestone, and what nearly does: see `Schedule.why`.

        Raises:
            KeyError: the plan has no such milestone.
        """
        node, network = self._nodes[key], self._late.early.network
        if node == _PHASE or network.kinds[node] is NodeKind.relay:
            return ()
        leaf = network.leaves[node]
        if leaf.kind is NodeKind.work:
            return _explained(self._late, node)
        edge: Edge = "start" if leaf.told_as_start else "finish"
        return () if leaf.actual_finish == NEVER else (Bound(edge, BoundKind.progress, leaf.actual_finish),)

    def late_why(self, key: str) -> Bound | None:
        """What sets the late dates of a milestone: see `Schedule.late_why`.

        Raises:
            KeyError: the plan has no such milestone.
        """
        node = self._nodes[key]
        is_open = node != _PHASE and self._late.early.network.kinds[node] is NodeKind.work
        return _limited(self._late, node) if is_open else None


def _explained(late: Late, node: int) -> tuple[Bound, ...]:
    """What sets the early dates of an unfinished node.

    First what sets them, then what misses doing so by a working day or less. A finish that a plan or a
    forecast holds has its own reason first; a start that has happened is told before the rest. Ties go to
    the order of `BoundKind`, then to that of the predecessors' keys. O(edges into it).
    """
    early = late.early
    network = early.network
    leaf, found = network.leaves[node], list[Bound]()
    start, finish = early.starts[node], early.finishes[node]
    if finish - start > network.works[node]:
        held = min((b for b in leaf.bounds if b.stretches and b.work == finish), key=lambda b: RANK[b.kind])
        found.append(Bound("finish", held.kind, held.minute))
    if leaf.started and leaf.actual_start != NEVER:
        found.append(Bound("start", BoundKind.progress, leaf.actual_start))
    if node in late.shifted:
        return (*found, Bound("finish", BoundKind.constraint, late.shifted[node][1], constraint="ALAP"))
    if leaf.mandatory is not None:
        fixed = leaf.mandatory
        return (*found, Bound(fixed.edge, fixed.kind, fixed.minute, constraint=fixed.constraint))
    near = start - network.clocks[node].minutes_per_day
    reasons = sorted(reason for reason in _reasons(early, node) if reason[0] <= -near)
    return (*found, *(_told(early, node, reason) for reason in reasons))


def driver_of(late: Late, node: int) -> str | None:
    """The key of the predecessor that sets the early dates of a node, if one does."""
    network = late.early.network
    link = NOBODY if node in late.shifted else late.early.drivers[node]
    if link == NOBODY:
        return None
    source = network.sources[link]
    return network.leaves[source].key if network.kinds[source] is NodeKind.work else _predecessor(late.early, link)[0]


def _reasons(early: Early, node: int) -> list[_Reason]:
    network = early.network
    work = network.works[node]
    found: list[_Reason] = []
    for link in range(network.in_first[node], network.in_first[node + 1]):
        bound = early.bound(link)
        if bound != NEVER:
            asked = bound - work if TO_FINISH[network.types[link]] else bound
            found.append((-asked, 0, link, None))
    for number, fixed in enumerate(network.leaves[node].bounds):
        if not fixed.stretches:
            asked = fixed.work - work if fixed.edge == "finish" else fixed.work
            found.append((-asked, RANK[fixed.kind], number, fixed))
    now, first = network.data_works[node], network.origin_works[node]
    found.append((-now, _DATA_DATE, -1, Fixed("start", BoundKind.data_date, now, network.data_date)))
    if first != NEVER:
        found.append((-first, _PROJECT_START, -1, Fixed("start", BoundKind.project_start, first, network.origin)))
    return found


def _told(early: Early, node: int, reason: _Reason) -> Bound:
    asked, _, link, fixed = reason
    network = early.network
    slack = early.starts[node] + asked
    if fixed is not None:
        return Bound(fixed.edge, fixed.kind, fixed.minute, slack, constraint=fixed.constraint)
    clock = network.clocks[node]
    key, type_, lag = _predecessor(early, link)
    if TO_FINISH[network.types[link]]:
        at = clock.finish_at(network.works[node] - asked)
        return Bound("finish", BoundKind.link, at, slack, key, type_, lag)
    return Bound("start", BoundKind.link, clock.start_at(-asked), slack, key, type_, lag)


def _predecessor(early: Early, link: int) -> Named:
    """The milestone behind an edge, seen through what only hands on, and the link that leaves it."""
    network, way = early.network, [link]
    node = network.sources[link]
    while _hands_on(early, way[-1]) and node not in early.behind:
        way.append(next(driving_links(early, node)))
        node = network.sources[way[-1]]
    return _named(
        network, way, network.targets, early.behind, early.behind.get(node, (network.leaves[node].key, None))
    )


def _hands_on(early: Early, link: int) -> bool:
    """Whether an edge tells no date of its source: of a phase, of what is cancelled, or completed out of sequence."""
    network = early.network
    node = network.sources[link]
    if network.kinds[node] is NodeKind.done:
        return early.passed[node] != NEVER and early.minute(link) == early.passed[node]
    return network.kinds[node] not in _STOPS


def _named(network: Network, way: list[int], near: list[int], seen: dict[int, Seen], far: Seen) -> Named:
    """The far end of a way of edges with the dependency nearest to it; every node between remembers it."""
    key, link = far
    for edge in reversed(way):
        if link is None and network.numbers[edge] < len(network.links):
            link = network.types[edge], network.lags[edge]
        if edge != way[0]:
            seen[near[edge]] = key, link
    assert link is not None, "between two milestones there is a dependency"
    return key, TYPES[link[0]], link[1]


def driving_links(early: Early, node: int) -> Iterator[int]:
    """The edges that set a node's early dates, or what it passes on: those with no gap to them.

    None where a mandatory constraint, an actual date or the stretch of a held finish sets them instead.
    """
    network = early.network
    links = range(network.in_first[node], network.in_first[node + 1])
    kind = network.kinds[node]
    if kind is NodeKind.work:
        start, finish = early.starts[node], early.finishes[node]
        if network.leaves[node].mandatory is None and finish - start == network.works[node]:
            types = network.types
            yield from (i for i in links if early.bound(i) == (finish if TO_FINISH[types[i]] else start))
    elif kind is NodeKind.earliest:
        first = early.first.get(node)
        yield from (i for i in links if network.sources[i] == first)
    elif early.passed[node] != NEVER:
        yield from (i for i in links if early.minute(i) == early.passed[node])


def _limited(late: Late, node: int) -> Bound:
    """What sets the late dates of an unfinished node; of limits that tie a link, then one of its own, names it.

    O(edges out of it), and the phases between it and a successor.
    """
    network = late.early.network
    clock, leaf, finish = network.clocks[node], network.leaves[node], late.finishes[node]
    span = late.early.finishes[node] - late.early.starts[node]
    fixed = leaf.mandatory
    if fixed is None:
        for link in late.outs[node]:
            from_start = FROM_START[network.types[link]]
            if late.limit(link)[0] + (span if from_start else 0) == finish:
                at = clock.start_at(finish - span) if from_start else clock.finish_at(finish)
                return Bound("start" if from_start else "finish", BoundKind.link, at, 0, *_successor(late, link))
        own = (each for each in leaf.limits if each.work + (span if each.edge == "start" else 0) == finish)
        fixed = next(own, None)
    if fixed is None:
        return Bound("finish", late.end_kind, late.end)
    return Bound(fixed.edge, fixed.kind, fixed.minute, constraint=fixed.constraint)


def _successor(late: Late, link: int) -> Named:
    """The milestone ahead of an edge, seen through phases and what is cancelled, and the link that enters it."""
    network, way = late.early.network, [link]
    node = network.targets[link]
    while network.kinds[node] not in _STOPS and node not in late.ahead:
        way.append(next(edge for edge in late.outs[node] if late.limit(edge)[0] == late.limits[node]))
        node = network.targets[way[-1]]
    return _named(network, way, network.sources, late.ahead, late.ahead.get(node, (network.leaves[node].key, None)))


def longest_path(late: Late) -> tuple[str, ...]:
    """The unfinished milestones from which driving links lead to the project's finish, in network order.

    It starts from whatever finishes with the project, on its own calendar. Unlike the critical ones by
    total float it is a path under several calendars and constraints too. O(nodes + edges).
    Source: the longest path of Primavera P6.
    """
    early = late.early
    network = early.network
    on_path = [False] * len(network.leaves)
    for node, kind in enumerate(network.kinds):
        if kind is NodeKind.work:
            on_path[node] = early.finishes[node] == late.ends_on(network.clocks[node])[1]
    for node in range(len(on_path) - 1, -1, -1):
        if on_path[node] and node not in late.shifted:
            for link in driving_links(early, node):
                on_path[network.sources[link]] = True
    return tuple(leaf.key for node, leaf in enumerate(network.leaves) if on_path[node] and leaf.kind is NodeKind.work)


def driving_chain(late: Late) -> tuple[str, ...]:
    """One way to the project's finish: each is the driving predecessor of the next.

    It ends with what finishes last, the last in network order of those that tie, and begins with what no
    unfinished predecessor drives.
    """
    early = late.early
    network = early.network
    node, chain = -1, list[str]()
    for other, kind in enumerate(network.kinds):
        if kind is NodeKind.work and early.shown_finishes[other] == late.horizon:
            node = other
    while node >= 0:
        if network.kinds[node] is NodeKind.work:
            chain.append(network.leaves[node].key)
        link = None if node in late.shifted else next(driving_links(early, node), None)
        node = -1 if link is None else network.sources[link]
    return tuple(reversed(chain))
