"""The forward pass: the earliest dates that logic, progress and constraints allow."""

from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_links import FROM_START, FS, SS, TO_FINISH
from app.domain.cpm_network import ACROSS, FS_ACROSS, Network
from app.domain.cpm_values import NEVER

# The milestone at the far end of the edges through a node, and the type and lag of the dependency that led there.
Seen = tuple[str, tuple[int, int] | None]

NOBODY = -1


class Early:
    """Early dates of the nodes of a network.

    `starts` and `finishes` are work on each node's own line, those of work in progress of what remains of
    it; `shown_starts` and `shown_finishes` the same as instants. `drivers` is the edge that sets them, the
    first of those that tie, `NOBODY` where none does. `passed` is the latest bound that a completed,
    cancelled or collected node passes on, `NEVER` where nothing later than the data date binds it. `first`
    is, of the start of a phase, the node that sets it. `natural` is where logic would have put what a
    mandatory constraint moved. `behind` remembers, of nodes without dates, what drives them.
    """

    __slots__ = (
        "behind",
        "drivers",
        "finishes",
        "first",
        "natural",
        "network",
        "passed",
        "shown_finishes",
        "shown_starts",
        "starts",
    )

    def __init__(self, network: Network) -> None:
        count = len(network.leaves)
        self.network = network
        self.starts = [NEVER] * count
        self.finishes = [NEVER] * count
        self.shown_starts = [NEVER] * count
        self.shown_finishes = [NEVER] * count
        self.drivers = [NOBODY] * count
        self.passed = [NEVER] * count
        self.first: dict[int, int] = {}
        self.natural: dict[int, int] = {}
        self.behind: dict[int, Seen] = {}

    def bound(self, link: int) -> int:
        """What an edge allows its target's edge, as work of the target's line; `NEVER`: it does not bind."""
        network = self.network
        way = network.ways[link]
        if way <= SS:
            side = self.starts if FROM_START[way] else self.finishes
            return side[network.sources[link]] + network.lags[link]
        minute = self.minute(link)
        return NEVER if minute == NEVER else network.clocks[network.targets[link]].worked(minute)

    def across(self, link: int) -> int:
        """What an edge from one line `ACROSS` to another allows its target's edge, as an instant."""
        network = self.network
        source, lag, from_start = network.sources[link], network.lags[link], FROM_START[network.types[link]]
        if lag:
            return network.clocks[source].finish_at((self.starts if from_start else self.finishes)[source] + lag)
        return (self.shown_starts if from_start else self.shown_finishes)[source]

    def minute(self, link: int) -> int:
        """The same as an instant: predecessor's date (+) lag.

        Of a completed predecessor the later of actual date (+) lag, which is what is left of the lag, and
        of what it passes on. What lies before the data date binds nothing that remains.
        """
        network = self.network
        source = network.sources[link]
        kind = network.kinds[source]
        from_start = FROM_START[network.types[link]]
        if kind is NodeKind.work:
            if from_start and network.leaves[source].started:
                found = self._after(network.leaves[source].since, None, link)
            elif from_start:
                found = self._after(self.shown_starts[source], self.starts[source], link)
            else:
                found = self._after(self.shown_finishes[source], self.finishes[source], link)
            unbound = found < network.data_date
        else:
            found = self._after(self.passed[source], None, link)
            if kind is NodeKind.done:
                leaf = network.leaves[source]
                left = self._after(leaf.since if from_start else leaf.until, None, link)
                found = max(left, self.passed[source])
            unbound = found <= network.data_date
        return NEVER if unbound and network.kinds[network.targets[link]] is NodeKind.work else found

    def _after(self, minute: int, work: int | None, link: int) -> int:
        """Minute (+) lag: told as a finish after a lag, as a start before a lead; earlier than any work: `NEVER`.

        `work` is the minute on the source's line, where that is known.
        """
        network = self.network
        lag = network.lags[link]
        if not lag or minute == NEVER:
            return minute
        clock = network.lag_clocks[link]
        if clock is None:
            return minute + lag
        if work is None or clock is not network.clocks[network.sources[link]]:
            work = clock.worked(minute)
        if lag > 0:
            return clock.finish_at(work + lag)
        return NEVER if work + lag < clock.worked(network.data_date) else clock.start_at(work + lag)


def forward(network: Network) -> Early:
    """Early dates, in one pass over the nodes in order. O((nodes + edges) · log of the calendars).

    Not started: S = max(start bounds), F = S + d; a finish bound later than F moves F to it and S to F - d.
    In progress: the same with what remains, from the data date. Completed: logic passes through. Mandatory
    constraints put the date where they say. All on the working line of the node's own calendar.

    Source: the precedence diagramming method as the PMI Practice Standard for Scheduling has it; progress,
    constraints and retained logic as Primavera P6 schedules them.

    Raises:
        CalendarHorizon: a date lies outside of what calendars reach.
    """
    early = Early(network)
    starts, finishes, shown_finishes = early.starts, early.finishes, early.shown_finishes
    sources, lags, ways = network.sources, network.lags, network.ways
    nodes = zip(network.clocks, network.works, network.floors, network.plain, network.in_first[1:], strict=True)
    first = 0
    for node, (clock, work, floor, plain, last) in enumerate(nodes):
        start, driver, gate = floor, NOBODY, network.data_date - 1
        for link in range(first, last) if floor != NEVER else ():
            way = ways[link]
            if way == FS:
                bound = finishes[sources[link]] + lags[link]
            elif way == FS_ACROSS:
                minute = shown_finishes[sources[link]]
                if minute <= gate:  # no later than one that was converted already, or than the data date
                    continue
                bound, gate = clock.worked(minute), minute
            elif way == SS:
                bound = starts[sources[link]] + lags[link]
            elif way == ACROSS:
                minute = early.across(link)
                if minute <= gate:
                    continue
                bound = clock.worked(minute) - (work if TO_FINISH[network.types[link]] else 0)
            else:
                bound = early.bound(link) - (work if TO_FINISH[network.types[link]] else 0)
            if bound >= start and (bound > start or driver == NOBODY):
                start, driver = bound, link
        first = last
        if plain:
            finish = start + work
            starts[node], finishes[node], early.drivers[node] = start, finish, driver
            early.shown_starts[node], shown_finishes[node] = clock.start_at(start), clock.finish_at(finish)
        else:
            _place(early, node, start, driver)
    return early


def _place(early: Early, node: int, start: int, driver: int) -> None:
    """The dates of a node of which more decides than a start and what remains; `start` is what edges ask."""
    network = early.network
    if network.kinds[node] is not NodeKind.work:
        _pass_on(early, node)
        return
    work, mandatory = network.works[node], network.leaves[node].mandatory
    if mandatory is not None:
        early.natural[node], driver = start, NOBODY
        start = mandatory.work if mandatory.edge == "start" else mandatory.work - work
    finish = start + work
    if network.stretches[node] > finish and (mandatory is None or mandatory.edge == "start"):
        finish, driver = network.stretches[node], NOBODY
    early.starts[node], early.finishes[node], early.drivers[node] = start, finish, driver
    early.shown_starts[node], early.shown_finishes[node] = shown(early, node, start, finish)


def shown(early: Early, node: int, start: int, finish: int) -> tuple[int, int]:
    """Dates of a node, told as instants: a start as a start, a finish as a finish.

    What takes no time has one instant: a start milestone's is a start; any other's is a finish, unless one
    of its bounds lies after that, in time off work.
    """
    clock = early.network.clocks[node]
    if start < finish:
        return clock.start_at(start), clock.finish_at(finish)
    instant = clock.finish_at(finish)
    if early.network.leaves[node].told_as_start or instant < _latest_instant(early, node):
        instant = clock.start_at(start)
    return instant, instant


def _latest_instant(early: Early, node: int) -> int:
    """The latest instant that binds a node which takes no time."""
    network = early.network
    leaf = network.leaves[node]
    if leaf.mandatory is not None:
        return leaf.mandatory.minute if leaf.mandatory.edge == "start" else NEVER
    latest = network.data_date if network.origin_works[node] == NEVER else max(network.data_date, network.origin)
    for bound in leaf.bounds:
        if bound.edge == "start" and bound.minute > latest:
            latest = bound.minute
    for link in range(network.in_first[node], network.in_first[node + 1]):
        latest = max(latest, early.minute(link))
    return latest


def _pass_on(early: Early, node: int) -> None:
    """What a node without dates of its own passes on.

    The start of a phase: the first start of what lies in it, and which node has it. Any other: the latest
    bound; of what is completed, none earlier than the data date.
    """
    network = early.network
    kind, passed = network.kinds[node], NEVER
    for link in range(network.in_first[node], network.in_first[node + 1]):
        minute = early.minute(link)
        if kind is not NodeKind.earliest:
            passed = max(passed, minute)
        elif minute != NEVER and (passed == NEVER or minute < passed):
            passed, early.first[node] = minute, network.sources[link]
    if kind is NodeKind.done and passed <= network.data_date:
        passed = NEVER
    early.passed[node] = passed
