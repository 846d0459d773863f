"""Any text that is accepted anywhere is read back as it was sent, on both databases."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.twins import Twins
from tests.scale import full

TEXTS = st.text(st.characters(codec=None, categories=None), max_size=220) | st.text(max_size=12)
JSON = {"Content-Type": "application/json"}


def written(text: str) -> bytes:
    """A JSON string with some characters escaped and some as they are, as either kind of client writes it."""
    return json.dumps(text, ensure_ascii=len(text) % 2 == 0).encode("utf-8", "surrogatepass")


def is_storable(text: str) -> bool:
    """Whether every database and every other language can hold it."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def body(**members: str | Any) -> bytes:
    """An object with texts written by `written`."""
    parts = [
        json.dumps(name).encode() + b": " + (value if isinstance(value, bytes) else written(value))
        for name, value in members.items()
    ]
    return b"{" + b", ".join(parts) + b"}"


def nested(text: str, *, name: str) -> bytes:
    """An object of one text."""
    return body(**{name: text})


@settings(
    max_examples=full(600, least=30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=TEXTS)
async def test_any_text_accepted_is_read_back_equal(twins: Twins, text: str) -> None:
    plan = body(name=text, goal=text, owner=text, labels=nested(text, name="any"))
    answer = await twins.send("PATCH", "/v1/plans/p", content=plan, headers={**JSON, "If-Match": "*"})
    assert answer.is_success == (is_storable(text) and 1 <= len(text) <= 200)
    if answer.is_success:
        for client in twins.clients:
            found = (await client.get("/v1/plans/p")).json()
            assert (found["name"], found["goal"], found["owner"], found["labels"]["any"]) == (text,) * 4


_numbers = iter(range(10_000_000))


@settings(
    max_examples=full(600, least=30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=TEXTS)
async def test_any_note_accepted_is_read_back_equal(twins: Twins, text: str) -> None:
    note = body(
        id=f"note-{next(_numbers)}",
        source="tests",
        type="note.added",
        occurred_at="2026-03-01",
        actor=text,
        data=nested(text, name="text"),
    )
    answer = await twins.send("POST", "/v1/plans/p/events", content=note, headers=JSON)
    assert answer.is_success == (is_storable(text) and 1 <= len(text) <= 200)
    if answer.is_success:
        again = await twins.send("POST", "/v1/plans/p/events", content=note, headers=JSON)
        assert again.json()["duplicate"] is True
        for client in twins.clients:
            found = (await client.get(f"/v1/plans/p/events/{answer.json()['sequence']}")).json()
            assert (found["actor"], found["data"]["text"]) == (text, text)


@settings(
    max_examples=full(600, least=30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=TEXTS, source=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=220))
async def test_any_name_of_an_event_or_milestone_is_found_again(twins: Twins, name: str, source: str) -> None:
    key = f"m{next(_numbers)}"
    milestone = body(key=key, name=name or "-", external_id=f"{key} {name}"[:200], planned_finish="2026-03-10")
    made = await twins.send("POST", "/v1/plans/p/milestones", content=milestone, headers=JSON)
    assert made.is_success == (is_storable(name) and len(name) <= 200)
    event = body(id=key, source=source, type="effort.spent", occurred_at="2026-03-01", data=b'{"minutes": 1}')
    sent = await twins.send("POST", "/v1/plans/p/events", content=event, headers=JSON)
    assert sent.is_success == (1 <= len(source) <= 200 and source == source.strip(" "))
    for client in twins.clients:
        if made.is_success:
            found = (await client.get(f"/v1/plans/p/milestones/{key}")).json()
            assert (found["name"], found["external_id"]) == (name or "-", f"{key} {name}"[:200])
        if sent.is_success:
            found = (await client.get(f"/v1/plans/p/events/{sent.json()['sequence']}")).json()
            assert (found["source"], found["id"]) == (source, key)
