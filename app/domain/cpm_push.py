"""How late the data date may become before it pushes dates too far: the forward pass, asked the other way round."""

from collections.abc import Iterator, Mapping

from app.domain.calendars import CalendarHorizon, WorkingTime
from app.domain.cpm_backward import Late
from app.domain.cpm_leaf import NodeKind
from app.domain.cpm_links import FROM_START, SS, TO_FINISH
from app.domain.cpm_network import BESIDE, DISCHARGED, FS_ACROSS, Network
from app.domain.cpm_values import FOREVER, NEVER, Schedule
from app.domain.execution import Lifecycle

_MANDATORY_STAYS = FOREVER


class Push:
    """What the data date does to the dates of a schedule while it goes on and nothing is reported.

    Attributes:
        ebbs: the nodes of work whose remaining minutes are an estimate that shrinks by itself: their finish
            stays where it is until the data date has reached it.
        is_steady: whether nothing ever becomes earlier, and no date depends on the floats of others.
        is_even: whether everything runs on one line, so that a working minute of the data date moves no date by
            more than that.
    """

    def __init__(self, schedule: Schedule, ebbing: frozenset[str]) -> None:
        assert isinstance(schedule.passes, Late)  # noqa: S101 - what the engine keeps
        self._early = schedule.passes.early
        self._network: Network = self._early.network
        leaves = self._network.leaves
        self.ebbs = {node for node, leaf in enumerate(leaves) if leaf.key in ebbing and leaf.kind is NodeKind.work}
        self.is_even = self._is_even()
        held_back = any(self._early.starts[node] > self._network.data_works[node] for node in self.ebbs)
        self.ebbs_behind = held_back

    @property
    def has_alap(self) -> bool:
        """Whether work is put as late as possible: it follows what comes after it."""
        return any(leaf.as_late_as_possible for leaf in self._network.leaves)

    def _is_even(self) -> bool:
        network = self._network
        clocks = {id(clock) for clock in network.clocks}
        lags = zip(network.lags, network.lag_clocks, strict=True)
        return len(clocks) <= 1 and all(not lag or (clock is not None and id(clock) in clocks) for lag, clock in lags)
