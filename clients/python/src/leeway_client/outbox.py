"""Events that wait to be recorded, and what the server's answer about some of them means; no threads, no network."""

import json
import os
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from leeway_client.errors import ProblemError
from leeway_client.retries import LONGEST_SECONDS, Retries

PATH = "/v1/events/batch"
_PASSING = (408, 429)
_OF_A_PART = (400, 413, 422)  # too much at once, or one event that makes the whole unreadable


class Rejection(NamedTuple):
    """An event that the server does not take."""

    event: dict[str, Any]
    error: ProblemError


class Counts(NamedTuple):
    """What became of the events so far."""

    recorded: int
    """Given to the recorder."""
    accepted: int
    duplicates: int
    """The server had them already."""
    rejected: int

    @property
    def answered(self) -> int:
        """Those that the server has decided about."""
        return self.accepted + self.duplicates + self.rejected


def new_id() -> str:
    """A UUIDv7: unique, and sorted by the millisecond it was made in."""
    stamp = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10))
    return str(UUID(int=stamp & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62)))


def event(plan: str, type_: str, fields: Mapping[str, Any]) -> bytes:
    """An event as JSON; fields that are None are left out, `occurred_at` is now, and `id` is made.

    Raises:
        TypeError, ValueError: something in it is not JSON, or a time without an offset.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    occurred_at = given.get("occurred_at") or datetime.now(UTC)
    if isinstance(occurred_at, datetime) and occurred_at.tzinfo is None:
        raise ValueError("occurred_at needs an offset; a day is a date")
    moment = occurred_at.isoformat() if isinstance(occurred_at, date) else occurred_at
    content = {"id": new_id(), "data": {}, **given, "plan": plan, "type": type_, "occurred_at": moment}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class Done(NamedTuple):
    """The server has answered about each event of a batch."""

    accepted: int
    duplicates: int
    rejections: list[Rejection]


class Again(NamedTuple):
    """A batch has to be sent once more."""

    why: str = ""
    """What it failed with."""
    asked_seconds: float = 0
    """How long the server asks to wait."""
    in_parts: bool = False


def read(batch: list[bytes], outcome: httpx.Response | httpx.TransportError) -> Done | Again:
    """What came of a batch."""
    if isinstance(outcome, httpx.TransportError):
        return Again(f"{type(outcome).__name__}: {outcome}")
    if outcome.status_code == 207:
        return _read_results(batch, outcome.json())
    error = ProblemError.of(outcome)
    if not outcome.is_client_error or error.status in _PASSING:
        return Again(str(error), error.retry_after or 0)
    if error.status in _OF_A_PART and len(batch) > 1:
        return Again(str(error), in_parts=True)
    return Done(0, 0, [Rejection(json.loads(content), error) for content in batch])


def _read_results(batch: list[bytes], answer: Mapping[str, Any]) -> Done:
    rejections = [
        Rejection(json.loads(content), ProblemError.told(result["problem"]))
        for content, result in zip(batch, answer["results"], strict=True)
        if result["status"] == "rejected"
    ]
    return Done(answer["accepted"], answer["duplicates"], rejections)


class Outbox:
    """The events in their order. They leave it when the server has answered about them, and not before."""

    def __init__(self, batch_size: int) -> None:
        """Hold none."""
        self._batch_size = self._whole_batch_size = max(batch_size, 1)
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._retries = Retries(base_seconds=0.25, cap_seconds=15)
        self._failures = 0
        self.counts = Counts(0, 0, 0, 0)
        self.why_not = ""
        """What the last batch failed with; empty if it did not."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_batch(self) -> bool:
        """Whether there is a full batch."""
        return len(self._waiting) >= self._batch_size

    @property
    def oldest_at(self) -> float:
        """When the first of them was added, by `time.monotonic`."""
        return self._waiting[0][1]

    def add(self, content: bytes) -> None:
        """Put one at the end."""
        self._waiting.append((content, time.monotonic()))
        self.counts = self.counts._replace(recorded=self.counts.recorded + 1)

    def batch(self) -> list[bytes]:
        """The first of them, as many as are sent at once. They stay until `settle`."""
        return [content for content, _ in islice(self._waiting, self._batch_size)]

    def waiting(self) -> list[dict[str, Any]]:
        """All of them."""
        return [json.loads(content) for content, _ in self._waiting]

    def settle(self, batch: list[bytes], result: Done | Again) -> float:
        """Take in what came of a batch; answers the seconds until the next is sent."""
        if isinstance(result, Done):
            self._failures, self.why_not = 0, ""
            if len(batch) == 1 and result.rejections:  # the one that spoiled what it was sent with
                self._batch_size = self._whole_batch_size
            for _ in batch:
                self._waiting.popleft()
            recorded, accepted, duplicates, rejected = self.counts
            fresh = accepted + result.accepted, duplicates + result.duplicates, rejected + len(result.rejections)
            self.counts = Counts(recorded, *fresh)
            return 0
        self.why_not = result.why
        if result.in_parts:
            self._batch_size = len(batch) // 2
            return 0
        self._failures += 1
        return max(self._retries.backoff(self._failures), min(result.asked_seconds, LONGEST_SECONDS))
