"""Access: keys, scopes and workspaces, walked over every operation there is."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access import store
from app.access.service import Scope, revoke_key
from app.settings import Settings
from tests.http import build
from tests.http.build import Unread, failure, ok, serving
from tests.http.operations import PROTECTED, USUAL, lay_out
from tests.service import ADMIN_KEY, NOW, MakeClient, TestClock

MakeKey = Callable[..., Awaitable[str]]
EVERYTHING = tuple(scope.value for scope in Scope if scope is not Scope.admin)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With keys that are looked up at each request."""
    return settings.model_copy(update={"key_cache_seconds": 0})


async def ask(client: httpx.AsyncClient, authorization: str | bytes | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return await client.get("/v1/plans", headers=headers)  # type: ignore[arg-type]


UNKNOWN = [
    None,
    "",
    "Bearer",
    "Bearer ",
    f"Basic {ADMIN_KEY}",
    ADMIN_KEY,
    f"Bearer {ADMIN_KEY}x",
    f"Bearer {ADMIN_KEY[:-1]}",
    f"Bearer {ADMIN_KEY} {ADMIN_KEY}",
    "Bearer lw_unknown",
    f"Bearer lw_{'x' * 10_000}",
    b"Bearer lw_\xff\xfe\xe9",
    "Bearer lw_schlüssel".encode(),
    b"Bearer lw_" + b"\xc3" * 48,
]


async def test_without_a_key_that_is_known_nothing_is_answered(make_client: MakeClient) -> None:
    for authorization in UNKNOWN:
        answer = await ask(make_client(None), authorization)
        assert failure(answer) == (401, "unauthorized"), authorization
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="leeway"'


async def test_the_scheme_is_read_in_any_case(make_client: MakeClient) -> None:
    assert (await ask(make_client(None), f"bEARER {ADMIN_KEY}")).status_code == 200


async def test_a_mistyped_key_is_told_from_a_wrong_one(make_client: MakeClient, make_key: MakeKey) -> None:
    key = await make_key("plans:read")
    assert (await make_client(key).get("/v1/plans")).status_code == 200
    other = "A" if key[10] != "A" else "B"
    mistyped = await ask(make_client(None), f"Bearer {key[:10]}{other}{key[11:]}")
    assert failure(mistyped) == (401, "unauthorized")
    assert "mistyped" in mistyped.json()["detail"]


async def test_a_key_expires(make_client: MakeClient, make_key: MakeKey, clock: TestClock) -> None:
    client = make_client(await make_key("plans:read", expires_at=NOW + timedelta(hours=1)))
    clock.advance(hours=1, microseconds=-1)
    assert (await client.get("/v1/plans")).status_code == 200
    clock.advance(microseconds=1)
    expired = await client.get("/v1/plans")
    assert failure(expired) == (401, "unauthorized")
    assert "expired" in expired.json()["detail"]
    assert "WWW-Authenticate" in expired.headers


async def revoke(service: FastAPI, name: str) -> None:
    async with service.state.database.read() as db:
        (key_id,) = [row.key_id for row in await store.list_keys(db) if row.name == name]
    await service.state.database.write(lambda tx: revoke_key(tx, key_id, NOW))


async def test_a_revoked_key_opens_nothing(make_client: MakeClient, make_key: MakeKey, service: FastAPI) -> None:
    client = make_client(await make_key("plans:read", name="gone"))
    assert (await client.get("/v1/plans")).status_code == 200
    await revoke(service, "gone")
    revoked = await client.get("/v1/plans")
    assert failure(revoked) == (401, "unauthorized")
    assert "revoked" in revoked.json()["detail"]


async def test_a_checked_key_is_trusted_for_the_seconds_of_the_setting_and_no_longer(
    settings: Settings, service: FastAPI, make_key: MakeKey, clock: TestClock
) -> None:
    key = await make_key("plans:read", name="gone")
    async with serving(settings.model_copy(update={"key_cache_seconds": 3.0}), clock, key) as client:
        assert (await client.get("/v1/plans")).status_code == 200
        await revoke(service, "gone")
        clock.advance(seconds=2.9)
        assert (await client.get("/v1/plans")).status_code == 200
        clock.advance(seconds=0.1)
        assert (await client.get("/v1/plans")).status_code == 401


async def test_only_the_hash_of_a_key_is_stored(service: FastAPI, make_key: MakeKey) -> None:
    keys = [ADMIN_KEY, await make_key("plans:read")]
    async with service.state.database.read() as db:
        stored = repr((await db.execute(text("SELECT * FROM api_keys"))).all())
    assert [key for key in keys if key in stored or key[8:] in stored] == []


async def test_admin_includes_every_scope(client: httpx.AsyncClient) -> None:
    for operation in PROTECTED:
        assert (await operation.send(client, "nothing")).status_code not in {401, 403}


STATING = [
    ("PUT", "/v1/plans/p/document", build.document()),
    ("POST", "/v1/plans", {"name": "New"}),
    ("POST", "/v1/plans/p/baselines", build.baseline()),
]


async def test_stating_when_something_was_recorded_needs_a_scope_of_its_own(
    make_client: MakeClient, make_key: MakeKey
) -> None:
    client = make_client(await make_key("plans:write", "events:write"))
    for method, path, content in STATING:
        params = {"recorded_at": "2026-01-01T00:00:00Z"}
        answer = await client.request(method, path, json=content, params=params)
        assert failure(answer) == (403, "forbidden")
        assert "history:write" in answer.json()["detail"]


async def test_so_does_stating_it_of_an_event(make_client: MakeClient, make_key: MakeKey) -> None:
    client = make_client(await make_key("events:write"))
    stated = build.event(recorded_at="2026-01-01T00:00:00Z")
    assert failure(await client.post("/v1/plans/p/events", json=stated)) == (403, "forbidden")
    assert failure(await client.post("/v1/events/batch", json=[{**stated, "plan": "p"}])) == (403, "forbidden")


JSON = {"Content-Type": "application/json"}
HOSTILE: list[dict[str, Any]] = [
    {"headers": JSON},
    {"headers": JSON, "content": b'{"a": NaN'},
    {"headers": JSON, "params": {"foo": "1"}},
    {"headers": {"Content-Type": "text/plain"}},
    {"headers": {**JSON, "Content-Length": str(1 << 40)}},
    {"headers": {**JSON, "Content-Encoding": "gzip"}},
    {"headers": {**JSON, "Authorization": "Bearer lw_unknown"}},
]


class TestEveryOperation:
    """The walk: operation by missing credential, missing scope, other workspace."""

    async def test_works_with_its_own_scopes_alone(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        keys = {scopes: await make_key(*scopes) for scopes in {operation.scopes for operation in PROTECTED}}
        clients = {scopes: make_client(key) for scopes, key in keys.items()}
        failed = {}
        for operation in PROTECTED:
            name = operation.id.replace("_", "-")
            await lay_out(client, name, operation.parts)
            answer = await operation.send(clients[operation.scopes], name)
            if not answer.is_success or '"rejected":1' in answer.text:
                failed[operation.id] = answer.text
        assert failed == {}

    async def test_is_closed_without_a_key(self, client: httpx.AsyncClient, make_client: MakeClient) -> None:
        await lay_out(client, "theirs")
        answers = {operation.id: await operation.send(make_client(None), "theirs") for operation in PROTECTED}
        assert {failure(answer) for answer in answers.values()} == {(401, "unauthorized")}
        assert {answer.headers.get("WWW-Authenticate") for answer in answers.values()} == {'Bearer realm="leeway"'}

    async def test_does_no_work_for_a_caller_without_a_key(self, make_client: MakeClient) -> None:
        stranger = make_client(None)
        for operation in PROTECTED:
            for hostile in HOSTILE:
                sent = {"content": Unread(), **hostile}
                answer = await stranger.request(operation.method, operation.path_of("p"), **sent)
                assert failure(answer) == (401, "unauthorized"), (operation.id, hostile)

    async def test_is_closed_to_a_key_with_every_scope_but_its_own(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        await lay_out(client, "theirs")
        for missing in {scope for operation in PROTECTED for scope in operation.scopes}:
            other = make_client(await make_key(*(scope for scope in EVERYTHING if scope != missing)))
            for operation in PROTECTED:
                if missing in operation.scopes:
                    answer = await operation.send(other, "theirs")
                    assert failure(answer) == (403, "forbidden"), operation.id
                    assert missing in answer.json()["detail"]

    async def test_hides_another_workspaces_objects_behind_the_answer_for_unknown_ones(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        await lay_out(client, "theirs", [*USUAL, "import", "deviation"])
        stranger = make_client(await make_key(*EVERYTHING, workspace="other"))
        for operation in PROTECTED:
            if operation.names_an_object:
                theirs = await operation.send(stranger, "theirs", **{"X-Request-ID": "fixed"})
                unknown = await operation.send(stranger, "unknown", **{"X-Request-ID": "fixed"})
                assert theirs.status_code == 404, operation.id
                assert theirs.content == unknown.content, operation.id
                assert theirs.headers == unknown.headers, operation.id

    async def test_leaves_another_workspaces_objects_as_they_were(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        await lay_out(client, "theirs")
        paths = ("", "/document", "/revisions", "/baselines", "/events", "/variance")
        before = [(await client.get(f"/v1/plans/theirs{path}")).content for path in paths]
        stranger = make_client(await make_key("admin", workspace="other"))
        for operation in PROTECTED:
            await operation.send(stranger, "theirs")
        assert [(await client.get(f"/v1/plans/theirs{path}")).content for path in paths] == before
        assert (await client.get("/v1/calendars/theirs")).json()["version"] == 1


async def test_a_put_creates_in_the_callers_own_workspace(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    await build.put(client, "p", build.document(name="Ours"))
    stranger = make_client(await make_key("admin", workspace="other"))
    assert ok(await stranger.put("/v1/plans/p/document", json=build.document(name="Theirs")))["created"]
    assert (await build.get(client, "/v1/plans/p"))["name"] == "Ours"
    assert (await build.get(stranger, "/v1/plans/p"))["name"] == "Theirs"


async def test_lists_show_the_callers_workspace_alone(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    await lay_out(client, "theirs")
    stranger = make_client(await make_key("admin", workspace="other"))
    assert (await build.get(stranger, "/v1/plans"))["items"] == []
    calendars = (await build.get(stranger, "/v1/calendars"))["items"]
    assert [calendar["key"] for calendar in calendars if not calendar["built_in"]] == []


async def test_a_batch_judges_another_workspaces_plan_as_unknown(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    await lay_out(client, "theirs")
    stranger = make_client(await make_key("events:write", workspace="other"))
    batch = [{**build.event(), "plan": "theirs"}, {**build.event(), "plan": "unknown"}]
    theirs, unknown = ok(await stranger.post("/v1/events/batch", json=batch))["results"]
    assert theirs["problem"] == unknown["problem"]
    assert theirs["problem"]["code"] == "plan-not-found"


async def test_another_workspaces_calendar_is_unknown_to_a_plan(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    await lay_out(client, "theirs")
    stranger = make_client(await make_key("admin", workspace="other"))
    content = build.document(build.milestone(calendar="theirs"), calendar="unknown")
    answer = await stranger.put("/v1/plans/p/document", json=content)
    assert build.places(answer) == [("/calendar", "unknown_calendar"), ("/milestones/0/calendar", "unknown_calendar")]


async def test_event_names_are_a_workspaces_own(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    stranger = make_client(await make_key("admin", workspace="other"))
    for each in (client, stranger):
        await build.put(each, "p", build.document())
        assert (await each.post("/v1/plans/p/events", json=build.event())).status_code == 201


class TestTheFirstKey:
    """A new database gets one workspace and one admin key."""

    async def test_is_the_one_given(self, settings: Settings, clock: TestClock) -> None:
        async with serving(settings, clock, ADMIN_KEY) as client:
            assert (await client.get("/v1/plans")).status_code == 200

    async def test_is_never_printed_when_given(
        self, settings: Settings, clock: TestClock, capfd: pytest.CaptureFixture[str]
    ) -> None:
        async with serving(settings, clock):
            assert ADMIN_KEY not in "".join(capfd.readouterr())

    async def test_is_made_and_printed_once_when_none_is_given(
        self, settings: Settings, clock: TestClock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        without = settings.model_copy(update={"bootstrap_key": None})
        async with serving(without, clock) as client:
            (key,) = [word for word in capsys.readouterr().out.split() if word.startswith("lw_")]
            assert (await ask(client, f"Bearer {key}")).status_code == 200
        async with serving(without, clock, key) as again:
            assert "lw_" not in capsys.readouterr().out
            assert (await again.get("/v1/plans")).status_code == 200

    async def test_is_not_replaced_by_another_later(self, settings: Settings, clock: TestClock) -> None:
        async with serving(settings, clock):
            pass
        later = Settings(**{**settings.model_dump(), "bootstrap_key": "lw_another-admin-key-0123456789"})
        async with serving(later, clock, "lw_another-admin-key-0123456789") as client:
            assert (await client.get("/v1/plans")).status_code == 401
            assert (await ask(client, f"Bearer {ADMIN_KEY}")).status_code == 200
