"""The backward pass: the latest dates that keep the finish, the floats, and work as late as possible."""

# ruff: noqa: PLR1730 - a call of min() for each node and edge costs a fifth of the pass

from functools import cached_property

from app.domain.calendars import CalendarHorizon, WorkingTime
from app.domain.cpm_forward import Early, Seen, shown
from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_links import FROM_START, FS, SS, TO_FINISH
from app.domain.cpm_network import ACROSS, DISCHARGED, FS_ACROSS
from app.domain.cpm_values import FOREVER, NEVER, BoundKind


class Late:
    """Late dates and free floats of the nodes of a network.

    `finishes` is work on each node's own line; a late start lies the node's span before it, `opens` is it
    as an instant. `limits` is the latest finish that keeps the late dates of what follows, `rooms` the same
    for its early dates: work of the node's line, of nodes without dates instants; `FOREVER` where nothing
    follows. `limits_at` and `rooms_at` are instants by which what follows on other lines has to start.
    `free` is the free float. `starts` and `ends` are the early dates with ALAP work moved, `shifted` the
    instants of what was moved. `horizon` is when the last of the work finishes, `last` the later of that
    and of the `end`. `ahead` remembers, of nodes without dates, what limits them.
    """

    def __init__(self, early: Early, target: int | None) -> None:
        count = len(early.starts)
        self.early = early
        self.horizon = max(early.shown_finishes, default=NEVER)
        self.end = self.horizon if target is None else target
        self.end_kind = BoundKind.project_finish if target is None else BoundKind.target_finish
        self.finishes = [FOREVER] * count
        self.limits = [FOREVER] * count
        self.rooms = [FOREVER] * count
        self.limits_at = [FOREVER] * count
        self.rooms_at = [FOREVER] * count
        self.free = [FOREVER] * count
        self.opens = list(early.shown_starts)
        self.starts = list(early.starts)
        self.ends = list(early.finishes)
        self.shifted: dict[int, tuple[int, int]] = {}
        self.ahead: dict[int, Seen] = {}
        self.last = max(self.end, self.horizon)
        self._on: dict[WorkingTime, tuple[int, int, int]] = {}

    def limit(self, link: int) -> tuple[int, int]:
        """How late the source's edge may be for the target's late dates, and for its early dates.

        Work of the source's line, or instants, where the source has no line of its own: the target's date
        (-) lag. `FOREVER`: the edge limits nothing.
        """
        network = self.early.network
        way, target, lag = network.ways[link], network.targets[link], network.lags[link]
        if way <= SS:
            if TO_FINISH[way]:
                return self.finishes[target] - lag, self.ends[target] - lag
            span = self.ends[target] - self.starts[target]
            return self.finishes[target] - span - lag, self.starts[target] - lag
        late, soon = self._of_target(link)
        try:
            room = self._before(soon, link, capped=False)
        except CalendarHorizon:
            room = FOREVER  # a lead that reaches beyond all calendars
        return self._before(late, link, capped=True), room

    def across(self, link: int, opens: int, soon: int) -> tuple[int, int]:
        """The same of an edge `ACROSS` two lines, given the late and the early start of its target as instants."""
        network = self.early.network
        line, target, lag = network.clocks[network.sources[link]], network.targets[link], network.lags[link]
        if TO_FINISH[network.types[link]]:
            clock = network.clocks[target]
            opens, soon = clock.start_at(self.finishes[target]), clock.start_at(self.ends[target])
        limit = line.worked(opens) - lag
        return limit if opens <= self.last else min(limit, self.ends_on(line)[2]), line.worked(soon) - lag

    def _of_target(self, link: int) -> tuple[int, int]:
        """The late and the early date of the edge that a link binds, as instants; as late as the line allows."""
        early = self.early
        network = early.network
        target = network.targets[link]
        kind = network.kinds[target]
        if kind is NodeKind.work:
            clock = network.clocks[target]
            if TO_FINISH[network.types[link]]:
                return clock.start_at(self.finishes[target]), clock.start_at(self.ends[target])
            start = self.starts[target]
            plain = start == early.starts[target] < early.finishes[target]  # then it is told as a start already
            return self.opens[target], early.shown_starts[target] if plain else clock.start_at(start)
        if kind is NodeKind.done:
            return self.limits[target], max(network.data_date, early.passed[target])
        if kind is NodeKind.earliest and early.first.get(target) != network.sources[link]:
            return FOREVER, FOREVER  # what starts later than the phase may start later still
        return self.limits[target], self.rooms[target]

    def _before(self, minute: int, link: int, *, capped: bool) -> int:
        """Minute (-) lag, on the line of the source where it has one; capped: no later than the end of all."""
        if minute == FOREVER:
            return FOREVER
        network = self.early.network
        source, lag = network.sources[link], network.lags[link]
        kind = network.kinds[source]
        if lag and kind is not NodeKind.done:  # what is completed passes on without a lag
            clock = network.lag_clocks[link]
            if clock is None:
                minute -= lag
            else:
                work = clock.worked(minute) - lag
                minute = self.last if capped and work >= self.ends_on(clock)[2] else clock.start_at(work)
        if capped and minute > self.last:
            minute = self.last
        return network.clocks[source].worked(minute) if kind is NodeKind.work else minute

    def ends_on(self, clock: WorkingTime) -> tuple[int, int, int]:
        """The end, the project's own finish, and the later of the two, as work of a line."""
        found = self._on.get(clock)
        if found is None:
            end, finish = clock.worked(self.end), clock.worked(self.horizon)
            found = self._on[clock] = end, finish, max(end, finish)
        return found

    @cached_property
    def outs(self) -> list[list[int]]:
        """The edges out of each node that limit it, ascending; for explanations alone."""
        network = self.early.network
        found: list[list[int]] = [[] for _ in network.leaves]
        for link, source in enumerate(network.sources):
            if network.ways[link] != DISCHARGED:
                found[source].append(link)
        return found


def backward(early: Early, target: int | None) -> Late:
    """Late dates and free floats, in one pass over the nodes in reverse order. O((nodes + edges) · log).

    LF = min(end, finish limits, start limits + span), where the end is the target finish, else the finish
    of all unfinished work, so that no late date lies beyond it; a mandatory constraint sets it. Free float
    = max(0, least room before a successor's early date); of what no successor waits for, the lesser of its
    total float and of the room before the project's own finish, which need not be its target. ALAP work
    moves later by its free float, an open end to the project's finish, never past its late dates; its
    successors do not move.

    Source: as `forward`; late dates capped at the end and ALAP as Primavera P6 has them.

    Raises:
        CalendarHorizon: a date lies outside of what calendars reach.
    """
    late = Late(early, target)
    network = early.network
    plain, first, clocks, works = network.plain, network.in_first, network.clocks, network.works
    finishes, limits, rooms = late.finishes, late.limits, late.rooms
    limits_at, rooms_at = late.limits_at, late.rooms_at
    for node in range(len(plain) - 1, -1, -1):
        clock = clocks[node]
        if limits_at[node] != FOREVER:  # the first of what follows on other lines, converted once
            limits[node] = min(limits[node], clock.worked(min(limits_at[node], late.last)))
            rooms[node] = min(rooms[node], clock.worked(rooms_at[node]))
        if plain[node]:
            early_finish = late.ends[node]
            end, project, _ = late.ends_on(clock)
            finish = limits[node]
            if finish > end:
                finish = end
            room = rooms[node]
            if room == FOREVER:  # an open end
                room = min(project, finish)
            finishes[node] = finish
            late.opens[node] = clock.start_at(finish - works[node])
            late.free[node] = room - early_finish if room > early_finish else 0
        elif network.kinds[node] is NodeKind.work:
            _place(late, node)
        if first[node] != first[node + 1]:
            _hold(late, node)
    return late


def _hold(late: Late, node: int) -> None:
    """What a node asks of its predecessors."""
    early = late.early
    network, limits, rooms = early.network, late.limits, late.rooms
    limits_at, rooms_at = late.limits_at, late.rooms_at
    sources, ways, lags = network.sources, network.ways, network.lags
    start, end, opens = late.starts[node], late.ends[node], late.opens[node]
    float_, soon = late.finishes[node] - end, early.shown_starts[node]
    if network.kinds[node] is NodeKind.work and not network.plain[node]:
        soon = network.clocks[node].start_at(start)
    for link in range(network.in_first[node], network.in_first[node + 1]):
        way, source = ways[link], sources[link]
        if way == FS:
            room = start - lags[link]
            limit = room + float_
        elif way == FS_ACROSS:
            if opens < limits_at[source]:
                limits_at[source] = opens
            if soon < rooms_at[source]:
                rooms_at[source] = soon
            continue
        elif way == DISCHARGED:
            continue
        else:
            limit, room = late.across(link, opens, soon) if way == ACROSS else late.limit(link)
            if FROM_START[network.types[link]]:
                span = early.finishes[source] - early.starts[source]
                limit, room = limit + span, room + span
        if limit < limits[source]:
            limits[source] = limit
        if room < rooms[source]:
            rooms[source] = room


def _place(late: Late, node: int) -> None:
    """The late dates of a node of which more decides than its successors and the end."""
    early = late.early
    network = early.network
    leaf, span = network.leaves[node], early.finishes[node] - early.starts[node]
    end, project, _ = late.ends_on(network.clocks[node])
    best, room = min(late.limits[node], end), late.rooms[node]
    for fixed in leaf.limits:
        best = min(best, fixed.work + span if fixed.edge == "start" else fixed.work)
    if leaf.mandatory is not None:
        best = early.finishes[node]
        room = min(room, best) if leaf.mandatory.edge == "finish" else room
    late.finishes[node] = best
    late.opens[node] = network.clocks[node].start_at(best - span)
    own = room
    if room == FOREVER:  # an open end
        room, own = project, min(project, best)
    if leaf.as_late_as_possible:
        _delay(late, node, min(room, best) - early.finishes[node])
    late.free[node] = max(own - late.ends[node], 0)


def _delay(late: Late, node: int, shift: int) -> None:
    """Moves a node as late as its successors' early dates and its own late dates allow."""
    if shift > 0:
        late.starts[node] += shift
        late.ends[node] += shift
        late.shifted[node] = shown(late.early, node, late.starts[node], late.ends[node])
