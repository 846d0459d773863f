"""The gate before every body: what JSON of other languages cannot hold is refused, naming the place."""

import json
from typing import Any

import pytest

from app.kit.limits import MAX_EVENT_BYTES
from tests.http.build import event
from tests.http.operations import NAMES, PROTECTED, Operation
from tests.http.twins import CANARY, Twins, told
from tests.service import openapi

# A schedule file is read by other means, and is not always JSON.
_BODIES = [o for o in PROTECTED if "requestBody" in openapi()["paths"][o.path][o.method] and o.id != "create_import"]
JSON = "application/json"


async def send(twins: Twins, operation: Operation, body: bytes, content_type: str = JSON) -> tuple[int, str | None]:
    """What the operation says of a body; what it takes can be read."""
    headers = {"Content-Type": content_type}
    if operation.method in {"put", "patch"}:
        headers["If-Match"] = "*"
    answer = await twins.write(operation.method, operation.path.format(**NAMES), content=body, headers=headers)
    return told(answer)[:2]


MALFORMED = {
    "nothing": b"",
    "blanks": b"  \n",
    "half an object": b'{"name": "' + CANARY.encode(),
    "two objects": b"{}{}",
    "a comment": b"{} // " + CANARY.encode(),
    "a trailing comma": b'{"name": "a",}',
    "single quotes": b"{'name': 'a'}",
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "UTF-32": '{"name": "a"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "a"}',
    "a lone surrogate as bytes": b'{"name": "\xed\xa0\x80"}',
    "an overlong encoding": b'{"name": "\xc0\x80"}',
    "a raw NUL": b'{"name": "a\x00b"}',
    "a raw line break": b'{"name": "a\nb"}',
    "an escape of no kind": b'{"name": "\\x41"}',
    "a number with a leading zero": b'{"name": 01}',
    "a number like a word": b'{"name": nan}',
    "zipped": b"\x1f\x8b\x08\x00",
    "XML": b"<name>a</name>",
}
UNSOUND = {
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": Infinity}',
    "-Infinity": b'{"name": -Infinity}',
    "1e400": b'{"name": 1e400}',
    "-1e400": b'{"name": -1e400}',
    "2^64": b'{"name": 18446744073709551616}',
    "2^53 + 1": b'{"name": 9007199254740993}',
    "an integer of 5,000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "a member twice": b'{"name": "a", "name": "b"}',
    "a member twice, once escaped": b'{"name": "a", "n\\u0061me": "b"}',
    "a member twice deep inside": b'{"name": {"a": [{"b": 1, "b": 1}]}}',
    "NUL": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"na\\u0000me": "a"}',
    "a lone high surrogate": b'{"name": "\\ud800"}',
    "a lone low surrogate": b'{"name": "a\\udfffb"}',
    "surrogates in the wrong order": b'{"name": "\\udc00\\ud800"}',
    "a lone surrogate in a name": b'{"\\ud800": "a"}',
    "depth 40": b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}",
    "depth 100,000": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "depth 20,000 of objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
}
WRONG_SHAPE = {"null": b"null", "true": b"true", "a number": b"5", "text": b'"canary <7f3a9>"', "false": b"false"}


@pytest.mark.parametrize("operation", _BODIES, ids=lambda o: o.id)
async def test_no_body_that_is_not_json_is_read(twins: Twins, operation: Operation) -> None:
    for name, body in MALFORMED.items():
        assert await send(twins, operation, body) == (400, "malformed-json"), name


@pytest.mark.parametrize("operation", _BODIES, ids=lambda o: o.id)
async def test_no_value_that_others_cannot_hold_gets_in(twins: Twins, operation: Operation) -> None:
    for name, body in UNSOUND.items():
        wrapped = b"[" + body + b"]" if operation.id == "record_events" else body
        too_large = operation.id in {"record_event", "record_objective_event"} and len(wrapped) > MAX_EVENT_BYTES
        expected = (413, "payload-too-large") if too_large else (422, "invalid-request")
        assert await send(twins, operation, wrapped) == expected, name


@pytest.mark.parametrize("operation", _BODIES, ids=lambda o: o.id)
async def test_no_other_shape_is_taken_for_the_right_one(twins: Twins, operation: Operation) -> None:
    other = b"{}" if operation.id == "record_events" else b"[]"
    for name, body in {**WRONG_SHAPE, "the other container": other}.items():
        assert await send(twins, operation, body) == (422, "invalid-request"), name


async def test_a_line_of_ndjson_is_refused_alone(twins: Twins) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    for number, (name, unsound) in enumerate(UNSOUND.items()):
        good = [json.dumps({**event(f"{number}-{i}"), "plan": "p"}).encode() for i in range(2)]
        body = b"\n".join([good[0], unsound, b"\xff", good[1]])
        results = (await twins.write("POST", "/v1/events/batch", content=body, headers=headers)).json()["results"]
        assert [result["status"] for result in results] == ["accepted", "rejected", "rejected", "accepted"], name
        assert [result["problem"]["status"] for result in results[1:3]] == [422, 400], name


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (b'{"name": "a", "labels": {"x": NaN}}', [("/labels/x", "number_not_finite")]),
        (b'{"name": "a", "labels": {"a/b": "\\u0000"}}', [("/labels/a~1b", "unstorable_text")]),
        (b'{"name": "a", "labels": [1, 99999999999999999999]}', [("/labels/1", "number_too_large")]),
        (b'{"name": "a", "labels": {"x": 1, "x": 2}}', [("/labels", "repeated_member")]),
        (b'{"name": "a", "goal": ' + b"[" * 40 + b"]" * 40 + b"}", [("/goal" + "/0" * 31, "too_deep")]),
    ],
)
async def test_the_place_is_named(twins: Twins, body: bytes, places: list[Any]) -> None:
    answer = await twins.send("POST", "/v1/plans", content=body, headers={"Content-Type": JSON})
    assert told(answer) == (422, "invalid-request", tuple(places))


async def test_what_is_large_but_sound_is_read(twins: Twins) -> None:
    deep: dict[str, Any] = {"name": "a", "labels": {f"l{i}": "\U0001f6f6é\u200b" * 20 for i in range(50)}}
    made = await twins.write("POST", "/v1/plans", json=deep)
    assert made.json()["labels"] == deep["labels"]


@pytest.mark.parametrize("escaped", [b'"\\ud83d\\udef6"', '"\U0001f6f6"'.encode()], ids=["escaped", "as it is"])
async def test_a_pair_of_surrogates_is_one_character(twins: Twins, escaped: bytes) -> None:
    body = b'{"name": ' + escaped + b"}"
    made = await twins.write("POST", "/v1/plans", content=body, headers={"Content-Type": JSON})
    assert made.json()["name"] == "\U0001f6f6"
