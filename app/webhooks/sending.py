"""Sending: claim what is due in one short transaction, POST with none open, write down what came of it in another.

Whatever dies in between is sent again, with the same `webhook-id`, once its lease is over. The loop never waits for
an answer: each delivery is a task of its own. A slow receiver holds at most four of the hundred places, and a quarter
of them is kept for receivers that took the last one quickly; a workspace holds at most ninety.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.feed.announcements import AnnouncementType
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.logs import log
from app.kit.outbound import LOOKUP_BUSY, Outbound, Reply
from app.kit.problems import ServiceUnavailable
from app.kit.vault import EncryptionKeyMissing, Vault
from app.webhooks import queue, service, spreading, store
from app.webhooks.envelopes import CONTENT_TYPES, Announcement
from app.webhooks.queue import Job
from app.webhooks.schedule import MAX_TRIES, Tried, Verdict, judge
from app.webhooks.signing import headers

MAX_SENDING = 100
KEPT_FOR_PROVEN = 25
MAX_OF_WORKSPACE = 90
DISABLED_TYPE = AnnouncementType.webhook_disabled
_SPREAD_LOOK = 20
_PARTING = timedelta(seconds=5)
_SAFE = timedelta(seconds=20)  # an attempt takes at most 15
_KEYLESS = timedelta(minutes=1)
_BUSY = timedelta(seconds=5)
_CONTENDED_SECONDS = 0.02


class Sender:
    """Sends what is queued, as tasks of its own."""

    def __init__(self, database: Database, vault: Vault, outbound: Outbound, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._outbound = outbound
        self._clock = clock
        self._sending: dict[asyncio.Task[None], Job] = {}
        self._keyless: dict[UUID, datetime] = {}  # webhooks that this process leaves to others, until when
        # However many end at once, requests find a connection.
        self._recording = asyncio.Semaphore(database.writer_count)

    async def run(self, stop: asyncio.Event, seconds: float) -> None:
        """Send what becomes due until `stop` is set; look at once after a commit, else every so many seconds."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            seen = self._database.wakeups.seen("deliveries")
            started = await self._started()
            if not started:
                waiting = asyncio.create_task(self._database.wakeups.wait("deliveries", seen, seconds))
                await asyncio.wait({stopping, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        await self.close()

    async def _started(self) -> int:
        try:
            return await self.send_due()
        except ServiceUnavailable as problem:
            log.warning("deliveries skipped", detail=problem.detail)
        except Exception:  # noqa: BLE001 - one failure must not stop the loop
            log.exception("deliveries failed")
        return 0

    async def send_due(self) -> int:
        """Start to send what is due, as far as there are places; answers how much was done: 0 is to wait."""
        spread = await self._spread()
        if self._room(is_proven=True) <= 0:
            return spread
        async with self._database.read() as db:
            found = await queue.candidates(db, self._clock(), self._only())
        if not found:
            return spread
        jobs = await self._database.write(lambda tx: self._claim(tx, found))
        if not jobs:  # others claim just now: look again when they have
            await asyncio.sleep(_CONTENDED_SECONDS)
            self._database.wakeups.tell("deliveries")
        for job in jobs:
            task = asyncio.create_task(self._send(job))
            self._sending[task] = job
            task.add_done_callback(self._ended)
        return spread + len(jobs)

    async def _spread(self) -> int:
        """Make some of the deliveries of what was announced to many; answers how many."""
        try:
            async with self._database.read() as db:
                waiting = list(await spreading.waiting(db, _SPREAD_LOOK))
            random.shuffle(waiting)
            for one in waiting:
                work = partial(spreading.spread_some, workspace_id=one.workspace_id, webhook_id=one.webhook_id)
                made = await self._database.write(work)
                if made:
                    return made
        except Exception:  # noqa: BLE001 - what is made already is sent all the same
            log.exception("deliveries not made")
        return 0

    def _only(self) -> queue.Only:
        now = self._clock()
        self._keyless = {webhook_id: until for webhook_id, until in self._keyless.items() if until > now}
        counts = Counter(job.workspace_id for job in self._sending.values())
        full = [workspace_id for workspace_id, count in counts.items() if count >= MAX_OF_WORKSPACE]
        return queue.Only(self._room(is_proven=False) <= 0, full, list(self._keyless))

    async def settled(self) -> None:
        """Wait until everything that was started has ended."""
        while self._sending:
            await asyncio.wait(set(self._sending))

    async def close(self) -> None:
        """Let what is being sent end within 5 seconds, and give the rest back."""
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=_PARTING.total_seconds())
        left = dict(self._sending)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for job in left.values():
            with suppress(ServiceUnavailable):
                await self._database.write(lambda tx, job=job: queue.release(tx, job))  # type: ignore[misc]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._database.wakeups.tell("deliveries")  # there is a place again, and perhaps a successor

    def _room(self, *, is_proven: bool) -> int:
        """How many more may be sent; a webhook is proven that took the last one quickly."""
        return MAX_SENDING - (0 if is_proven else KEPT_FOR_PROVEN) - len(self._sending)

    async def _claim(self, tx: AsyncConnection, found: Sequence[Row[Any]]) -> list[Job]:
        jobs: list[Job] = []
        counts = Counter(job.workspace_id for job in self._sending.values())
        for candidate in found:
            left = MAX_OF_WORKSPACE - counts[candidate.workspace_id]
            left -= sum(job.workspace_id == candidate.workspace_id for job in jobs)
            room = min(self._room(is_proven=candidate.is_proven) - len(jobs), left)
            if room > 0:
                jobs += await queue.claim(tx, candidate.workspace_id, candidate.webhook_id, self._clock(), room)
        return jobs

    async def _send(self, job: Job) -> None:
        try:
            if self._clock() > job.leased_until - _SAFE:
                return  # held up for so long that somebody else may send it by now
            secrets = self._secrets(job)
            if secrets is None:
                await self._database.write(lambda tx: queue.release(tx, job))
                return
            reply = await self._attempt(job, secrets)
            if reply.error == LOOKUP_BUSY:  # that is not the receiver's failure: it is tried again in a while
                self._keyless[job.webhook_id] = self._clock() + _BUSY
                await self._database.write(lambda tx: queue.release(tx, job))
                return
            luck = random.uniform(-1, 1)  # noqa: S311
            async with self._recording:
                await self._database.write(lambda tx: self._record(tx, job, reply, luck))
        except ServiceUnavailable as problem:
            log.warning("attempt not recorded", delivery=str(job.item_id), detail=problem.detail)
        except Exception:  # noqa: BLE001 - the lease ends by itself, and it is sent again
            log.exception("delivery failed", delivery=str(job.item_id))

    def _secrets(self, job: Job) -> list[str] | None:
        """What it is signed with; None: this process has no key for them, and leaves the webhook to others."""
        try:
            return [self._vault.open(sealed) for sealed in job.sealed]
        except EncryptionKeyMissing:
            log.error("no key for the secret of a webhook", webhook_id=str(job.webhook_id))
            self._keyless[job.webhook_id] = self._clock() + _KEYLESS
            return None

    async def _attempt(self, job: Job, secrets: Sequence[str]) -> Reply:
        body = job.body.encode()
        signed = headers(job.item_id, self._clock(), body, secrets)
        plain = {"content-type": CONTENT_TYPES[job.format], "user-agent": "Leeway", "accept": "*/*"}
        return await self._outbound.post(job.url, {**plain, **signed}, body)

    async def _record(self, tx: AsyncConnection, job: Job, reply: Reply, luck: float) -> None:
        """Log an attempt, and move its delivery, its lane and its webhook on."""
        now = self._clock()
        is_ours = await queue.lock_lane(tx, job)
        counts = await queue.tried(tx, job)
        if counts is not None:
            since, last = await store.failures(tx, job.workspace_id, job.webhook_id)
            most = service.TEST_TRIES if job.type == service.TEST_TYPE else MAX_TRIES
            verdict = judge(Tried(now, reply.status, reply.retry_after, counts.tries + 1, since, last, luck, most))
            changes = _changes(verdict, counts.tries + 1, now) if is_ours else {}
            await queue.log_attempt(tx, job, counts.attempt_count + 1, _logged(reply, now), **changes)
            await self._judge_webhook(tx, job, verdict, reply.duration_ms)
        if is_ours:
            await queue.release(tx, job)

    async def _judge_webhook(self, tx: AsyncConnection, job: Job, verdict: Verdict, taken_ms: int) -> None:
        workspace_id, webhook_id, now = job.workspace_id, job.webhook_id, self._clock()
        if verdict.failing_since is None:
            await store.note_success(tx, workspace_id, webhook_id, now, taken_ms)
            return
        await store.note_failure(tx, workspace_id, webhook_id, verdict.failing_since, now)
        if verdict.disable is None:
            return
        key = await store.disable(tx, workspace_id, webhook_id, verdict.disable, now)
        if key is not None:
            data = {"webhook": key, "reason": verdict.disable, "failing_since": verdict.failing_since}
            said = Announcement(DISABLED_TYPE, now, None, None, data)
            await service.announce(tx, workspace_id, [said])


def _changes(verdict: Verdict, tries: int, now: datetime) -> dict[str, Any]:
    finished_at = None if verdict.state == "pending" else now
    changed = {"state": verdict.state, "tries": tries, "next_attempt_at": verdict.next_attempt_at}
    return {**changed, "finished_at": finished_at}


def _logged(reply: Reply, now: datetime) -> dict[str, Any]:
    return {
        "attempted_at": now - timedelta(milliseconds=reply.duration_ms),
        "duration_ms": reply.duration_ms,
        "status": reply.status,
        "error": reply.error,
        "excerpt": reply.excerpt,
    }
