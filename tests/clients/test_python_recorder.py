"""The recorder of the Python client: batches, nothing lost, nothing twice, whatever the server does."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from leeway_client import AsyncEventRecorder, Counts, EventRecorder, LeewayError, Rejection, Undelivered
from tests.clients.answering import RESET, Answer, Request, Server, answer, answering, cut, problem

Record = Callable[..., Awaitable[EventRecorder | AsyncEventRecorder]]


def results(request: Request, status: str = "accepted", **more: Any) -> Answer:
    """The answer to a batch, all of it alike."""
    each = [{"index": i, "status": status, "problem": None, **more} for i, _ in enumerate(request.json)]
    counts = {"accepted": 0, "duplicates": 0, "rejected": 0, status.replace("duplicate", "duplicates"): len(each)}
    return answer(207, {**counts, "results": each})


def rejected(request: Request) -> Answer:
    told = {"type": "/problems/x", "title": "T", "status": 422, "detail": "D", "code": "invalid", "errors": []}
    return results(request, "rejected", problem=told)


def sent(server: Server) -> list[Any]:
    """The `id`s of each batch that came."""
    return [[event["id"] for event in request.json] for request in server.received]


async def sync_record(server: Server, ids: list[str], **options: Any) -> EventRecorder:
    with EventRecorder(server.connect(), source="tests", **options) as recorder:
        for each in ids:
            recorder.record("p", "note.added", id=each, data={"text": "ü"})
    return recorder


async def async_record(server: Server, ids: list[str], **options: Any) -> AsyncEventRecorder:
    async with AsyncEventRecorder(server.connect(), source="tests", **options) as recorder:
        for each in ids:
            await recorder.record("p", "note.added", id=each, data={"text": "ü"})
    return recorder


@pytest.fixture(params=[sync_record, async_record], ids=["sync", "async"])
def record(request: pytest.FixtureRequest) -> Record:
    """Record events of these ids, by either of the two, and close it."""
    found: Record = request.param
    return found


async def test_events_go_out_in_batches_and_in_order(record: Record) -> None:
    with answering(results) as server:
        recorder = await record(server, list("abcdefg"), batch_size=3, flush_seconds=60)
        assert sent(server) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
        # Each event names itself: the server need not keep the answers for a repeat of the batch.
        assert not any("idempotency-key" in request.headers for request in server.received)
        assert recorder.counts == Counts(recorded=7, accepted=7, duplicates=0, rejected=0)


@pytest.mark.parametrize("failure", [RESET, problem(503), problem(429, Retry_After="0"), problem(500), answer(302)])
async def test_what_fails_is_sent_again_until_it_is_answered(record: Record, failure: Answer) -> None:
    with answering(results, failure, failure, results) as server:
        recorder = await record(server, list("abcd"), batch_size=2)
        assert sent(server) == [["a", "b"], ["c", "d"], ["c", "d"], ["c", "d"]]
        assert recorder.counts == Counts(4, 4, 0, 0)


async def test_an_answer_that_was_lost_makes_no_second_event(record: Record) -> None:
    with answering(lambda request: cut(results(request), 3), lambda request: results(request, "duplicate")) as server:
        recorder = await record(server, ["a", "b"])
        assert sent(server) == [["a", "b"], ["a", "b"]]
        assert recorder.counts == Counts(2, 0, 2, 0)


async def test_rejected_events_are_kept_with_the_reason(record: Record) -> None:
    with answering(rejected) as server:
        recorder = await record(server, ["a"])
        ((event, error),) = recorder.rejected
        assert (event["id"], event["data"], error.code) == ("a", {"text": "ü"}, "invalid")
        assert recorder.counts == Counts(1, 0, 0, 1)


async def test_rejected_events_are_handed_over_and_a_failure_of_that_stops_nothing(record: Record) -> None:
    seen: list[Rejection] = []

    def take(rejection: Rejection) -> None:
        seen.append(rejection)
        raise RuntimeError("of the program")

    with answering(rejected) as server:
        recorder = await record(server, ["a", "b"], on_rejected=take)
        assert [rejection.event["id"] for rejection in seen] == ["a", "b"]
        assert recorder.rejected == []


async def test_a_batch_that_is_refused_as_a_whole_is_rejected_event_by_event(record: Record) -> None:
    with answering(problem(403, "forbidden")) as server:
        recorder = await record(server, ["a", "b"])
        assert [error.code for _, error in recorder.rejected] == ["forbidden", "forbidden"]


async def test_a_batch_that_is_too_large_is_halved(record: Record) -> None:
    with answering(lambda r: results(r) if len(r.json) < 3 else problem(413)) as server:
        recorder = await record(server, list("abcdefgh"), batch_size=8)
        assert [len(batch) for batch in sent(server)] == [8, 4, 2, 2, 2, 2]
        assert recorder.counts.accepted == 8


async def test_one_event_that_spoils_a_batch_is_rejected_alone(record: Record) -> None:
    """As text with a NUL does: the server cannot read any of what it came with."""

    def spoiled(request: Request) -> Answer:
        return problem(422, "invalid-request") if "f" in [event["id"] for event in request.json] else results(request)

    with answering(spoiled) as server:
        recorder = await record(server, list("abcdefghij"), batch_size=8)
        assert [event["id"] for event, _ in recorder.rejected] == ["f"]
        assert recorder.counts == Counts(10, 9, 0, 1)
        assert sent(server)[-1] == ["g", "h", "i", "j"]  # in whole batches again


@pytest.mark.parametrize("nonsense", [answer(207, {}), answer(207), answer(403, {"errors": [{"message": "no"}]})])
async def test_an_answer_that_makes_no_sense_does_not_stop_it(record: Record, nonsense: Answer) -> None:
    with answering(nonsense, results) as server:
        recorder = await record(server, ["a", "b"], batch_size=1)
        assert recorder.counts.answered == 2


async def test_it_may_be_closed_however_long_the_server_asks_to_wait(record: Record) -> None:
    with answering(problem(503, Retry_After="9" * 400)) as server:
        with pytest.raises(Undelivered, match="503"):
            await record(server, ["a"], close_seconds=0.3)
        assert len(server.received) == 1


async def test_what_is_rejected_without_anybody_listening_is_logged(
    record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    with answering(problem(401, "unauthorized")) as server:
        await record(server, ["a", "b"])
    assert [each.getMessage() for each in caplog.records if each.name == "leeway_client"] == [
        "2 events were rejected, the first with 401 unauthorized: D"
    ]


def test_on_rejected_may_record_though_it_is_full() -> None:
    with answering(rejected, results) as server:

        def again(rejection: Rejection) -> None:
            recorder.record("p", "note.added", id=f"{rejection.event['id']}-again")

        recorder = EventRecorder(server.connect(), source="t", max_pending=2, on_rejected=again)
        for each in "ab":
            recorder.record("p", "note.added", id=each)
        recorder.flush(timeout_seconds=20)
        recorder.close()
        assert sent(server) == [["a", "b"], ["a-again", "b-again"]]


def test_a_recorder_that_may_hold_less_than_a_batch_sends_what_it_holds() -> None:
    with (
        answering(results) as server,
        EventRecorder(server.connect(), source="t", batch_size=500, max_pending=2, flush_seconds=60) as recorder,
    ):
        for each in "abc":
            recorder.record("p", "note.added", id=each)
        assert sent(server) == [["a", "b"]]


def test_flush_does_not_wait_for_what_was_given_back() -> None:
    with answering(problem(503)) as server:
        recorder = EventRecorder(server.connect(), source="t")
        recorder.record("p", "note.added")
        for end in (lambda: recorder.close(0.1), recorder.flush):
            with pytest.raises(Undelivered, match="503 some-code: D"):
                end()


def test_what_is_wrong_with_the_connection_is_raised_where_the_first_event_is() -> None:
    with answering(results) as server:
        recorder = EventRecorder(server.connect(no_such_option=1), source="t")
        with pytest.raises(TypeError, match="no_such_option"):
            recorder.record("p", "note.added")
        with pytest.raises(TypeError, match="no_such_option"):
            recorder.close()


def test_events_wait_no_longer_than_they_are_told_to() -> None:
    with answering(results) as server, EventRecorder(server.connect(), source="t", flush_seconds=0.05) as recorder:
        recorder.record("p", "note.added")
        deadline = time.monotonic() + 10
        while recorder.counts.accepted == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert recorder.counts.accepted == 1


def test_flush_waits_for_the_answer_and_says_if_it_does_not_come() -> None:
    gate = threading.Event()

    def when_open(request: Request) -> Answer:
        gate.wait(20)
        return results(request)

    with answering(when_open) as server, EventRecorder(server.connect(), source="t", flush_seconds=60) as recorder:
        recorder.record("p", "note.added")
        with pytest.raises(TimeoutError):
            recorder.flush(timeout_seconds=0.1)
        gate.set()
        assert recorder.flush(timeout_seconds=20).accepted == 1


async def test_a_full_recorder_makes_the_program_wait(record: Record) -> None:
    gate, waiting = threading.Event(), []

    def when_open(request: Request) -> Answer:
        waiting.append(len(server.received))
        gate.wait(20)
        return results(request)

    with answering(when_open) as server:
        threading.Timer(0.3, gate.set).start()
        began = time.monotonic()
        recorder = await record(server, list("abcdef"), batch_size=2, max_pending=2)
        assert time.monotonic() - began >= 0.25
        assert sent(server) == [["a", "b"], ["c", "d"], ["e", "f"]]
        assert recorder.counts.accepted == 6


async def test_what_cannot_be_delivered_is_given_back(record: Record) -> None:
    with answering(problem(503)) as server:
        with pytest.raises(Undelivered) as left:
            await record(server, ["a", "b"], close_seconds=0.2)
        assert [event["id"] for event in left.value.events] == ["a", "b"]


def test_nothing_is_taken_once_it_is_closed() -> None:
    with answering(results) as server:
        recorder = EventRecorder(server.connect(), source="t")
        recorder.close()
        recorder.close()
        with pytest.raises(LeewayError):
            recorder.record("p", "note.added")
        assert server.received == []


def test_the_client_may_be_closed_before_the_recorder() -> None:
    with answering(results) as server:
        with server.connect() as client:
            recorder = EventRecorder(client, source="t", flush_seconds=60)
            recorder.record("p", "note.added")
        recorder.close()
        assert recorder.counts.accepted == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (datetime(2026, 5, 1, 12, tzinfo=UTC), "2026-05-01T12:00:00+00:00"),
        (date(2026, 5, 1), "2026-05-01"),
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z"),
    ],
)
def test_a_moment_may_be_given_as_it_is_at_hand(given: datetime | date | str, told: str) -> None:
    with answering(results) as server, EventRecorder(server.connect(), source="ci") as recorder:
        recorder.record("p", "milestone.completed", milestone="m", occurred_at=given, actor="me")
        recorder.flush()
        (event,) = server.received[0].json
        assert event.pop("id")
        moment = {"occurred_at": told, "actor": "me", "data": {}}
        assert event == {"plan": "p", "type": "milestone.completed", "milestone": "m", "source": "ci", **moment}


def test_ids_and_moments_are_made_where_they_are_not_given() -> None:
    with answering(results) as server, EventRecorder(server.connect(), source="ci") as recorder:
        before = datetime.now(UTC)
        for _ in range(50):
            recorder.record("p", "note.added")
        recorder.flush()
        events = server.received[0].json
        ids = [UUID(event["id"]) for event in events]
        assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}
        assert len(set(ids)) == 50
        assert before <= datetime.fromisoformat(events[0]["occurred_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"data": {"a": object()}},
        {"data": {"a": float("nan")}},
        {"data": {"a": "\ud800"}},
        {"occurred_at": datetime(2026, 5, 1)},  # noqa: DTZ001 - that is the point
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(fields: dict[str, Any]) -> None:
    with answering(results) as server:
        with EventRecorder(server.connect(), source="t") as recorder, pytest.raises((TypeError, ValueError)):
            recorder.record("p", "note.added", **fields)
        assert server.received == []


_IMPORTS = """import asyncio, os, signal, threading
from leeway_client import AsyncEventRecorder, EventRecorder, connect
"""
_PROGRAMS = {
    "sync": """
recorder = EventRecorder(connect(), source="t", flush_seconds=60)
for number in range(25):
    recorder.record("p", "note.added", id=str(number))
""",
    "async": """
async def main():
    recorder = AsyncEventRecorder(connect(), source="t", flush_seconds=60)
    for number in range(25):
        await recorder.record("p", "note.added", id=str(number))
asyncio.run(main())
""",
    "fork": """
recorder = EventRecorder(connect(), source="t", flush_seconds=60)
recorder.record("p", "note.added", id="0")
recorder.flush()
if os.fork() == 0:
    for number in range(1, 25):
        recorder.record("p", "note.added", id=str(number))
    recorder.close()
    os._exit(0)
os.wait()
""",
    "fork while others record": """
recorder = EventRecorder(connect(), source="t", flush_seconds=60)
others = EventRecorder(connect("http://127.0.0.1:1"), source="t", max_pending=10**9)
def busy():
    while True:
        others.record("p", "note.added")
threading.Thread(target=busy, daemon=True).start()
for number in range(25):
    if os.fork() == 0:
        signal.alarm(10)
        others.record("p", "note.added")
        recorder.record("p", "note.added", id=str(number))
        recorder.close()
        os._exit(0)
    os.wait()
os._exit(0)
""",
}


def ended(script: Path, server: Server) -> str:
    """Run a program to its end; what it wrote to its standard error."""
    given = {"LEEWAY_URL": server.address, "LEEWAY_KEY": "lw_key", "PYTHONPATH": os.pathsep.join(sys.path)}
    environ = {**os.environ, **given}
    done = subprocess.run([sys.executable, script], env=environ, stderr=subprocess.PIPE, timeout=30, check=True)
    return done.stderr.decode()


@pytest.mark.parametrize("program", list(_PROGRAMS))
def test_the_end_of_the_program_sends_what_is_left(program: str, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(_IMPORTS + _PROGRAMS[program])
    with answering(results) as server:
        assert ended(script, server) == ""
        assert [each for batch in sent(server) for each in batch] == [str(number) for number in range(25)]


def test_the_end_of_the_program_tells_what_is_lost(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "from leeway_client import EventRecorder, connect\n"
        "EventRecorder(connect(), source='t', close_seconds=0.1).record('p', 'note.added', id='of-last-resort')\n"
    )
    with answering(problem(503)) as server:
        told = ended(script, server)
        assert "1 events were not delivered" in told
        assert "of-last-resort" in told


def test_many_threads_may_record_at_once() -> None:
    with answering(results) as server:
        with EventRecorder(server.connect(), source="t", batch_size=7, max_pending=20) as recorder:

            def run(name: int) -> None:
                for number in range(50):
                    recorder.record("p", "note.added", id=f"{name}-{number}")

            with ThreadPoolExecutor(8) as threads:
                list(threads.map(run, range(8)))
        ids = [each for batch in sent(server) for each in batch]
        assert sorted(ids) == sorted(f"{name}-{number}" for name in range(8) for number in range(50))
