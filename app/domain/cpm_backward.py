"""The backward pass: the latest dates that keep the finish, the floats, and work as late as possible."""

from app.domain.calendars import CalendarHorizon, WorkingTime
from app.domain.cpm_forward import Early, Seen, shown
from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_values import FOREVER, NEVER, BoundKind

BY_END = -1  # what set a late date, where no edge did
BY_MANDATORY = -2
_BY_LIMIT = -3  # the first of the node's own limits; each following one is less by one


def limit_number(by: int) -> int:
    """Which of its own limits set a node's late dates."""
    return _BY_LIMIT - by


class Late:
    """Late dates and free floats of the nodes of a network.

    `finishes` is work on each node's own line; a late start lies the node's span before it, `opens` is it
    as an instant. `by` is the edge that sets them, else one of the codes of this module. `passed` is the
    latest instant at which what a node without dates passes on keeps the late dates after it, and `room`
    the same for the early dates. `free` is the free float. `starts` and `ends` are the early dates with
    ALAP work moved, `shifted` the instants of what was moved. `horizon` is when the last of the work
    finishes. `ahead` remembers, of nodes without dates, what limits them.
    """

    __slots__ = (
        "_last", "_on", "ahead", "by", "early", "end", "end_kind", "ends", "finishes", "free", "horizon", "opens",
        "passed", "room", "shifted", "starts",
    )  # fmt: skip

    def __init__(self, early: Early, target: int | None) -> None:
        count = len(early.starts)
        self.early = early
        self.horizon = max(early.shown_finishes, default=NEVER)
        self.end = self.horizon if target is None else target
        self.end_kind = BoundKind.project_finish if target is None else BoundKind.target_finish
        self.finishes = [FOREVER] * count
        self.by = [BY_END] * count
        self.passed = [FOREVER] * count
        self.room = [FOREVER] * count
        self.free = [FOREVER] * count
        self.starts = list(early.starts)
        self.ends = list(early.finishes)
        self.shifted: dict[int, tuple[int, int]] = {}
        self.ahead: dict[int, Seen] = {}
        self.opens = list(early.shown_starts)
        self._last = max(self.end, self.horizon)
        self._on: dict[int, tuple[int, int, int]] = {}

    def limit(self, link: int) -> tuple[int, int]:
        """How late the source's edge may be for the target's late dates, and for its early dates.

        Work of the source's line, or instants, where the source has no line of its own: the target's date
        (-) lag. `FOREVER`: the edge limits nothing.
        """
        early = self.early
        network = early.network
        target = network.targets[link]
        if network.same_line[link]:
            if network.to_finish[link]:
                lag = network.lags[link]
                return self.finishes[target] - lag, self.ends[target] - lag
            lag = network.lags[link]
            span = self.ends[target] - self.starts[target]
            return self.finishes[target] - span - lag, self.starts[target] - lag
        late, soon = self._of_target(link)
        try:
            room = self._before(soon, link, capped=False)
        except CalendarHorizon:
            room = FOREVER  # a lead that reaches beyond all calendars
        return self._before(late, link, capped=True), room

    def _of_target(self, link: int) -> tuple[int, int]:
        """The late and the early date of the edge that a link binds, as instants; as late as the line allows."""
        early = self.early
        network = early.network
        target = network.targets[link]
        kind = network.kinds[target]
        if kind is NodeKind.work:
            clock = network.clocks[target]
            if network.to_finish[link]:
                return clock.start_at(self.finishes[target]), clock.start_at(self.ends[target])
            start = self.starts[target]
            plain = start == early.starts[target] < early.finishes[target]  # then it is told as a start already
            return self.opens[target], early.shown_starts[target] if plain else clock.start_at(start)
        if kind is NodeKind.done:
            return self.passed[target], max(network.data_date, early.passed[target])
        if kind is NodeKind.earliest and early.first.get(target) != network.sources[link]:
            return FOREVER, FOREVER  # what starts later than the phase may start later still
        return self.passed[target], self.room[target]

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
                minute = self._last if capped and work >= self.ends_on(clock)[2] else clock.start_at(work)
        if capped and minute > self._last:
            minute = self._last
        return network.clocks[source].worked(minute) if kind is NodeKind.work else minute

    def ends_on(self, clock: WorkingTime) -> tuple[int, int, int]:
        """The end, the project's own finish, and the later of the two, as work of a line."""
        found = self._on.get(id(clock))
        if found is None:
            end, finish = clock.worked(self.end), clock.worked(self.horizon)
            found = self._on[id(clock)] = end, finish, max(end, finish)
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
    kinds = early.network.kinds
    for node in range(len(kinds) - 1, -1, -1):
        if kinds[node] is NodeKind.work:
            _place(late, node)
        else:
            _pass_back(late, node)
    return late


def _place(late: Late, node: int) -> None:
    early = late.early
    network = early.network
    leaf, span = network.leaves[node], early.finishes[node] - early.starts[node]
    best, project, _ = late.ends_on(network.clocks[node])
    by, room = BY_END, FOREVER
    from_start = network.from_start
    for link in network.outs[node]:
        limit, free = late.limit(link)
        if from_start[link]:
            limit += span
            free += span
        if limit < best or (limit == best and by == BY_END):  # of limits that tie, a link names it
            best, by = limit, link
        room = min(room, free)
    for number, fixed in enumerate(leaf.limits):
        limit = fixed.work + span if fixed.edge == "start" else fixed.work
        if limit < best or (limit == best and by == BY_END):
            best, by = limit, _BY_LIMIT - number
    if leaf.mandatory is not None:
        best, by = early.finishes[node], BY_MANDATORY
        room = min(room, best) if leaf.mandatory.edge == "finish" else room
    late.finishes[node], late.by[node] = best, by
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


def _pass_back(late: Late, node: int) -> None:
    """What a node without dates asks of its predecessors: the strictest that is asked of it."""
    for link in late.early.network.outs[node]:
        limit, room = late.limit(link)
        late.passed[node] = min(late.passed[node], limit)
        late.room[node] = min(late.room[node], room)
