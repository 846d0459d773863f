"""Any history of evaluations and acknowledgements, against a model that counts nothing and looks back instead."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.domain.deviation_values import DeviationState
from app.domain.measures import Reason
from tests.domain.deviation_build import FINISH, START, Watch, in_a_row, judge
from tests.scale import full

VALUES = [0, 8, 8.5, 9.5, 10.5, 11, 13, 16, 17, 21, 24, Reason.not_computed, Reason.cancelled]


class Look(NamedTuple):
    """An evaluation, so many half minutes after the start."""

    at: int
    values: dict[str, Any]
    baseline: int
    is_watched: bool = True
    is_closed: bool = False

    def value(self, milestone: str, baseline: int) -> Any:
        """What it found; None where it did not look."""
        is_seen = self.is_watched and not self.is_closed and self.baseline == baseline
        return self.values.get(milestone) if is_seen else None


class Said(NamedTuple):
    """An acknowledgement."""

    milestone: str
    until: int | None
    is_accepted: bool


@dataclass
class Record:
    """The newest record of a milestone, as the model has it; `since` is when its level was told."""

    episode: int
    baseline: int
    level: str
    value: float
    since: int
    state: str = "open"
    until: int | None = None


class Model:
    """Goes through the history once; how often a value was beyond or back is read from the history."""

    def __init__(self, history: list[Look | Said], enough: int) -> None:
        self.history, self.enough = history, enough
        self.records: dict[str, Record] = {}
        self.episodes: dict[tuple[str, int], int] = {}

    def told(self) -> list[list[str]]:
        """What each evaluation tells."""
        found = []
        for now, entry in enumerate(self.history):
            if isinstance(entry, Look):
                lines = [line for milestone in "abc" for line in self.one(now, entry, milestone)]
                found.append(sorted(lines, key=lambda line: not line.startswith("resolved")))
            else:
                record = self.records[entry.milestone]
                record.state, record.until = ("accepted" if entry.is_accepted else "acknowledged"), entry.until
                record.since = now if entry.is_accepted else record.since
        return found

    def one(self, now: int, look: Look, milestone: str) -> Iterator[str]:
        record = self.records.get(milestone)
        if record is not None:
            value = look.value(milestone, record.baseline)
            why = self.over(now, look, record, milestone, value)
            if why is not None:
                del self.records[milestone]
                if record.state != "accepted":
                    yield f"resolved {milestone}#{record.episode} {why}"
            elif record.state != "accepted":
                yield from self.changes(now, look, record, milestone, value)
        record = self.records.get(milestone)
        value = look.value(milestone, look.baseline)
        accepted = record is not None and record.state == "accepted"
        if not isinstance(value, int | float) or value <= 10 or (record is not None and not accepted):
            return
        floor, since = (max(10, record.value), record.since) if record is not None else (10, -1)
        is_explained = not accepted and any(other < milestone for other in self.records)
        if self.length(now, milestone, look.baseline, since, floor=floor) >= self.enough and not is_explained:
            episode = self.episodes.get((milestone, look.baseline), 0) + 1
            self.episodes[milestone, look.baseline] = episode
            level = "breach" if value > 20 else "warning"
            self.records[milestone] = Record(episode, look.baseline, level, value, now)
            yield f"opened {milestone}#{episode} {level}"

    def over(self, now: int, look: Look, record: Record, milestone: str, value: Any) -> str | None:
        if look.is_closed:
            return "plan_closed"
        if look.is_watched and look.baseline != record.baseline:
            return "rebaselined"
        if value is None:
            return "tolerance_changed"
        if value is Reason.cancelled:
            return "cancelled"
        if value is Reason.not_computed:
            return None
        if record.state == "accepted":
            return "forgotten" if value <= 10 else None
        is_back = value <= 8 and self.back(now, record, milestone)
        return "within_tolerance" if is_back else None

    def changes(self, now: int, look: Look, record: Record, milestone: str, value: Any) -> Iterator[str]:
        rises = False
        if isinstance(value, int | float):
            rises = record.level == "warning" and value > 20
            is_held = value > (16 if record.level == "breach" else 8)
            falls = not is_held and value > 8 and self.back(now, record, milestone)
            least = max(2, (record.value - 10) / 2) if value > record.value else 2
            if rises or falls or (is_held and abs(value - record.value) >= least):
                kind = "worsened" if rises or (is_held and value > record.value) else "improved"
                if rises or falls:
                    record.level = "breach" if rises else "warning"
                    record.since = now
                record.value = value
                yield f"{kind} {milestone}#{record.episode} {record.level}"
        is_late = record.until is not None and record.until <= look.at
        if record.state == "acknowledged" and (rises or is_late):
            record.state, record.until = "open", None
            yield f"reopened {milestone}#{record.episode} {record.level}"

    def back(self, now: int, record: Record, milestone: str) -> bool:
        """Whether it was back below the bound of its level, or nearly so, often enough since the level was told."""
        edge = 16 if record.level == "breach" else 8
        return self.length(now, milestone, record.baseline, record.since, ceiling=edge) >= self.enough

    def length(
        self, now: int, milestone: str, baseline: int, since: int, *, floor: float = -1, ceiling: float = 99
    ) -> int:
        """At how many minutes in a row, up to now, it was above the floor and not above the ceiling."""
        minutes = set()
        for entry in reversed(self.history[since + 1 : now + 1]):
            if isinstance(entry, Said):
                continue
            value = entry.value(milestone, baseline)
            if value is Reason.not_computed:
                continue
            if not isinstance(value, int | float) or not floor < value <= ceiling:
                break
            minutes.add(entry.at // 2)
        return len(minutes)


LEGAL = {
    None: {"opened"},
    "open": {"worsened", "improved", "resolved"},
    "acknowledged": {"worsened", "improved", "reopened", "resolved"},
}


class Deviations(RuleBasedStateMachine):
    """One plan of three milestones in a row; its twin gets everything in another order, and nothing twice."""

    @initialize(enough=st.integers(1, 3))
    def begin(self, enough: int) -> None:
        self.tolerance = replace(FINISH, consecutive=enough)
        self.watch, self.twin = self.new_watch(), self.new_watch()
        self.history: list[Look | Said] = []
        self.told: list[list[str]] = []
        self.standing: dict[Any, str] = {}
        self.at, self.baseline = 0, 1

    def new_watch(self) -> Watch:
        return Watch(self.tolerance, explain=in_a_row)

    def evaluate(self, watch: Watch, look: Look, *, order: int = 1) -> list[str]:
        watch.tolerances = {self.tolerance.key: self.tolerance} if look.is_watched else {}
        watch.baseline = look.baseline
        judged = judge(self.tolerance, look.values, look.baseline)[::order]
        watch.tracks = dict(list(watch.tracks.items())[::order])
        minutes = (START + timedelta(seconds=30 * look.at) - watch.as_of).total_seconds() / 60
        return watch.evaluate(judged, minutes, closed=look.is_closed)

    def say(self, watch: Watch, said: Said) -> None:
        until = None if said.until is None else START + timedelta(seconds=30 * said.until)
        watch.acknowledge(said.milestone, until=until, accepted=said.is_accepted)

    def see(self, look: Look) -> None:
        self.history.append(look)
        self.told.append(self.evaluate(self.watch, look))
        for transition in self.watch.last.transitions:
            state = self.standing.pop(transition.subject, None)
            assert transition.kind in LEGAL[state]
            if transition.track.state is not None:
                self.standing[transition.subject] = transition.track.state
        before = self.watch.last
        assert self.evaluate(self.twin, look, order=-1) == self.told[-1]
        assert (self.twin.last.tracks, self.twin.last.consequences) == (before.tracks, before.consequences)
        assert self.evaluate(self.watch, look) == []
        assert (self.watch.last.tracks, self.watch.last.consequences) == (before.tracks, before.consequences)

    @rule(
        values=st.dictionaries(st.sampled_from("abc"), st.sampled_from(VALUES), min_size=2),
        later=st.sampled_from([0, 1, 2, 2]),
    )
    def look(self, values: dict[str, Any], later: int) -> None:
        self.at += later
        self.see(Look(self.at, values, self.baseline))

    @rule(value=st.sampled_from(VALUES), others=st.sampled_from([0, 12]), later=st.sampled_from([1, 2]))
    def look_at_the_last(self, value: Any, others: float, later: int) -> None:
        self.at += later
        self.see(Look(self.at, {"a": others, "b": others, "c": value}, self.baseline))

    @rule(upheaval=st.sampled_from(["baseline", "tolerance", "plan"]))
    def end_what_is_open(self, upheaval: str) -> None:
        self.baseline += upheaval == "baseline"
        self.see(Look(self.at, dict.fromkeys("abc", 12), self.baseline, upheaval != "tolerance", upheaval == "plan"))

    @precondition(lambda self: self.standing)
    @rule(data=st.data(), until=st.none() | st.integers(1, 6), is_accepted=st.booleans())
    def acknowledge(self, data: st.DataObject, until: int | None, is_accepted: bool) -> None:
        subject = data.draw(st.sampled_from(sorted(self.standing)))
        said = Said(subject.milestone, None if until is None or is_accepted else self.at + until, is_accepted)
        self.history.append(said)
        self.say(self.watch, said)
        self.say(self.twin, said)
        self.standing[subject] = DeviationState.acknowledged
        if is_accepted:
            del self.standing[subject]

    def teardown(self) -> None:
        if not hasattr(self, "history"):
            return
        assert self.told == Model(self.history, self.tolerance.consecutive).told()
        again, retold = self.new_watch(), []
        for entry in self.history:
            if isinstance(entry, Look):
                retold.append(self.evaluate(again, entry))
            else:
                self.say(again, entry)
        assert retold == self.told


Deviations.TestCase.settings = settings(max_examples=full(500, 25), stateful_step_count=50, deadline=None)
test_any_history = Deviations.TestCase
