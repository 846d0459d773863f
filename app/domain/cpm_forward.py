"""The forward pass: the earliest dates that logic, progress and constraints allow."""

from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_network import Network
from app.domain.cpm_values import NEVER
from app.domain.plan import DependencyType

# The milestone at the far end of the edges through a node, and the type and lag of the dependency that led there.
Seen = tuple[str, tuple[DependencyType, int] | None]


class Early:
    """Early dates of the nodes of a network.

    `starts` and `finishes` are work on each node's own line, those of work in progress of what remains of
    it; `shown_starts` and `shown_finishes` the same as instants. `passed` is the latest bound that a
    completed, cancelled or collected node passes on, `NEVER` where nothing later than the data date
    binds it. `first` is, of the start of a phase, the node that sets it. `natural` is where logic would
    have put what a mandatory constraint moved. `behind` remembers, of nodes without dates, what drives them.
    """

    __slots__ = (
        "behind",
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
        self.passed = [NEVER] * count
        self.first: dict[int, int] = {}
        self.natural: dict[int, int] = {}
        self.behind: dict[int, Seen] = {}

    def bound(self, link: int) -> int:
        """What an edge allows its target's edge, as work of the target's line; `NEVER`: it does not bind."""
        network = self.network
        if network.same_line[link]:
            side = self.starts if network.from_start[link] else self.finishes
            return side[network.sources[link]] + network.lags[link]
        minute = self.minute(link)
        return NEVER if minute == NEVER else network.clocks[network.targets[link]].worked(minute)

    def minute(self, link: int) -> int:
        """The same as an instant: predecessor's date (+) lag.

        Of a completed predecessor the later of actual date (+) lag, which is what is left of the lag, and
        of what it passes on. What lies before the data date binds nothing that remains.
        """
        network = self.network
        source = network.sources[link]
        kind = network.kinds[source]
        if kind is NodeKind.done:
            leaf = network.leaves[source]
            found = self._after(leaf.since if network.from_start[link] else leaf.until, link)
            found = max(found, self.passed[source])
        elif kind is NodeKind.work:
            if not network.from_start[link]:
                found = self._after(self.shown_finishes[source], link)
            elif network.leaves[source].started:
                found = self._after(network.leaves[source].since, link)
            else:
                found = self._after(self.shown_starts[source], link)
        else:
            found = self._after(self.passed[source], link)
        if found <= network.data_date and network.kinds[network.targets[link]] is NodeKind.work:
            if kind is not NodeKind.work or found < network.data_date:
                return NEVER
        return found

    def _after(self, minute: int, link: int) -> int:
        """Minute (+) lag: told as a finish after a lag, as a start before a lead; earlier than any work: `NEVER`."""
        network = self.network
        lag = network.lags[link]
        if minute == NEVER or not lag:
            return minute
        clock = network.lag_clocks[link]
        if clock is None:
            return minute + lag
        work = clock.worked(minute) + lag
        if lag > 0:
            return clock.finish_at(work)
        return NEVER if work < clock.worked(network.data_date) else clock.start_at(work)


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
    for node, kind in enumerate(network.kinds):
        if kind is NodeKind.work:
            _place(early, node)
        elif kind is NodeKind.earliest:
            _collect_first(early, node)
        else:
            _pass_on(early, node)
    return early


def _place(early: Early, node: int) -> None:
    """The dates of one unfinished node."""
    network = early.network
    start, finish = network.start_floors[node], network.finish_floors[node]
    to_finish = network.to_finish
    for link in range(network.in_first[node], network.in_first[node + 1]):
        bound = early.bound(link)
        if to_finish[link]:
            finish = max(finish, bound)
        elif bound > start:
            start = bound
    work = network.works[node]
    start = max(start, finish - work)
    mandatory = network.leaves[node].mandatory
    if mandatory is not None:
        early.natural[node] = start
        start = mandatory.work if mandatory.edge == "start" else mandatory.work - work
    finish = start + work
    if network.stretches[node] > finish and (mandatory is None or mandatory.edge == "start"):
        finish = network.stretches[node]
    early.starts[node], early.finishes[node] = start, finish
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
    """The latest bound of a node that takes no part of its own; completed: none earlier than the data date."""
    network = early.network
    latest = NEVER
    for link in range(network.in_first[node], network.in_first[node + 1]):
        minute = early.minute(link)
        latest = max(latest, minute)
    if network.kinds[node] is NodeKind.done and latest <= network.data_date:
        latest = NEVER
    early.passed[node] = latest


def _collect_first(early: Early, node: int) -> None:
    """The start of a phase: the first start of what lies in it, and which node has it."""
    network = early.network
    for link in range(network.in_first[node], network.in_first[node + 1]):
        minute = early.minute(link)
        if minute != NEVER and (early.passed[node] == NEVER or minute < early.passed[node]):
            early.passed[node] = minute
            early.first[node] = network.sources[link]
