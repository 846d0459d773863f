"""How late the data date may become before it pushes a date too far: the forward pass, asked the other way round."""

# ruff: noqa: PLR1730 - a call of min() for each node and edge costs a fifth of the pass

from collections.abc import Mapping, Set

from app.domain.calendars import CalendarHorizon, WorkingTime
from app.domain.cpm_backward import Late
from app.domain.cpm_forward import NOBODY, Early
from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_links import FROM_START, SS, TO_FINISH
from app.domain.cpm_network import Network
from app.domain.cpm_values import FOREVER
from app.domain.moments import Moment

_UNLIMITED = FOREVER // 2  # what work is subtracted from FOREVER is still no limit


class Push:
    """What a data date that goes on does to the dates of a schedule, while nothing is reported.

    Unfinished work that the data date has reached starts there; what follows is pushed. Work that `ebbs` (nobody
    reports what remains of it, and the planned dates are held) still finishes where it would, until the data
    date has reached that, too; what is planned to start on a day (`days`, by milestone) is not pushed before that
    day is over. What is mandatory stays where it is.
    """

    def __init__(self, late: Late, ebbing: Set[str], days: Mapping[str, Moment]) -> None:
        self.early: Early = late.early
        self.network: Network = late.early.network
        self._days = days
        leaves = enumerate(self.network.leaves)
        self.ebbs = {node for node, leaf in leaves if leaf.key in ebbing and leaf.kind is NodeKind.work}

    @property
    def recedes(self) -> bool:
        """Whether a date becomes earlier by itself: that of work that ebbs, while a predecessor holds it."""
        starts, now = self.early.starts, self.network.data_works
        return any(starts[node] > now[node] for node in self.ebbs)

    def lets_go_at(self) -> int:
        """The first data date that may let go what is held on the day on which it is planned to start.

        Once what held it lies in the past, it falls back to the start of that day. `FOREVER`: none does.
        """
        network, starts, found = self.network, self.early.starts, FOREVER
        for node, link in enumerate(self.early.drivers):
            leaf = network.leaves[node]
            if link != NOBODY and not leaf.started and leaf.key in self._days and self._may_let_go(link):
                at = max(leaf.clock.finish_at(starts[node]), network.data_date + 1)
                if at <= leaf.clock.day_end(self._days[leaf.key]):
                    found = min(found, at)
        return found

    def _may_let_go(self, link: int) -> bool:
        """Whether the data date may pass what an edge asks for: that of unfinished work lies never before it."""
        network = self.network
        source = network.sources[link]
        if network.kinds[source] is not NodeKind.work or network.lags[link] < 0:
            return True
        return FROM_START[network.types[link]] and network.leaves[source].started

    @property
    def follows(self) -> bool:
        """Whether work is put as late as possible, so that it moves with what comes after it."""
        return any(leaf.as_late_as_possible for leaf in self.network.leaves)

    def is_on(self, clock: WorkingTime) -> bool:
        """Whether all dates and lags lie on one line, this one: then none moves further than the data date.

        Where a link counts from whatever starts first in a phase, late dates leap when that is another one.
        """
        network = self.network
        lags = zip(network.lags, network.lag_clocks, strict=True)
        is_even = all(each is clock for each in network.clocks) and all(
            not lag or each is clock for lag, each in lags
        )
        return is_even and NodeKind.earliest not in network.kinds

    def held_until(self, starts: Mapping[str, int], finishes: Mapping[str, int]) -> int:
        """The latest data date, in minutes, that pushes nothing beyond these instants; `FOREVER` without an end.

        `starts` and `finishes` are the latest instants at which starts and finishes may be told, by milestone. A
        date that the data date itself has reached (the start of what has not begun, the finish of what takes no
        time) is no push: what that makes of it, the caller knows. Early where calendars differ, never late.
        One pass over the network in reverse. O((nodes + edges) · log of the calendars).
        """
        return _Back(self, starts, finishes).held_until()

    def still_until(self) -> int:
        """The latest data date that moves nothing at all; `FOREVER` without unfinished work."""
        network, early = self.network, self.early
        held = self.lets_go_at()
        found = held if held == FOREVER else held - 1
        for node, leaf in enumerate(network.leaves):
            first, last = network.in_first[node], network.in_first[node + 1]
            if leaf.kind is not NodeKind.work or leaf.mandatory is not None:
                continue
            if node in self.ebbs:
                # Its predecessors have ever more room, and if they hold it, it gets ever shorter.
                reached = min(leaf.clock.start_at(early.finishes[node]), early.shown_finishes[node])
                found = min(found, reached if first == last else network.data_date)
            else:
                at = leaf.clock.start_at(early.starts[node])
                if not leaf.work and early.shown_finishes[node] >= network.data_date:
                    at = min(at, early.shown_finishes[node])
                found = min(found, self.relieved(node, at))
        moving = (edge for edge, source in enumerate(network.sources) if self.moves(source, edge))
        return found if next(moving, None) is None else min(found, network.data_date)

    def leaps_at(self) -> int:
        """The first data date at which something moves by more than that date does.

        What was planned to start on a day is pushed by all of that day once it is over.
        """
        network = self.network
        leaves = (leaf for leaf in network.leaves if leaf.kind is NodeKind.work and not leaf.started)
        ends = (leaf.clock.day_end(self._days[leaf.key]) for leaf in leaves if leaf.key in self._days)
        return min((end for end in (*ends, self.lets_go_at()) if end > network.data_date), default=FOREVER)

    def relieved(self, node: int, minute: int) -> int:
        """The latest data date that does not push a node beyond a limit that it reaches at this minute."""
        leaf = self.network.leaves[node]
        day = self._days[leaf.key] if self.is_relieved(node) else None
        return minute if day is None else max(minute, leaf.clock.day_end(day) - 1)

    def is_relieved(self, node: int) -> bool:
        """Whether the data date does not push the node before the day is over on which it is planned to start."""
        leaf = self.network.leaves[node]
        return not leaf.started and leaf.key in self._days

    def is_at_once(self, node: int) -> bool:
        """Whether the node may finish at the data date itself."""
        network = self.network
        return network.kinds[node] is NodeKind.work and (not network.works[node] or node in self.ebbs)

    def moves(self, source: int, link: int) -> bool:
        """Whether an edge leads from an actual date that counts as the data date as long as that is earlier."""
        network = self.network
        leaf = network.leaves[source]
        if network.lags[link] <= 0 or not leaf.started:
            return False
        if FROM_START[network.types[link]]:
            return leaf.since == network.data_date
        return leaf.kind is NodeKind.done and leaf.until == network.data_date


class _Back:
    """One pass backwards: of each node the latest start and finish, as work and, from other lines, as instants."""

    def __init__(self, push: Push, starts: Mapping[str, int], finishes: Mapping[str, int]) -> None:
        network = push.network
        count = len(network.leaves)
        self._push, self._network = push, network
        self._starts, self._finishes = [FOREVER] * count, [FOREVER] * count
        self._starts_at = [starts.get(leaf.key, FOREVER) for leaf in network.leaves]
        self._finishes_at = [finishes.get(leaf.key, FOREVER) for leaf in network.leaves]
        self._reach = [FOREVER] * count  # the latest data date as work of the line, where that pushes others
        self._until = FOREVER
        self._first: dict[WorkingTime, int] = {}

    def held_until(self) -> int:
        """See `Push.held_until`."""
        network = self._network
        for node in range(len(network.leaves) - 1, -1, -1):
            if network.kinds[node] is not NodeKind.work:
                if self._finishes_at[node] != FOREVER:
                    self._pass_back(node)
            elif network.plain[node] or network.leaves[node].mandatory is None:
                self._place(node)
        found = self._until
        for clock, work in self._first.items():
            found = min(found, clock.start_at(work))
        return found

    def _place(self, node: int) -> None:
        """The latest start of an unfinished node, and what it asks of its predecessors."""
        network, push = self._network, self._push
        work, is_tight = network.works[node], False
        if self._finishes_at[node] != FOREVER or self._starts_at[node] != FOREVER:
            is_tight = self._take_instants(node)
        start, finish = self._starts[node], self._finishes[node] - work
        reach = self._reach[node]
        if work and finish < reach and node not in push.ebbs:
            reach = finish
        if finish < start:
            start = finish
        if reach < _UNLIMITED:
            self._reached(node, reach)
        if start < _UNLIMITED:
            self._hold(node, start, is_tight=is_tight)

    def _take_instants(self, node: int) -> bool:
        """Limits told as instants, on the node's line; whether they leave out the time off work after them.

        What takes no time is told as a start only where something binds it after its finish.
        """
        network = self._network
        clock, start, finish = network.clocks[node], self._starts_at[node], self._finishes_at[node]
        if network.leaves[node].told_as_start:
            start, finish = min(start, finish), FOREVER
        if start != FOREVER:
            self._starts[node] = min(self._starts[node], clock.worked(start + 1) - 1)
        if finish == FOREVER:
            return False
        work = clock.worked(finish)
        self._finishes[node] = min(self._finishes[node], work)
        return not network.works[node] and clock.start_at(work) > finish

    def _reached(self, node: int, work: int) -> None:
        """The data date may reach this work of the node's line."""
        clock, push = self._network.clocks[node], self._push
        if work < self._first.get(clock, FOREVER):
            minute = clock.start_at(work)
            relieved = push.relieved(node, minute)
            if relieved == minute:
                self._first[clock] = work
            else:
                self._until = min(self._until, relieved)

    def _hold(self, node: int, start: int, *, is_tight: bool) -> None:
        """What a node that may start so late asks of its predecessors."""
        network = self._network
        starts, finishes, reach = self._starts, self._finishes, self._reach
        is_relieved = self._push.is_relieved(node)
        for link in range(network.in_first[node], network.in_first[node + 1]):
            way = network.ways[link]
            limit = start + network.works[node] if TO_FINISH[network.types[link]] else start
            if way <= SS:
                source, lag = network.sources[link], network.lags[link]
                limit -= lag
                if is_tight:
                    limit = self._tightened(link, limit)
                side = starts if FROM_START[way] else finishes
                if limit < side[source]:
                    side[source] = limit
                if (lag > 0 or is_relieved) and limit < reach[source]:
                    reach[source] = limit
            else:
                clock = network.clocks[node]
                self._ask(link, clock.finish_at(limit) if is_tight else clock.start_at(limit))

    def _tightened(self, link: int, limit: int) -> int:
        """A limit that leaves out the time off work after it: what is told as a start must lie before that.

        So is what a lead counts back from; what takes no time may be told either way.
        """
        network = self._network
        source = network.sources[link]
        if network.lags[link] < 0 or FROM_START[network.ways[link]] or network.leaves[source].told_as_start:
            return limit - 1
        if not network.lags[link] and not network.works[source]:
            minute = network.clocks[source].finish_at(limit)
            self._finishes_at[source] = min(self._finishes_at[source], minute)
        return limit

    def _pass_back(self, node: int) -> None:
        """What a node without dates of its own asks of its predecessors, in instants."""
        network, first = self._network, self._push.early.first.get(node)
        for link in range(network.in_first[node], network.in_first[node + 1]):
            is_witness = first is not None and network.kinds[first] is NodeKind.work
            if not is_witness or network.sources[link] == first:
                self._ask(link, self._finishes_at[node])

    def _ask(self, link: int, minute: int) -> None:
        """An edge that may bind its target no later than this minute, where more than one line is involved."""
        network, push = self._network, self._push
        source, kind = network.sources[link], network.kinds[network.sources[link]]
        before = self._before(link, minute)
        if push.moves(source, link):
            self._until = min(self._until, before)
        from_start = FROM_START[network.types[link]]
        if kind is NodeKind.done:
            self._finishes_at[source] = min(self._finishes_at[source], minute)
        elif kind is not NodeKind.work:
            self._finishes_at[source] = min(self._finishes_at[source], before)
        elif not (from_start and network.leaves[source].started):
            side = self._starts_at if from_start else self._finishes_at
            side[source] = min(side[source], before)
            if before != FOREVER and (from_start or push.is_at_once(source)):
                self._until = min(self._until, self._told_by(source, before, from_start=from_start))

    def _told_by(self, node: int, minute: int, *, from_start: bool) -> int:
        """The latest data date at which a node that is reached by it is told no later than at this minute."""
        clock = self._network.clocks[node]
        if (from_start and self._network.works[node]) or self._network.leaves[node].told_as_start:
            return clock.start_at(clock.worked(minute + 1) - 1)
        work = clock.worked(minute)
        return minute if clock.start_at(work) <= minute else clock.finish_at(work) - 1

    def _before(self, link: int, minute: int) -> int:
        """The latest instant from which an edge leads no later than to this minute; `FOREVER`: any."""
        network = self._network
        lag, clock = network.lags[link], network.lag_clocks[link]
        if not lag or minute == FOREVER:
            return minute
        if clock is None:
            return minute - lag
        work = clock.worked(minute) if lag > 0 else clock.worked(minute + 1) - 1
        try:
            return clock.start_at(work - lag)
        except CalendarHorizon:
            return FOREVER
