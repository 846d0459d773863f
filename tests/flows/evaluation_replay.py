"""The log of evaluations repeated from nothing, with what people said in between; and the histories it must give."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from app.deviations.wire import told_value
from app.domain.deviation_values import DeviationState, Reconciled, Subject, Track
from app.domain.deviations import Scope, reconcile
from app.domain.moments import parse_instant
from app.domain.tolerances import Level
from app.evaluation.judgement import conclude, look
from app.evaluation.observing import views_of
from app.evaluation.tables import evaluations
from app.kit.db import Database
from app.plans.store import Head
from app.plans.tables import plans
from app.tolerances import store as tolerances
from tests.evaluating import deviations, history
from tests.http.build import Json


class Told(NamedTuple):
    """A transition that an evaluation found."""

    evaluation: int
    subject: Subject
    episode: int
    kind: str
    state: str
    level: str
    value: float | None
    resolution: str | None


class Said(NamedTuple):
    """What a person said of a deviation; `until` is when that ends."""

    at: datetime
    subject: Subject
    state: str
    value: float
    until: datetime | None


@dataclass
class Histories:
    """What is recorded of a plan's deviations, as GET answers it."""

    told: list[Told] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


async def recorded(client: httpx.AsyncClient, plan: str = "p") -> Histories:
    """The histories of all deviations of a plan; each must be one that can be."""
    found, known = Histories(), await deviations(client, plan)
    check_identities(known)
    for deviation in known:
        subject = Subject(*(deviation[name] for name in Subject._fields))
        transitions = await history(client, deviation)
        check_history(deviation, transitions)
        for each in transitions:
            if each["evaluation"] is None:
                until = (each["acknowledgement"] or {}).get("until")
                ends = None if until is None else parse_instant(until)
                found.said.append(
                    Said(parse_instant(each["recorded_at"]), subject, each["state"], each["value"], ends)
                )
            else:
                names = ("kind", "state", "level", "value", "resolution")
                told = [each[name] for name in names]
                found.told.append(Told(each["evaluation"], subject, deviation["episode"], *told))
    return found


def check_identities(known: Iterable[Json]) -> None:
    """Of each identity the episodes are counted from 1, and all but the newest are over."""
    episodes: dict[Subject, list[tuple[int, bool]]] = {}
    for each in known:
        subject = Subject(*(each[name] for name in Subject._fields))
        episodes.setdefault(subject, []).append((each["episode"], each["state"] == "resolved"))
    for found in episodes.values():
        found.sort()
        assert [number for number, _ in found] == list(range(1, len(found) + 1)), "episodes are counted"
        assert all(is_over for _, is_over in found[:-1]), "at most one is open"


_AFTER = {"opened": "open", "acknowledged": "acknowledged", "reopened": "open", "resolved": "resolved"}
_RANK = {level.value: rank for rank, level in enumerate(Level)}


def check_history(deviation: Json, transitions: list[Json]) -> None:
    """A history begins with `opened`, ends with `resolved` if at all, and each step follows from the one before."""
    assert [each["number"] for each in transitions] == list(range(1, len(transitions) + 1))
    assert [each["kind"] for each in transitions].count("opened") == 1 == transitions[0]["number"]
    assert transitions[0]["kind"] == "opened"
    for before, after in pairwise(transitions):
        kind = after["kind"]
        assert before["state"] != "resolved", "what is over stays over"
        assert after["state"] == _AFTER.get(kind, before["state"])
        assert kind != "reopened" or before["state"] == "acknowledged"
        assert before["recorded_at"] <= after["recorded_at"]
        rise = _RANK[after["level"]] - _RANK[before["level"]]
        assert rise == 0 or (kind == "worsened" if rise > 0 else kind == "improved")
    last = transitions[-1]
    for name in ("state", "level", "resolution"):
        assert deviation[name] == last[name]


async def head_of(database: Database, workspace_id: int, plan: str) -> Head:
    """The row of a plan, deleted or not."""
    columns = [plans.c[name] for name in Head.__dataclass_fields__]
    here = (plans.c.workspace_id == workspace_id) & (plans.c.key == plan)
    async with database.read() as db:
        return Head(*(await db.execute(select(*columns).where(here))).one())


async def replayed(service: FastAPI, said: Iterable[Said], plan: str = "p", workspace_id: int = 1) -> list[Told]:
    """What the evaluations in a plan's log find, each repeated with what it knew of.

    Nothing is read of what they found; each must come to the same next instant, too.
    """
    database: Database = service.state.database
    head = await head_of(database, workspace_id, plan)
    c = evaluations.c
    mine = select(evaluations).where(c.workspace_id == head.workspace_id, c.plan_id == head.plan_id)
    async with database.read() as db:
        log = (await db.execute(mine.order_by(c.number))).all()
    replay, waiting = _Replay(database, head), sorted(said, key=lambda each: each.at)
    for row in log:
        while waiting and waiting[0].at <= row.evaluated_at:
            replay.hear(waiting.pop(0))
        await replay.repeat(row)
    return replay.found


class _Replay:
    def __init__(self, database: Database, head: Head) -> None:
        self.database, self.head = database, head
        self.tracks: dict[Subject, Track] = {}
        self.episodes: dict[Subject, int] = {}
        self.found: list[Told] = []

    def hear(self, said: Said) -> None:
        """Somebody acknowledges what is open."""
        known = self.tracks[said.subject]._replace(value=said.value, acknowledged_until=said.until)
        is_over = said.state == DeviationState.resolved
        state = None if is_over else DeviationState(said.state)
        self.tracks[said.subject] = known._replace(state=state, is_accepted=is_over)

    async def repeat(self, row: Any) -> None:
        reconciled = self._closed(row) if row.is_closed else await self._judged(row)
        self.tracks = dict(reconciled.tracks)
        for each in reconciled.transitions:
            track = each.track
            self.episodes[each.subject] = track.episode
            state = (track.state or DeviationState.resolved).value
            level = "" if track.level is None else track.level.value
            resolution = None if each.resolution is None else each.resolution.value
            value = None if each.judged is None else told_value(each.judged.value)
            told = (track.episode, each.kind.value, state, level, value, resolution)
            self.found.append(Told(row.number, each.subject, *told))

    def _closed(self, row: Any) -> Reconciled:
        scope = Scope(as_of=row.as_of, now=row.evaluated_at, baselines={}, closed=True)
        return reconcile(self.tracks, (), {}, scope, lambda *_: {})

    async def _judged(self, row: Any) -> Reconciled:
        async with self.database.read() as db:
            watching = await tolerances.at_versions(db, self.head.workspace_id, row.tolerances)
            views = await views_of(db, self.head, watching, row.evaluated_at, row.known_at)
        assert (views[0].snapshot.sequence, views[0].snapshot.revision) == (row.sequence, row.revision)
        looked = look(views, row.as_of, row.evaluated_at, self.tracks.keys())
        past = {
            value.subject: Track(episode=self.episodes[value.subject])
            for value in looked.judged
            if value.subject in self.episodes
        }
        found = conclude(looked, past | self.tracks)
        assert found.next_check_at == row.next_check_at
        return found.reconciled


def _differences(replayed: Iterable[Told], recorded: Iterable[Told]) -> set[Told]:
    """What was not told alike; where there was no value to be judged, the one that is told is what was shown last."""
    ours, theirs = ({each._replace(value=None): each.value for each in told} for told in (replayed, recorded))
    other = {each for each, value in ours.items() if value is not None and theirs.get(each) != value}
    return other | (ours.keys() ^ theirs.keys())


async def check_log(service: FastAPI, client: httpx.AsyncClient, plan: str = "p", workspace_id: int = 1) -> int:
    """Replaying a plan's log from nothing gives the histories that are recorded; how many transitions there are."""
    known = await recorded(client, plan)
    found = await replayed(service, known.said, plan, workspace_id)
    differences = sorted(_differences(found, known.told), key=_order)
    assert not differences, f"of {len(found)} replayed and {len(known.told)} recorded differ {differences}"
    assert len(found) == len(known.told)
    return len(found)


def _order(told: Told) -> tuple[int, str, int, str]:
    return told.evaluation, str(told.subject), told.episode, told.kind
