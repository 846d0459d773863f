"""Dependencies as edges between leaves: phases expanded, lags in minutes on their calendars."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter, lt

from app.domain.calendars import WorkingTime
from app.domain.cpm_leaf import Asked, Leaf, NodeKind, shown_at, with_asked
from app.domain.cpm_values import FOREVER, NEVER, ScheduleInputs
from app.domain.execution import Lifecycle
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind

ELAPSED = None  # the calendar of a lag that counts all minutes
_IN_ORDER = attrgetter("predecessor", "type", "successor", "lag_minutes")
_PLACE = attrgetter("predecessor", "type", "successor")
_PHASE = -1
TYPES = (DependencyType.FF, DependencyType.FS, DependencyType.SF, DependencyType.SS)
"""The types in the order of their names; in edges they are told by their place here."""
FF, FS, SF, SS = range(len(TYPES))
CODES = {type_: code for code, type_ in enumerate(TYPES)}
FROM_START = (False, False, True, True)
TO_FINISH = (True, False, True, False)


@dataclass(slots=True)
class Tree:
    """The phases of a plan and what lies in them.

    Attributes:
        children: of each phase its children, in order of keys; the phases from the outermost inwards.
        asked: of each milestone what the phases that it lies in ask of it. What lies in a loop of parents
            is missing here.
    """

    children: dict[str, list[str]]
    asked: dict[str, tuple[Asked, ...]]


def tree_of(milestones: Mapping[str, Milestone]) -> Tree:
    """The tree of the parents. O(milestones · log milestones).

    Raises:
        KeyError: a parent is no phase.
    """
    keys = sorted(milestones)
    inside: dict[str, list[str]] = {key: [] for key in keys if milestones[key].kind is MilestoneKind.phase}
    asked: dict[str, tuple[Asked, ...]] = {}
    for key in keys:
        parent = milestones[key].parent
        if parent is None:
            asked[key] = ()
        else:
            inside[parent].append(key)
    children: dict[str, list[str]] = {}
    open_ = [key for key in asked if key in inside]
    for phase in open_:  # which grows as it is read
        children[phase] = inside[phase]
        asks = with_asked(asked[phase], milestones[phase])
        for child in inside[phase]:
            asked[child] = asks
            if child in inside:
                open_.append(child)
    return Tree(children, asked)


def unique(dependencies: Iterable[Dependency]) -> Iterator[Dependency]:
    """Each dependency once, in an order of their own; those of one identity may differ in their lags."""
    former: list[Dependency] = []
    for each in sorted(dependencies, key=_IN_ORDER):
        if not former or _PLACE(former[0]) != _PLACE(each):
            former = [each]
        elif each in former:
            continue
        else:
            former.append(each)
        yield each


class Linker:
    """Turns dependencies into edges. A phase that is linked becomes nodes of its own, one for each role.

    A link to a phase binds all that lies in it; one from its finish waits for all of it, one from its
    start for what starts first (as Microsoft Project reads links of summary tasks). The nodes between
    keep the number of edges at one a link and one a child: leaves * leaves is never spelled out.
    """

    def __init__(self, inputs: ScheduleInputs, tree: Tree, leaves: Sequence[Leaf]) -> None:
        self.inputs = inputs
        self.tree = tree
        self.leaves = list(leaves)  # the nodes of phases follow the leaves
        self.index = {leaf.key: node for node, leaf in enumerate(leaves)}
        self.links: Sequence[Dependency] = ()  # the first edges; those that phases make follow them
        self.sources: list[int] = []
        self.targets: list[int] = []
        self.types: list[int] = []
        self.lags: list[int] = []
        self.clocks: list[WorkingTime | None] = []
        self._hubs: dict[tuple[str, str], int] = {}
        self._open: list[tuple[str, str]] = []
        self._clocks: dict[str, WorkingTime | None] = {}
        self._spans: dict[str, tuple[int, int]] = {}

    def link(self) -> None:
        """Every dependency once, in an order of their own. O(dependencies + what the linked phases hold)."""
        self._read(tuple(self.inputs.dependencies))
        if not self._is_in_order():
            self._read(tuple(unique(self.links)))
        self._enter_phases()
        self._measure_lags()
        while self._open:
            self._fill(*self._open.pop())
        self._cross_empty()

    def _read(self, links: Sequence[Dependency]) -> None:
        """The ends of the links; `_PHASE` where one is a phase."""
        node_of = self.index.get
        self.links = links
        self.sources = [node_of(each.predecessor, _PHASE) for each in links]
        self.targets = [node_of(each.successor, _PHASE) for each in links]
        self.types = [CODES[each.type] for each in links]

    def _is_in_order(self) -> bool:
        """Whether the links come in their order and each but once, as a store gives them."""
        if _PHASE in self.sources or _PHASE in self.targets:
            return False
        count, ends = len(self.leaves), zip(self.sources, self.types, self.targets, strict=True)
        ranks = [(source * 4 + type_) * count + target for source, type_, target in ends]
        return all(map(lt, ranks, islice(ranks, 1, None)))

    def _enter_phases(self) -> None:
        if _PHASE not in self.sources and _PHASE not in self.targets:
            return
        for edge, each in enumerate(self.links):
            if self.sources[edge] == _PHASE:
                role = "from start" if FROM_START[self.types[edge]] else "from finish"
                self.sources[edge] = self._hub(each.predecessor, role)
            if self.targets[edge] == _PHASE:
                self.targets[edge] = self._hub(each.successor, f"to {each.type.value}")

    def _measure_lags(self) -> None:
        """The lag of each link, and whose working time it counts; none, where it is no time at all."""
        self.lags = [
            each.lag_minutes if each.lag_percent is None else self._lag(each, each.lag_percent) for each in self.links
        ]
        cancelled = {node for node, leaf in enumerate(self.leaves) if leaf.lifecycle is Lifecycle.cancelled}
        if cancelled:  # what is cancelled takes the lag that followed it along
            pairs = zip(self.sources, self.lags, strict=True)
            self.lags = [0 if source in cancelled else lag for source, lag in pairs]
        self.clocks = [self._lag_clock(edge) if lag else ELAPSED for edge, lag in enumerate(self.lags)]

    def _join(self, source: int, target: int, type_: int) -> None:
        """An edge that a phase makes."""
        self.sources.append(source)
        self.targets.append(target)
        self.types.append(type_)
        self.lags.append(0)
        self.clocks.append(ELAPSED)

    def _lag_clock(self, edge: int) -> WorkingTime | None:
        counted = self.inputs.options.lag_calendar
        if self.links[edge].lag_unit == "elapsed" or counted == "24h":
            return ELAPSED
        if counted == "project":
            return self.inputs.plan_working
        return self.leaves[(self.sources if counted == "predecessor" else self.targets)[edge]].clock

    def _lag(self, link: Dependency, percent: float) -> int:
        """The lag in minutes: a part of the predecessor's whole duration, rounded half to even."""
        node = self.index.get(link.predecessor)
        duration = self._span(link.predecessor) if node is None else self.leaves[node].duration
        return round(duration * percent / 100.0)

    def _hub(self, phase: str, role: str) -> int:
        """The node of a phase in one role."""
        found = self._hubs.get((phase, role))
        if found is None:
            kind = NodeKind.earliest if role == "from start" else NodeKind.relay
            found = self._hubs[phase, role] = len(self.leaves)
            self.leaves.append(Leaf(phase, kind, Lifecycle.not_started, self._clock(phase)))
            self._open.append((phase, role))
        return found

    def _fill(self, phase: str, role: str) -> None:
        """The edges between a phase in one role and what lies directly in it."""
        hub, way, what = self._hubs[phase, role], *role.split(" ")
        for child in self.tree.children[phase]:
            node = self.index.get(child)
            if node is None:
                node = self._hub(child, role)
            if way == "to":
                self._join(hub, node, CODES[DependencyType(what)])
            else:
                self._join(node, hub, FS if what == "finish" else SS)

    def _cross_empty(self) -> None:
        """What a phase with nothing in it waits for, its successors wait for."""
        for (phase, role), hub in list(self._hubs.items()):
            if role.startswith("from") and not self.tree.children[phase]:
                for type_ in DependencyType:
                    into = self._hubs.get((phase, f"to {type_.value}"))
                    if into is not None:
                        self._join(into, hub, FS)

    def _clock(self, phase: str) -> WorkingTime:
        """The calendar a phase counts its lags on: the one of all its leaves, else its own."""
        if not self._clocks:
            for each in reversed(self.tree.children):
                clocks = [self._only_clock(child) for child in self.tree.children[each]]
                same = bool(clocks) and all(clock is clocks[0] for clock in clocks)
                self._clocks[each] = clocks[0] if same else None
        found = self._clocks[phase]
        return self.inputs.working(self.inputs.milestones[phase]) if found is None else found

    def _only_clock(self, key: str) -> WorkingTime | None:
        node = self.index.get(key)
        return self._clocks[key] if node is None else self.leaves[node].clock

    def _span(self, phase: str) -> int:
        """The whole duration of a phase, for lags in percent: the working time its leaves are planned to span."""
        if not self._spans:
            for each in reversed(self.tree.children):
                spans = [self._planned(child) for child in self.tree.children[each]]
                starts = [start for start, _ in spans if start != FOREVER]
                finishes = [finish for _, finish in spans if finish != NEVER]
                self._spans[each] = min(starts, default=FOREVER), max(finishes, default=NEVER)
        start, finish = self._spans[phase]
        if start == FOREVER or finish == NEVER:
            return 0
        clock = self._clock(phase)
        return max(clock.worked(finish) - clock.worked(start), 0)

    def _planned(self, key: str) -> tuple[int, int]:
        """The planned dates as instants; `FOREVER` and `NEVER` where there is none."""
        node = self.index.get(key)
        if node is None:
            return self._spans[key]
        milestone, clock = self.inputs.milestones[key], self.leaves[node].clock
        start, finish = milestone.planned_start, milestone.planned_finish
        return (
            FOREVER if start is None else shown_at(clock, start, "start"),
            NEVER if finish is None else shown_at(clock, finish, "finish"),
        )
