"""Decisions: a question, its options, a choice with its reason; once taken it stays, and stands behind baselines."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import Json, baseline, document, failure, if_match, milestone, ok, places
from tests.service import MakeClient, MakeKey

URL = "/v1/plans/p/decisions"
TAKEN = {"choice": "wait", "reason": "It is cheaper", "decided_by": "board", "decided_at": "2026-03-01"}


def question(key: str = "supplier", **fields: Any) -> Json:
    """An open decision between two options."""
    options = [{"key": "wait", "name": "Wait"}, {"key": "switch", "name": "Another supplier"}]
    return {"key": key, "question": "Wait for the supplier?", "options": options, **fields}


async def decide(client: httpx.AsyncClient, key: str = "supplier", **fields: Any) -> Json:
    """A decision that is taken."""
    return ok(await client.post(URL, json=question(key, **TAKEN, **fields)))


async def patch(client: httpx.AsyncClient, change: Json, key: str = "supplier") -> httpx.Response:
    return await client.patch(f"{URL}/{key}", json=change, headers=if_match("*"))


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """A plan that asks for a decision before it is baselined again, with its first baseline."""
    await build.put(client, "p", document(milestone(), decisions_required_for=["rebaseline"]))
    await build.capture(client, "p")


class TestTaking:
    """An open question becomes a decision."""

    async def test_an_open_one_says_what_is_asked(self, client: httpx.AsyncClient) -> None:
        made = ok(await client.post(URL, json=question()))
        assert (made["status"], made["choice"], made["revision"]) == ("open", None, 2)
        assert made["options"][0] == {"key": "wait", "name": "Wait", "description": None, "scenario": None}
        assert await build.get(client, f"{URL}/supplier") == made
        assert (await build.get(client, URL))["items"] == [made]

    async def test_it_is_taken_with_a_choice_a_reason_and_who_decided(self, client: httpx.AsyncClient) -> None:
        ok(await client.post(URL, json=question()))
        assert places(await patch(client, {"choice": "wait"})) == [("/reason", "needed"), ("/decided_by", "needed")]
        assert places(await patch(client, {**TAKEN, "choice": "neither"})) == [("/choice", "unknown_option")]
        taken = ok(await patch(client, TAKEN))
        assert (taken["status"], taken["choice"], taken["decided_at"]) == ("decided", "wait", "2026-03-01")

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"options": [{"key": "a", "name": "A"}, {"key": "a", "name": "B"}]}, ("/options/1/key", "repeated")),
            ({"scenario": "none"}, ("/scenario", "unknown_scenario")),
            ({"options": [{"key": "a", "name": "A", "scenario": "x"}]}, ("/options/0/scenario", "unknown_scenario")),
            ({"evidence": [{"assumption": "none"}]}, ("/evidence/0/assumption", "unknown_assumption")),
            ({"supersedes": "none"}, ("/supersedes", "unknown_decision")),
            ({"resulting_revision": 3}, ("/resulting_revision", "unknown_revision")),
            ({"evidence": [{}]}, ("/evidence/0", "value_error")),
            ({"evidence": [{"url": "https://example.com"}]}, ("/evidence/0", "value_error")),
            (
                {"evidence": [{"url": "javascript:alert(1)", "title": "x"}]},
                ("/evidence/0/url", "string_pattern_mismatch"),
            ),
        ],
    )
    async def test_what_it_names_must_be_there(
        self, client: httpx.AsyncClient, fields: Json, place: tuple[str, str]
    ) -> None:
        assert places(await client.post(URL, json=question(**fields))) == [place]

    async def test_a_study_is_evidence(self, client: httpx.AsyncClient) -> None:
        study = {"assumption": None, "url": "https://example.com/study", "title": "Delivery times 2025"}
        assert (await decide(client, evidence=[study]))["evidence"] == [study]

    async def test_it_may_name_the_revision_that_it_brought_about(self, client: httpx.AsyncClient) -> None:
        assert (await decide(client, resulting_revision=1))["resulting_revision"] == 1


class TestStaying:
    """Once taken it is a record."""

    @pytest.mark.parametrize(
        "change",
        [{"choice": "switch"}, {"choice": None}, {"reason": "Other"}, {"question": "Other?"}, {"decided_by": "me"}],
    )
    async def test_choice_and_reason_are_not_rewritten(self, client: httpx.AsyncClient, change: Json) -> None:
        before = await decide(client)
        (name,) = change
        assert places(await patch(client, change)) == [(f"/{name}", "decided")]
        assert await build.get(client, f"{URL}/supplier") == before

    async def test_it_is_not_deleted_nor_left_out_of_a_document(self, client: httpx.AsyncClient) -> None:
        before = await decide(client)
        assert places(await client.delete(f"{URL}/supplier", headers=if_match("*"))) == [("", "decided")]
        emptied = await client.put("/v1/plans/p/document", json={"decisions": []}, headers=if_match("*"))
        assert places(emptied) == [("/decisions", "decided")]
        assert await build.get(client, f"{URL}/supplier") == before

    async def test_an_open_one_may_go(self, client: httpx.AsyncClient) -> None:
        ok(await client.post(URL, json=question()))
        assert (await client.delete(f"{URL}/supplier", headers=if_match("*"))).status_code == 204
        assert failure(await client.get(f"{URL}/supplier")) == (404, "decision-not-found")

    async def test_evidence_may_be_added_and_links_filled_in_once(self, client: httpx.AsyncClient) -> None:
        await decide(client)
        found = ok(await patch(client, {"context": "Meeting of March 1", "resulting_revision": 2}))
        assert (found["context"], found["resulting_revision"]) == ("Meeting of March 1", 2)
        again = await patch(client, {"resulting_revision": 1})
        assert places(again) == [("/resulting_revision", "decided")]

    async def test_another_supersedes_it(self, client: httpx.AsyncClient) -> None:
        await decide(client)
        later = ok(await client.post(URL, json=question("later", supersedes="supplier")))
        assert later["status"] == "open"
        assert (await build.get(client, f"{URL}/supplier"))["status"] == "decided"
        ok(await patch(client, {**TAKEN, "choice": "switch"}, "later"))
        found = await build.get(client, f"{URL}/supplier")
        assert (found["status"], found["superseded_by"], found["choice"]) == ("superseded", "later", "wait")

    async def test_only_one_supersedes_it_and_only_what_was_taken(self, client: httpx.AsyncClient) -> None:
        ok(await client.post(URL, json=question()))
        early = await client.post(URL, json=question("b", supersedes="supplier"))
        assert places(early) == [("/supersedes", "not_decided")]
        ok(await patch(client, TAKEN))
        await decide(client, "b", supersedes="supplier")
        late = await client.post(URL, json=question("c", supersedes="supplier"))
        assert places(late) == [("/supersedes", "superseded_already")]

    async def test_none_supersedes_itself(self, client: httpx.AsyncClient) -> None:
        itself = await client.post(URL, json=question(**TAKEN, supersedes="supplier"))
        assert places(itself) == [("/supersedes", "cycle")]


class TestBaselines:
    """A plan may ask for a decision before it is baselined again."""

    async def test_a_second_baseline_needs_one(self, client: httpx.AsyncClient) -> None:
        refused = await client.post("/v1/plans/p/baselines", json=baseline())
        assert failure(refused) == (409, "decision-required")
        assert "decision" in refused.json()["detail"]
        await decide(client)
        made = await build.capture(client, "p", decision="supplier")
        assert (made["number"], made["decision"]) == (2, "supplier")
        assert await build.get(client, "/v1/plans/p/baselines/2") == made
        assert (await build.get(client, "/v1/plans/p/baselines/1"))["decision"] is None

    async def test_the_decision_tells_what_rests_on_it(self, client: httpx.AsyncClient) -> None:
        assert (await decide(client))["baselines"] == []
        for _ in range(2):
            await build.capture(client, "p", decision="supplier")
        assert (await build.get(client, f"{URL}/supplier"))["baselines"] == [2, 3]
        assert (await build.get(client, URL))["items"][0]["baselines"] == [2, 3]

    @pytest.mark.parametrize(
        ("decision", "code"),
        [("none", "unknown_decision"), ("open", "not_decided"), ("old", "superseded")],
    )
    async def test_the_decision_must_be_taken_and_hold(
        self, client: httpx.AsyncClient, decision: str, code: str
    ) -> None:
        ok(await client.post(URL, json=question("open")))
        await decide(client, "old")
        await decide(client, "new", supersedes="old")
        refused = await client.post("/v1/plans/p/baselines", json=baseline(decision=decision))
        assert places(refused) == [("/decision", code)]
        assert len((await build.get(client, "/v1/plans/p/baselines"))["items"]) == 1

    async def test_without_that_policy_none_is_needed(self, client: httpx.AsyncClient) -> None:
        ok(await client.patch("/v1/plans/p", json={"decisions_required_for": []}, headers=if_match("*")))
        assert (await build.capture(client, "p"))["number"] == 2


async def test_the_document_carries_decisions(client: httpx.AsyncClient) -> None:
    await decide(client)
    got = await build.get(client, "/v1/plans/p/document")
    assert [each["key"] for each in got["decisions"]] == ["supplier"]
    assert not (await build.put(client, "p", got, If_Match="*"))["changed"]
    await build.put(client, "copy", got)
    assert await build.get(client, "/v1/plans/copy/document") == got


async def test_a_document_may_bring_what_its_decisions_name(client: httpx.AsyncClient) -> None:
    later = question("later", **TAKEN, supersedes="supplier")
    both = document(decisions=[later, question(**TAKEN)])
    await build.put(client, "q", both)
    found = await build.get(client, "/v1/plans/q/decisions")
    assert [each["status"] for each in found["items"]] == ["decided", "superseded"]


async def test_each_workspace_sees_its_own(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    await decide(client)
    other = make_client(await make_key("plans:read", workspace="other"))
    assert failure(await other.get(f"{URL}/supplier")) == (404, "plan-not-found")
