"""Webhooks over HTTP: made, read, changed, deleted; their secrets; their log."""

import stat
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.engine import make_url

from app.kit.limits import MAX_WEBHOOKS
from app.kit.vault import EncryptionKeyMissing, Vault
from app.settings import Settings
from app.webhooks.tables import webhooks
from tests.flows.webhook_build import news, say
from tests.http.build import ok
from tests.service import ADMIN_KEY, ENCRYPTION_KEY, NOW, MakeClient, MakeKey, TestClock, new_app

URL = "https://example.com/leeway"
ANY = {"If-Match": "*"}
OTHER_KEY = "b3RoZXI6IGtleSBvZiB0aGUgdGVzdHMhISEhISEhISE="


async def make(client: httpx.AsyncClient, key: str = "w", **fields: object) -> dict[str, object]:
    made: dict[str, object] = ok(await client.post("/v1/webhooks", json={"key": key, "url": URL, **fields}))
    return made


async def test_a_new_webhook_is_answered_with_its_secret_and_never_again(client: httpx.AsyncClient) -> None:
    created = await client.post("/v1/webhooks", json={"url": URL, "filter": {"levels": ["breach"]}})
    assert created.status_code == 201
    assert created.headers["location"] == f"/v1/webhooks/{created.json()['key']}"
    told = created.json()
    assert told.pop("secret").startswith("whsec_")
    read = await client.get(created.headers["location"])
    assert read.json() == told
    assert read.headers["etag"] == created.headers["etag"]
    assert told["filter"] == {
        "types": [], "plans": [], "levels": ["breach"], "measures": [], "tolerances": [], "milestones": [],
        "owners": [],
    }  # fmt: skip
    assert (told["enabled"], told["state"], told["format"]) == (True, "enabled", "standard")


async def test_they_are_listed_by_key_page_by_page(client: httpx.AsyncClient) -> None:
    for key in "cab":
        await make(client, key)
    first = ok(await client.get("/v1/webhooks", params={"limit": 2}))
    second = ok(await client.get("/v1/webhooks", params={"limit": 2, "cursor": first["next_cursor"]}))
    assert [w["key"] for w in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None


async def test_a_change_needs_the_version_that_was_read(client: httpx.AsyncClient) -> None:
    await make(client, description="before")
    read = await client.get("/v1/webhooks/w")
    patch = {"description": "after", "filter": {"plans": ["p"]}}
    assert (await client.patch("/v1/webhooks/w", json=patch)).status_code == 428
    match = {"If-Match": read.headers["etag"]}
    changed = await client.patch("/v1/webhooks/w", json=patch, headers=match)
    assert (changed.json()["description"], changed.json()["filter"]["plans"]) == ("after", ["p"])
    assert (await client.patch("/v1/webhooks/w", json={"description": None}, headers=match)).status_code == 412
    again = await client.patch("/v1/webhooks/w", json=patch, headers=ANY)
    assert again.headers["etag"] == changed.headers["etag"]  # nothing differs
    assert (await client.get("/v1/webhooks/w", headers={"If-None-Match": again.headers["etag"]})).status_code == 304


async def test_it_is_disabled_and_enabled_by_an_edit(client: httpx.AsyncClient, clock: TestClock) -> None:
    await make(client)
    off = ok(await client.patch("/v1/webhooks/w", json={"enabled": False}, headers=ANY))
    assert (off["state"], off["disabled_reason"], off["disabled_at"]) == (
        "disabled",
        "requested",
        "2026-03-02T09:00:00Z",
    )
    clock.advance(hours=1)
    still = ok(await client.patch("/v1/webhooks/w", json={"description": "quiet"}, headers=ANY))
    assert still["disabled_at"] == off["disabled_at"]
    for path, body in (("test", None), ("replays", {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"})):
        refused = await client.post(f"/v1/webhooks/w/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook-disabled")
    on = ok(await client.patch("/v1/webhooks/w", json={"enabled": True}, headers=ANY))
    assert (on["state"], on["disabled_reason"], on["disabled_at"]) == ("enabled", None, None)


async def test_whether_it_is_enabled_is_not_to_be_removed(client: httpx.AsyncClient) -> None:
    await make(client)
    await client.patch("/v1/webhooks/w", json={"enabled": False}, headers=ANY)
    refused = await client.patch("/v1/webhooks/w", json={"enabled": None}, headers=ANY)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/enabled")


async def test_a_new_secret_is_a_new_version(client: httpx.AsyncClient) -> None:
    await make(client)
    before = (await client.get("/v1/webhooks/w")).headers["etag"]
    ok(await client.post("/v1/webhooks/w/secret"))
    assert (await client.get("/v1/webhooks/w")).headers["etag"] != before


async def test_a_url_is_judged_when_it_is_new_or_will_be_sent_to_again(
    service: FastAPI, client: httpx.AsyncClient
) -> None:
    await make(client)
    forbidden = update(webhooks).values(url="http://10.0.0.1/")  # as LEEWAY_WEBHOOKS_ALLOW let it in before
    await service.state.database.write(lambda tx: tx.execute(forbidden))
    for fields, code in (({"description": "Board"}, 200), ({"enabled": False}, 200), ({"enabled": True}, 422)):
        assert (await client.patch("/v1/webhooks/w", json=fields, headers=ANY)).status_code == code


async def test_a_key_is_taken_once(client: httpx.AsyncClient) -> None:
    await make(client)
    again = await client.post("/v1/webhooks", json={"key": "w", "url": URL})
    assert (again.status_code, again.json()["code"]) == (409, "webhook-key-taken")


async def test_there_is_an_end_to_how_many_there_may_be(client: httpx.AsyncClient) -> None:
    for number in range(MAX_WEBHOOKS):
        await make(client, f"w-{number}")
    refused = await client.post("/v1/webhooks", json={"url": URL})
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-webhooks")


@pytest.mark.parametrize("path", ["", "/deliveries", "/deliveries/018e9e5f-3a01-7c3e-9d2b-000000000000"])
async def test_another_workspace_sees_none_of_it(
    path: str, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    await make(client)
    stranger = make_client(await make_key("webhooks:read", workspace="other"))
    assert (await stranger.get(f"/v1/webhooks/w{path}")).json()["code"] == "webhook-not-found"


FORBIDDEN: list[tuple[str, str]] = [
    ("http://example.com/", "https_required"),
    ("http://8.8.8.8/", "https_required"),
    ("ftp://example.com/", "https_required"),
    ("https://example.com:8443/", "blocked_port"),
    ("https://example.com:0/", "blocked_port"),
    ("https://8.8.8.8:22/", "blocked_port"),
    ("https://me:secret@example.com/", "userinfo"),
    ("https://@example.com/", "userinfo"),
    ("https://example.com\\@8.8.8.8/", "invalid_url"),
    ("https://example.com/#top", "fragment"),
    ("https://example.com/a b", "invalid_url"),
    ("https://127.0.0.1/", "blocked_address"),
    ("https://10.1.2.3/", "blocked_address"),
    ("https://169.254.169.254/latest/meta-data/", "blocked_address"),
    ("https://[::1]/", "blocked_address"),
    ("https://[::ffff:10.0.0.1]/", "blocked_address"),
    ("https://[64:ff9b::a00:1]/", "blocked_address"),
    ("https://2130706433/", "invalid_host"),
    ("https://127.1/", "invalid_host"),
    ("https://0x7f000001/", "invalid_host"),
    ("https://0177.0.0.1/", "invalid_url"),
    ("https://exa_mple-.com/", "invalid_host"),
    ("https://a..b/", "invalid_host"),
    ("https://%31%32%37.0.0.1/", "invalid_host"),
    ("https://xn--/", "invalid_host"),
    ("https://xn--zz--/", "invalid_host"),
    ("https://xn--a/", "unreachable_host"),
    ("https://localhost/", "unreachable_host"),
    ("https://leeway.localhost/", "unreachable_host"),
    ("https://intranet/", "unreachable_host"),
    ("https://intranet./", "unreachable_host"),
    ("https://nowhere.invalid/", "unreachable_host"),
    ("https://ci.test/", "unreachable_host"),
    ("https://PRINTER.local./", "unreachable_host"),
    ("https:///path", "invalid_url"),
    ("https://[::1/", "invalid_url"),
    ("https://example.com:99999/", "invalid_url"),
    ("//example.com/", "https_required"),
    ("example.com", "invalid_url"),
]


async def test_a_url_that_must_not_be_sent_to_is_refused(
    client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    await make(client)
    for url, code in FORBIDDEN:
        with subtests.test(url):
            created = await client.post("/v1/webhooks", json={"url": url})
            assert created.status_code == 422
            assert [(error["pointer"], error["code"]) for error in created.json()["errors"]] == [("/url", code)]
            changed = await client.patch("/v1/webhooks/w", json={"url": url}, headers=ANY)
            assert [(error["pointer"], error["code"]) for error in changed.json()["errors"]] == [("/url", code)]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "https://EXAMPLE.com:443/a?b=c", "https://8.8.8.8/", "https://[2606:4700::1111]/in",
        "https://bücher.example/", "https://nowhere.example/", "https://a-b.example./x", "https://xn--ls8h.la/",
    ],
)  # fmt: skip
async def test_a_public_url_is_taken_as_it_is_though_its_name_may_not_exist(
    url: str, client: httpx.AsyncClient
) -> None:
    assert ok(await client.post("/v1/webhooks", json={"url": url}))["url"] == url


class TestAllowedNetworks:
    """With LEEWAY_WEBHOOKS_ALLOW."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"webhooks_allow": "10.0.0.0/8, fd00::/8"})

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("http://10.1.2.3:8080/", None),
            ("https://[fd00::1]:9000/", None),
            ("http://receiver.internal:8080/", None),  # it is looked at when it is resolved
            ("http://receiver:8080/", None),
            ("http://192.168.1.1/", "blocked_address"),
            ("http://8.8.8.8/", "https_required"),
        ],
    )
    async def test_are_reached_by_http_and_on_any_port(
        self, url: str, code: str | None, client: httpx.AsyncClient
    ) -> None:
        created = await client.post("/v1/webhooks", json={"url": url})
        assert [error["code"] for error in created.json().get("errors", ())] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"filter": {"levels": ["terrible"]}}, "/filter/levels/0"),
        ({"filter": {"measures": ["luck"]}}, "/filter/measures/0"),
        ({"filter": {"types": ["deviation.open"]}}, "/filter/types/0"),
        ({"filter": {"colour": []}}, "/filter/colour"),
        ({"format": "xml"}, "/format"),
        ({"enabled": "yes"}, "/enabled"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
async def test_what_is_wrong_is_named(fields: dict[str, object], pointer: str, client: httpx.AsyncClient) -> None:
    refused = await client.post("/v1/webhooks", json={"url": URL, **fields})
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_the_log_is_filtered_and_paged_newest_first(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await make(client)
    for plan, type_ in (("a", "deviation.opened"), ("b", "deviation.opened"), ("a", "deviation.resolved")):
        await say(service, news(clock.now, plan, type_))
        clock.advance(hours=1)

    async def plans(**params: str) -> list[tuple[str, str]]:
        page = ok(await client.get("/v1/webhooks/w/deliveries", params=params))
        return [(one["plan"], one["type"].partition(".")[2]) for one in page["items"]]

    assert await plans() == [("a", "resolved"), ("b", "opened"), ("a", "opened")]
    assert await plans(plan="a") == [("a", "resolved"), ("a", "opened")]
    assert await plans(type="deviation.opened", state="pending") == [("b", "opened"), ("a", "opened")]
    assert await plans(state="dead") == []
    period = {"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T11:00:00Z"}
    assert await plans(**period) == [("b", "opened")]
    first = ok(await client.get("/v1/webhooks/w/deliveries", params={"limit": 2}))
    rest = ok(await client.get("/v1/webhooks/w/deliveries", params={"cursor": first["next_cursor"]}))
    assert [one["plan"] for one in rest["items"]] == ["a"]


async def test_a_delivery_shows_what_is_sent(service: FastAPI, client: httpx.AsyncClient) -> None:
    await make(client)
    await say(service, news(NOW, "p"))
    (item,) = ok(await client.get("/v1/feed", params={"from": "beginning"}))["items"]
    told = ok(await client.get(f"/v1/webhooks/w/deliveries/{item['id']}"))
    assert told["attempts"] == []
    assert told["payload"] == {
        "id": item["id"],
        "type": item["type"],
        "timestamp": item["occurred_at"],
        "plan": "p",
        "data": item["data"],
    }


async def test_a_delivery_that_there_is_not_is_told(client: httpx.AsyncClient) -> None:
    await make(client)
    unknown = "018e9e5f-3a01-7c3e-9d2b-000000000000"
    assert (await client.get(f"/v1/webhooks/w/deliveries/{unknown}")).json()["code"] == "delivery-not-found"
    replayed = await client.post("/v1/webhooks/w/replays", json={"delivery": unknown})
    assert replayed.json()["code"] == "delivery-not-found"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from": "2026-03-02T10:00:00Z"},
        {
            "delivery": "018e9e5f-3a01-7c3e-9d2b-000000000000",
            "from": "2026-03-02T10:00:00Z",
            "to": "2026-03-02T10:00:00Z",
        },
        {"delivery": "018e9e5f-3a01-7c3e-9d2b-000000000000", "states": ["dead"]},
        {"delivery": "018e9e5f-3a01-7c3e-9d2b-000000000000", "from": "2026-03-02T10:00:00Z"},
    ],
)
async def test_a_replay_names_one_or_a_period(body: dict[str, str], client: httpx.AsyncClient) -> None:
    await make(client)
    refused = await client.post("/v1/webhooks/w/replays", json=body)
    assert refused.json()["errors"][0]["detail"] == "name either a delivery, or from and to"


async def test_a_period_that_ends_before_it_begins_is_refused(client: httpx.AsyncClient) -> None:
    await make(client)
    period = {"from": "2026-03-02T10:00:01Z", "to": "2026-03-02T10:00:00Z"}
    replayed = await client.post("/v1/webhooks/w/replays", json=period)
    assert replayed.json()["errors"][0]["detail"] == "from must not be after to"
    listed = await client.get("/v1/webhooks/w/deliveries", params=period)
    assert (listed.status_code, listed.json()["errors"][0]["code"]) == (422, "empty_period")


def content_and_mode(file: Path) -> tuple[str, int]:
    return file.read_text(), stat.S_IMODE(file.stat().st_mode)


def lose(file: Path) -> None:
    file.unlink()


def list_of(file: Path) -> list[Path]:
    return list(file.parent.glob(file.name))


async def test_without_an_encryption_key_sqlite_keeps_one_beside_and_postgresql_refuses(
    settings: Settings, clock: TestClock
) -> None:
    bare = settings.model_copy(update={"encryption_key": None})
    app = new_app(bare, clock)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://leeway.test", headers=headers) as client,
    ):
        created = await client.post("/v1/webhooks", json={"url": URL})
        if "postgresql" in bare.database_url:
            assert (created.status_code, created.json()["code"]) == (409, "encryption-key-missing")
            assert "LEEWAY_ENCRYPTION_KEY" in created.json()["detail"]
            assert (await client.get("/v1/webhooks")).json()["items"] == []
            return
        assert created.status_code == 201
        file = Path(f"{make_url(bare.database_url).database}.key")
        before = content_and_mode(file)
        bare.vault().seal("x")  # another process uses the same
        assert content_and_mode(file) == before
        assert before[1] == 0o600
        lose(file)
        app.state.vault = bare.vault()  # after a restart
        refused = await client.post("/v1/webhooks", json={"url": URL})
        assert (refused.status_code, refused.json()["code"]) == (409, "encryption-key-missing")
        assert not list_of(file)


def test_keys_are_rotated_newest_first() -> None:
    old, both = Vault([ENCRYPTION_KEY]), Vault([OTHER_KEY, ENCRYPTION_KEY])
    sealed = old.seal("secret")
    assert b"secret" not in sealed
    assert both.open(sealed) == "secret"
    assert Vault([OTHER_KEY]).open(both.seal("secret")) == "secret"
    with pytest.raises(EncryptionKeyMissing):
        Vault([OTHER_KEY]).open(sealed)
    with pytest.raises(EncryptionKeyMissing):
        Vault().seal("secret")


def test_a_key_may_be_written_in_either_alphabet_of_base64() -> None:
    plain = "+/" * 20 + "+/8="
    assert Vault([plain]).open(Vault([plain.translate(str.maketrans("+/", "-_"))]).seal("x")) == "x"


@pytest.mark.parametrize("given", [{"encryption_key": "short"}, {"webhooks_allow": "10.0.0.0/99"}])
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**given)  # type: ignore[arg-type]


def test_a_key_file_is_never_made_to_read_what_was_sealed_with_another(tmp_path: Path) -> None:
    with pytest.raises(EncryptionKeyMissing):
        Vault(file=tmp_path / "none.key").open(Vault([ENCRYPTION_KEY]).seal("x"))
    assert not list(tmp_path.iterdir())
