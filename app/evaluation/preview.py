"""What a tolerance would have found: it is replayed over a plan's history, and nothing is stored."""

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from app.deviations.wire import told_value
from app.domain.deviation_values import Subject, Track, Transition, TransitionKind
from app.domain.moments import to_minutes
from app.domain.tolerances import Level, Tolerance
from app.evaluation.judgement import conclude, look
from app.evaluation.observing import View, views_of
from app.evaluation.problems import PreviewTooLong
from app.events import store as events
from app.kit.db import Database
from app.kit.limits import MAX_PREVIEW_FACTS, MAX_PREVIEW_MILESTONE_STEPS
from app.kit.threads import beside_loop
from app.plans import store as plans
from app.plans.lookup import baseline_of
from app.plans.problems import BaselineNotFound
from app.plans.store import Head


class Period(NamedTuple):
    """From when to when a tolerance is replayed; `known` are the instants at which facts were recorded in it."""

    until: datetime
    known: Sequence[datetime]
    is_sampled: bool


@dataclass(slots=True)
class Replayed:
    """What a replay found so far.

    Attributes:
        evaluations: how many there would have been.
        found: the deviations in the order in which they open, as on the wire.
        tracks: what the last evaluation left to remember.
        episodes: the newest episode of each subject that had a record.
    """

    evaluations: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)
    tracks: dict[Subject, Track] = field(default_factory=dict)
    episodes: dict[Subject, int] = field(default_factory=dict)
    open: dict[Subject, dict[str, Any]] = field(default_factory=dict)


async def replay(database: Database, head: Head, tolerance: Tolerance, period: Period) -> Replayed:
    """Evaluate the plan as if the tolerance had been there: at each fact, and at each next check between two.

    Raises:
        PreviewTooLong: the plan is too large for so many evaluations.
    """
    replayed = Replayed()
    for index, known_at in enumerate(period.known):
        until = period.known[index + 1] if index + 1 < len(period.known) else period.until
        async with database.read() as db:
            views = await views_of(db, head, [tolerance], period.until, known_at)
        size = max(1, len(views[0].snapshot.current))
        if size * (replayed.evaluations + len(period.known) - index) > MAX_PREVIEW_MILESTONE_STEPS:
            raise PreviewTooLong
        await beside_loop(size * 50, _until_next_fact, replayed, views, known_at, until)
    return replayed


def _until_next_fact(replayed: Replayed, views: Sequence[View], known_at: datetime, until: datetime) -> None:
    """Evaluate what is known from one fact to the next: now, and whenever time alone changes a finding."""
    now: datetime | None = known_at
    size = max(1, len(views[0].snapshot.current))
    while now is not None and now <= until:
        if size * replayed.evaluations > MAX_PREVIEW_MILESTONE_STEPS:
            raise PreviewTooLong
        following = _evaluate(replayed, views, now)
        if now == until or (following is not None and following > until):
            return
        now = following


def _evaluate(replayed: Replayed, views: Sequence[View], now: datetime) -> datetime | None:
    snapshot = views[0].snapshot
    as_of = now if snapshot.fields.status_date is None else snapshot.as_of(None, now)[0]
    looked = look(views, as_of, now, replayed.tracks.keys())
    episodes = {value.subject: replayed.episodes.get(value.subject, 0) for value in looked.judged}
    past = {subject: Track(episode=number) for subject, number in episodes.items() if number}
    found = conclude(looked, past | replayed.tracks)
    replayed.evaluations += 1
    replayed.tracks = dict(found.reconciled.tracks)
    for transition in found.reconciled.transitions:
        shown = found.shown.get(transition.subject)
        summary = None if shown is None or shown.evidence is None else shown.evidence.summary
        _note(replayed, transition, (as_of, now), summary)
    return found.next_check_at


def _note(replayed: Replayed, transition: Transition, when: tuple[datetime, datetime], summary: str | None) -> None:
    subject, track, (as_of, now) = transition.subject, transition.track, when
    if transition.kind is TransitionKind.opened:
        told = {
            "milestone": subject.milestone,
            "about": subject.about,
            "baseline": subject.baseline,
            "episode": track.episode,
            "opened_at": now,
            "as_of": as_of,
            "level": track.level,
            "worst_level": track.level,
            "value": told_value(track.value),
            "worst_value": told_value(track.value),
            "resolved_at": None,
            "resolution": None,
            "summary": summary,
        }
        replayed.found.append(told)
        replayed.open[subject] = told
        replayed.episodes[subject] = track.episode
        return
    told = replayed.open[subject]
    if transition.kind is TransitionKind.worsened:
        if track.level is Level.breach:
            told["worst_level"] = track.level
        told["worst_value"] = told_value(track.value)
    elif transition.kind is TransitionKind.resolved:
        told |= {"resolved_at": now, "resolution": transition.resolution}
        del replayed.open[subject]


async def period_of(database: Database, head: Head, first: datetime | None, until: datetime) -> Period:
    """When facts were recorded from `first` to `until`: all of them, or so many that they can be replayed.

    What was known at `first` is where the replay begins; not before the first baseline, which makes a plan active.
    """
    async with database.read() as db:
        facts = sorted(
            await plans.recorded_instants(db, head, until) | await events.recorded_instants(db, head, until)
        )
        with suppress(BaselineNotFound):
            active_since = (await baseline_of(db, head, "original", until)).recorded_at
            first = active_since if first is None else max(first, active_since)
    begin = 0 if first is None else max(0, bisect_right(facts, first) - 1)
    facts = facts[begin:]
    if first is not None and facts and facts[0] < first:
        facts[0] = first
    facts = _one_a_minute(facts)
    if len(facts) <= MAX_PREVIEW_FACTS:
        return Period(until, facts, is_sampled=False)
    step = (len(facts) - 1) / (MAX_PREVIEW_FACTS - 1)
    return Period(until, [facts[round(step * i)] for i in range(MAX_PREVIEW_FACTS)], is_sampled=True)


def _one_a_minute(facts: Sequence[datetime]) -> list[datetime]:
    """The last fact of each minute: what was recorded together is judged together."""
    return list({to_minutes(each): each for each in facts}.values())
