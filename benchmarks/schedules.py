"""What the schedule engine costs: against reading the same rows, against itself larger, and against its peers."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.domain.cpm import ScheduleInputs, schedule
from app.domain.cpm_backward import backward
from app.domain.cpm_forward import forward
from app.domain.cpm_network import Network as Prepared
from app.domain.cpm_network import network_of
from app.domain.moments import from_minutes
from app.serving import calm_collector
from benchmarks import servers
from benchmarks.databases import Raw
from benchmarks.measures import DEPENDENCIES, MILESTONES, Bench, Row, plan_id, timed
from benchmarks.networks import DATA_DATE, Network, network
from benchmarks.servers import PeerMissing

SMALL, LARGE = 10_000, 100_000
WARM_UP = 5  # rounds, for Java

Work = Callable[[], None]


def passes(prepared: Prepared) -> None:
    """Early dates, late dates and floats."""
    backward(forward(prepared), None)


def whole(inputs: ScheduleInputs) -> None:
    """All of it: the network, the passes, paths, findings and an item for each activity."""
    schedule(inputs, DATA_DATE)


def reading(bench: Bench) -> list[Row]:
    """10,000 activities with 20,000 links, against selecting their rows and dumping those as JSON."""
    calm_collector()
    inputs = network(SMALL).inputs()
    prepared = network_of(inputs, DATA_DATE)
    ratios: dict[str, list[float]] = {"passes": [], "whole": []}
    with Raw(bench.databases.copy("seed", "schedule_raw")) as raw:
        here = (1, plan_id(raw, "network"), 1)
        statements = ((MILESTONES, here), (DEPENDENCIES, here))
        assert [len(found) for found in raw.fetch(*statements)] == [SMALL, 2 * SMALL]
        for _ in range(bench.rounds + 1):
            base = timed(lambda: json.dumps([list(map(list, rows)) for rows in raw.fetch(*statements)]))
            ratios["passes"].append(timed(passes, prepared) / base)
            ratios["whole"].append(timed(whole, inputs) / base)
    return [
        Row("forward, backward, floats of 10,000: time ÷ select and dump", ratios["passes"][1:], at_most=1.5),
        Row("… the whole schedule ÷ the same", ratios["whole"][1:]),
    ]


def size(bench: Bench) -> list[Row]:
    """The time for an activity among 100,000, against one among 10,000."""
    small, large = _works(network(SMALL).inputs()), _works(network(LARGE).inputs())
    share = SMALL / LARGE
    return [
        Row(
            "an activity of 100,000: forward, backward, floats ÷ one of 10,000's",
            _ratios(bench, small[0], large[0], share),
            at_most=1.3,
        ),
        Row("… the whole schedule ÷ the same", _ratios(bench, small[1], large[1], share)),
    ]


def calendars(bench: Bench) -> list[Row]:
    """The same network on twenty calendars, against two of them."""
    two, twenty = _works(network(SMALL).inputs(2)), _works(network(SMALL).inputs(20))
    return [
        Row("twenty calendars: forward, backward, floats ÷ two's", _ratios(bench, two[0], twenty[0]), at_most=1.2),
        Row("… the whole schedule ÷ the same", _ratios(bench, two[1], twenty[1]), at_most=1.2),
    ]


def _works(inputs: ScheduleInputs) -> tuple[Work, Work]:
    """The passes over a network, and all of a schedule, as the server computes them."""
    calm_collector()
    prepared = network_of(inputs, DATA_DATE)
    return lambda: passes(prepared), lambda: whole(inputs)


def _ratios(bench: Bench, base: Work, work: Work, share: float = 1.0) -> list[float]:
    return [1 / timed(base) * timed(work) * share for _ in range(bench.rounds + 1)][1:]


class Peer:
    """A program that does its work once for each line of its input, and prints what it took."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self) -> list[str]:
        """The words that it prints of one run."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("\n")
        stdin.flush()
        words = stdout.readline().split()
        if not words:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return words


@contextmanager
def peer(*command: str) -> Iterator[Peer]:
    """The program, until the end of the block."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Peer(process)
        finally:
            process.terminate()


def _against(bench: Bench, name: str, other: Peer, given: Network) -> list[Row]:
    """How many times as long as our passes the peer takes, without and with what it builds before them."""
    calm_collector()
    inputs = given.inputs()
    prepared = network_of(inputs, DATA_DATE)
    alone, together = [], []
    for _ in range(bench.rounds + WARM_UP):
        build, work = map(float, other.run()[:2])
        alone.append(work / timed(passes, prepared))
        together.append((build + work) / timed(lambda: passes(network_of(inputs, DATA_DATE))))
    return [
        Row(f"{name}: time ÷ our forward, backward, floats", alone[WARM_UP:], at_least=1),
        Row("… the same, with building the network on both sides", together[WARM_UP:], at_least=1),
    ]


def networkx(bench: Bench) -> list[Row]:
    """networkx, for the record: the longest path alone, without calendars, late dates or floats."""
    python = sys.executable
    if find_spec("networkx") is None:
        python = str(servers.environment(bench.folder, "networkx", "networkx") / "python")
    given = network(SMALL)
    file = bench.folder / "network.json"
    file.write_text(json.dumps({"durations": given.durations, "links": given.links}))
    with peer(python, str(Path(__file__).with_name("networkx_peer.py")), str(file)) as other:
        return _against(bench, "networkx, longest path of 10,000", other, given)


def mpxj(bench: Bench) -> list[Row]:
    """MPXJ's Primavera scheduler, for the record: the same dates, and as a check the same finish."""
    try:
        subprocess.run(["javac", "-version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise PeerMissing("there is no Java compiler") from None
    programs = servers.environment(bench.folder, "mpxj", "mpxj")
    libraries = next(programs.parent.glob("lib/*/site-packages/mpxj/lib"))
    given = network(SMALL)
    file = bench.folder / "network.txt"
    lines: list[Sequence[Any]] = [*given.durations.items(), *given.links]
    file.write_text("".join(" ".join(map(str, line)) + "\n" for line in lines))
    with peer("java", "-cp", f"{libraries}/*", str(Path(__file__).with_name("Mpxj.java")), str(file)) as other:
        finish = schedule(given.inputs(), DATA_DATE).finish
        assert finish is not None
        theirs = other.run()[2]
        if not from_minutes(finish).isoformat().startswith(theirs):
            raise RuntimeError(f"MPXJ finishes at {theirs}, not at {from_minutes(finish)}")
        return _against(bench, "MPXJ, Primavera's schedule of 10,000", other, given)


ALL: dict[str, Callable[[Bench], list[Row]]] = {
    "schedule": reading,
    "schedule-size": size,
    "calendars": calendars,
    "networkx": networkx,
    "mpxj": mpxj,
}
