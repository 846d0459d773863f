"""What the Python client makes of answers: types, errors, pages, and values that it does not know."""

import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, assert_type
from uuid import UUID

import pytest

from benchmarks.client import import_seconds
from leeway_client import (
    NEVER,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    LeewayError,
    NotFound,
    NotModified,
    PreconditionFailed,
    PreconditionRequired,
    ProblemError,
    Response,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unknown,
    connect,
    items,
    pages,
)
from leeway_client.api import delete_plan, get_plan, list_events, list_feed, list_revisions, record_event
from leeway_client.models import (
    CloudEvent,
    FeedPage,
    NoteAddedEvent,
    NoteAddedEventInput,
    NoteData,
    Plan,
    PlanStatus,
    Revision,
    RevisionPage,
)
from leeway_client.unknown import plain
from tests.clients.answering import Answer, Request, Server, answer, answering, problem

PLAN: dict[str, Any] = {
    **dict.fromkeys(("current_baseline", "goal", "owner", "target_finish", "status_date", "currency", "reserve")),
    "key": "p",
    "name": "P",
    "status": "active",
    "revision": 1,
    "time_zone": "UTC",
    "calendar": "always",
    "scheduling": "hold_planned_dates",
    "schedule_options": {
        "progress_logic": "retained",
        "lag_calendar": "predecessor",
        "total_float": "finish",
        "critical_float_minutes": 0,
    },
    "weight_basis": "weight",
    "labels": {},
    "decisions_required_for": [],
    "created_at": "2026-05-01T12:00:00Z",
    "updated_at": "2026-05-01T12:00:00Z",
}


def revision(number: int) -> dict[str, Any]:
    told = {"revision": number, "recorded_at": "2026-05-01T12:00:00Z", "author": "me", "reason": None}
    counts = dict.fromkeys(
        f"{what}_{how}" for what in ("milestones", "dependencies", "parts") for how in ("added", "removed", "changed")
    )
    return {**told, "origin": "api", "change_counts": {"plan_fields": 0, **dict.fromkeys(counts, 0)}}


def three_pages(request: Request) -> Answer:
    """Revisions 1 and 2, then 3 and 4, then 5."""
    first = int(request.path.partition("cursor=c")[2].partition("&")[0] or 1)
    listed = [revision(number) for number in (first, first + 1) if number <= 5]
    return answer(200, {"items": listed, "next_cursor": f"c{first + 2}" if first < 5 else None})


def asked_for(server: Server) -> list[str]:
    return [request.path.partition("?")[2] for request in server.received]


def test_what_is_answered_has_its_type() -> None:
    with answering(answer(200, PLAN, ETag='"7"')) as server, server.connect() as client:
        assert assert_type(get_plan.sync("p", client=client), Plan).status is PlanStatus.ACTIVE
        found = assert_type(get_plan.sync_detailed("p", client=client), Response[Plan])
        assert (found.etag, found.parsed.key, found.http.status_code) == ('"7"', "p", 200)


async def test_what_is_awaited_has_the_same_type() -> None:
    with answering(answer(200, PLAN)) as server:
        async with server.connect() as client:
            assert assert_type(await get_plan.asyncio("p", client=client), Plan).name == "P"
            assert assert_type(await get_plan.asyncio_detailed("p", client=client), Response[Plan]).parsed.key == "p"


def test_an_answer_without_content_is_nothing() -> None:
    with answering(answer(204)) as server, server.connect() as client:
        assert delete_plan.sync_detailed("p", client=client, if_match='"1"').parsed is None


_KINDS = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    413: TooLarge,
    422: Invalid,
    428: PreconditionRequired,
    429: TooManyRequests,
    500: ServerError,
    502: ServerError,
    503: Unavailable,
    418: ProblemError,
}


@pytest.mark.parametrize(("status", "kind"), list(_KINDS.items()))
def test_a_refusal_is_raised_in_the_class_of_its_status(status: int, kind: type[ProblemError]) -> None:
    with answering(problem(status, "a-code", Retry_After="99")) as server, server.connect() as client:
        with pytest.raises(ProblemError) as refused:
            get_plan.sync("p", client=client)
        error = refused.value
        assert type(error) is kind
        told = (error.status, error.code, error.detail, error.request_id, error.retry_after)
        assert told == (status, "a-code", "D", "req-1", 99)


async def test_places_that_are_wrong_are_told() -> None:
    places = [{"pointer": "/name", "code": "missing", "detail": "is required"}]
    refused = answer(422, {"type": "t", "title": "T", "status": 422, "detail": "D", "code": "c", "errors": places})
    with answering(refused) as server:
        async with server.connect() as client:
            with pytest.raises(Invalid, match="/name: is required") as raised:
                await get_plan.asyncio("p", client=client)
    assert raised.value.errors == [FieldError("/name", "missing", "is required")]
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), str(again), again.errors) == (Invalid, str(raised.value), raised.value.errors)


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"", b"[]", b'{"detail": "no more"}', b'{"errors": [{"message": "no"}]}']
)
def test_a_proxy_need_not_know_what_a_problem_is(body: bytes) -> None:
    head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with answering(Answer(head + body)) as server, server.connect() as client:
        with pytest.raises(ServerError) as refused:
            get_plan.sync("p", client=client)
        assert (refused.value.status, refused.value.code, refused.value.request_id) == (502, "http-502", None)


@pytest.mark.parametrize(("status", "kind"), [(304, NotModified), (202, LeewayError), (302, LeewayError)])
def test_what_is_no_success_of_the_operation_is_raised(status: int, kind: type[LeewayError]) -> None:
    with answering(answer(status)) as server, server.connect() as client, pytest.raises(kind):
        get_plan.sync("p", client=client)


def test_a_list_is_read_to_its_end_with_its_parameters() -> None:
    with answering(three_pages) as server, server.connect() as client:
        read = [assert_type(each, Revision) for each in items(list_revisions.sync, "p", client=client, limit=2)]
        assert [each.revision for each in read] == [1, 2, 3, 4, 5]
        assert asked_for(server) == ["limit=2", "limit=2&cursor=c3", "limit=2&cursor=c5"]


async def test_a_list_is_read_to_its_end_with_an_event_loop() -> None:
    with answering(three_pages) as server:
        async with server.connect() as client:
            read = [assert_type(each, Revision) async for each in items(list_revisions.asyncio, "p", client=client)]
            each_page = [
                assert_type(page, RevisionPage) async for page in pages(list_revisions.asyncio, "p", client=client)
            ]
    assert [each.revision for each in read] == [1, 2, 3, 4, 5]
    assert [len(page.items) for page in each_page] == [2, 2, 1]


def test_pages_are_read_when_they_are_asked_for_and_from_any_cursor() -> None:
    with answering(three_pages) as server, server.connect() as client:
        assert next(pages(list_revisions.sync, "p", client=client, cursor="c3")).items[0].revision == 3
        assert asked_for(server) == ["limit=50&cursor=c3"]


def test_the_feed_ends_where_there_is_no_more_for_now() -> None:
    def feed(request: Request) -> Answer:
        return answer(200, {"items": [], "next_cursor": "c", "has_more": "cursor" not in request.path})

    with answering(feed) as server, server.connect() as client:
        read = [assert_type(page, FeedPage) for page in pages(list_feed.sync, client=client)]
        assert [page.has_more for page in read] == [True, False]


def test_a_value_that_is_newer_than_the_client_is_kept() -> None:
    with answering(answer(200, {**PLAN, "status": "merged"})) as server, server.connect() as client:
        found = get_plan.sync("p", client=client).status
        assert (found, found.value, found.is_known, PlanStatus("active").is_known) == (
            "merged",
            "merged",
            False,
            True,
        )
        assert found == PlanStatus("merged")
        assert found not in set(PlanStatus)
    with pytest.raises(ValueError, match="7"):
        PlanStatus(7)  # type: ignore[arg-type]


def test_an_event_of_a_type_that_is_newer_than_the_client_does_not_spoil_the_page() -> None:
    told = {"plan": "p", "sequence": 1, "source": "s", "id": "i", "milestone": None, "actor": None}
    moments = {"occurred_at": "2026-05-01", "recorded_at": "2026-05-01T12:00:00Z"}
    known = {**told, **moments, "type": "note.added", "data": {"text": "hello", "origin": None}}
    newer = {**known, "type": "milestone.dreamt", "data": {"of": "sheep"}}
    with answering(answer(200, {"items": [newer, known], "next_cursor": None})) as server, server.connect() as client:
        first, second = list_events.sync("p", client=client).items
    unknown: Any = first
    assert isinstance(unknown, Unknown)
    assert (unknown.type_, unknown.sequence, unknown.data) == ("milestone.dreamt", 1, {"of": "sheep"})
    assert unknown.to_dict() == newer
    assert isinstance(second, NoteAddedEvent)
    assert second.data.text == "hello"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        ("text", "text"),
        (PlanStatus.ACTIVE, "active"),
        (date(2026, 5, 1), "2026-05-01"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([NoteData(text="x"), 1], [{"text": "x"}, 1]),
        (Unknown({"a": 1}), {"a": 1}),
    ],
)
def test_a_value_of_more_than_one_type_is_sent_as_what_it_is(value: object, told: object) -> None:
    assert plain(value) == told


def test_an_unknown_model_has_the_fields_that_came_and_no_others() -> None:
    found = Unknown({"type": "new", "size": 3})
    assert (found.type_, found.size, repr(found)) == ("new", 3, "Unknown({'type': 'new', 'size': 3})")
    assert not hasattr(found, "colour")


def test_each_of_several_bodies_goes_with_its_media_type() -> None:
    note = NoteAddedEventInput(
        id="1", source="s", type_="note.added", occurred_at="2026-05-01", data=NoteData(text="x")
    )
    told = {"specversion": "1.0", "id": "1", "source": "s", "type": "leeway.note.added", "data": {}}
    cloud = CloudEvent.from_dict({**told, "subject": "plans/p", "time": "2026-05-01T12:00:00Z"})
    with answering(answer(503, {}), answer(503, {})) as server, server.connect(retries=NEVER) as client:
        for body in (note, cloud):
            with pytest.raises(Unavailable):
                record_event.sync("p", client=client, body=body)
        kinds = [request.headers["content-type"] for request in server.received]
        assert kinds == ["application/json", "application/cloudevents+json"]
        assert server.received[0].json["data"] == {"text": "x"}


@pytest.mark.parametrize("missing", ["LEEWAY_URL", "LEEWAY_KEY"])
def test_where_leeway_is_must_be_said_somewhere(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEEWAY_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("LEEWAY_KEY", "lw_key")
    connect()
    monkeypatch.delenv(missing)
    with pytest.raises(LeewayError, match=missing):
        connect()


@pytest.mark.parametrize(
    ("url", "key"), [("leeway.example.com", "lw_key"), ("https://leeway.example.com", "lw\nkey")]
)
def test_what_cannot_be_an_address_or_a_key_is_refused_at_once(url: str, key: str) -> None:
    with pytest.raises(LeewayError):
        connect(url, key)


def test_a_line_end_after_the_key_in_the_environment_is_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEEWAY_KEY", "lw_key\n")
    assert connect("http://127.0.0.1:1").token == "lw_key"


def test_the_key_and_the_headers_are_sent() -> None:
    with answering(answer(200, PLAN)) as server, server.connect(headers={"X-Team": "core"}) as client:
        get_plan.sync("a/b", client=client)
        (request,) = server.received
        assert (request.path, request.headers["authorization"]) == ("/v1/plans/a%2Fb", "Bearer lw_key")
        assert request.headers["x-team"] == "core"


def test_importing_it_costs_little_more_than_importing_httpx() -> None:
    """Processor time, the least of five each: `python -m benchmarks --only importing` tells the figure."""
    ours, theirs = zip(*((import_seconds("leeway_client"), import_seconds("httpx")) for _ in range(5)), strict=True)
    assert min(ours) <= 3 * min(theirs)


def test_using_an_operation_loads_its_own_models_and_few_others() -> None:
    source = Path(__file__).resolve().parents[2] / "clients" / "python" / "src"
    program = f"""
import sys
sys.path.insert(0, {str(source)!r})
def loaded(): return sum(name.startswith("leeway_client.generated.models.") for name in sys.modules)
import leeway_client
assert loaded() == 0
from leeway_client.api import get_plan
from leeway_client.models import PlanPatch
assert 0 < loaded() < 20, loaded()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
