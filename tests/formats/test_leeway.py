"""Leeway's own plan document: strict JSON, a strict part of YAML, and YAML that says the same again."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.formats.leeway import MAX_INTEGER, read, to_yaml
from app.formats.parsed import Place, ReadOptions, Unreadable
from tests.domain.shared import shared_json
from tests.scale import full

DOCUMENT: dict[str, Any] = {
    "name": "Dam",
    "goal": "yes\nand no",
    "target_finish": "2024-10-01",
    "labels": {"team": "no", "sprint": "1.10"},
    "milestones": [
        {"key": "dig", "name": "Dig: the hole", "kind": "activity", "weight": 1.0, "labels": {}, "constraint": None},
        {"key": "007", "name": "Größe", "constraint": {"type": "SNET", "date": "2024-05-07"}},
    ],
    "dependencies": [],
}
YAML = """\
name: Dam
goal: "yes\\nand no"
target_finish: "2024-10-01"
labels:
  team: "no"
  sprint: "1.10"
milestones:
- key: dig
  name: "Dig: the hole"
  kind: activity
  weight: 1.0
  labels: {}
  constraint: null
- key: "007"
  name: Größe
  constraint:
    type: SNET
    date: "2024-05-07"
dependencies: []
"""


def document(body: bytes | str) -> Any:
    return read(body if isinstance(body, bytes) else body.encode(), ReadOptions()).document


def problem(body: bytes | str) -> Place:
    """The first thing that is wrong with it."""
    with pytest.raises(Unreadable) as caught:
        document(body)
    return caught.value.problems[0]


def wrong(body: bytes | str) -> str:
    found = problem(body)
    return f"{found.place}: {found.code}"


def test_a_document_is_taken_as_it_is_given() -> None:
    found = read(json.dumps(DOCUMENT).encode(), ReadOptions())
    assert (found.format, found.project) == ("leeway", None)
    assert found.document == DOCUMENT
    assert found.places == {"milestones": ["/milestones/0", "/milestones/1"], "dependencies": []}


def test_what_stands_in_it_is_checked_by_others() -> None:
    odd = {"milestones": "none", "colour": [1]}
    found = read(json.dumps(odd).encode(), ReadOptions())
    assert (found.document, found.places) == (odd, {})


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b" \n"])
def test_json_may_begin_with_a_mark_or_white_space(mark: bytes) -> None:
    assert document(mark + b'{"name": "Dam"}') == {"name": "Dam"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"name": "Dam"', "line 1, column 15: not_json"),
        (b'{\n"name": Dam}', "line 2, column 9: not_json"),
        (b'{"name": "D\xe4m"}', "file: not_text"),
        (b"[" * 100_000, "file: too_deep"),
        (b'{"a":' * 40 + b"0" + b"}" * 40, "/" + "a/" * 31 + "a: too_deep"),
        (b'{"a": ' + b"1" * 5000 + b"}", "file: number_too_large"),
        (b'{"a": [0, 9007199254740993]}', "/a/1: number_too_large"),
        (b'{"a": NaN}', "/a: number_not_finite"),
        (b'{"a": 1e999}', "/a: number_not_finite"),
        (b'{"a": {"b": 1, "b": 2}}', "/a: repeated_member"),
        (b'{"a~/": "\\u0000"}', "/a~0~1: unstorable_text"),
        (b'{"a": ["\\ud800"]}', "/a/0: unstorable_text"),
        (b'{"a": {"\\u0000": 1}}', "/a: unstorable_text"),
        (b"[]", "/: not_an_object"),
        (b'{"a": [' + b"0," * 1000 + b"0]}", "/a: too_many"),
    ],
)
def test_json_that_cannot_be_stored_is_refused(body: bytes, found: str) -> None:
    assert wrong(body) == found


def test_every_problem_is_told_in_the_order_of_the_document() -> None:
    with pytest.raises(Unreadable) as caught:
        document(b'{"a": NaN, "b": [Infinity, {"c": NaN}], "d": NaN}')
    assert [problem.place for problem in caught.value.problems] == ["/a", "/b/0", "/b/1/c", "/d"]


def test_milestones_may_be_many() -> None:
    assert len(document(b'{"milestones": [' + b"{}," * 1000 + b"{}]}")["milestones"]) == 1001


def test_yaml_says_the_same_as_json() -> None:
    assert to_yaml(DOCUMENT) == YAML
    assert document(YAML) == DOCUMENT
    assert list(document(YAML)) == list(DOCUMENT)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_yaml_may_be_in_utf16(encoding: str) -> None:
    assert document(YAML.encode(encoding)) == DOCUMENT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-05-07", "2024-05-07"),
        ("no", "no"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        (".inf", ".inf"),
        ("+1", "+1"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("|\n  x", "x"),
        ("1", 1),
        ("-1.5e-3", -0.0015),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_words_of_yaml_are_those_of_json(text: str, value: Any) -> None:
    assert document(f"a: {text}") == {"a": value}


def test_names_of_yaml_are_text_as_it_stands_there() -> None:
    assert document("true: 1\n2024: 2\n~: 3\n") == {"true": 1, "2024": 2, "~": 3}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "file: empty"),
        ("# nothing\n", "file: empty"),
        ("a: &x [1]\nb: *x\n", "line 1, column 4: not_json"),
        ("a: [*x]", "line 1, column 5: not_json"),
        ("a: !!python/object/apply:os.system [ls]", "line 1, column 4: not_json"),
        ("a: !!str 1", "line 1, column 4: not_json"),
        ("? [a]\n: 1", "line 1, column 3: not_json"),
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: repeated_member"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: not_json"),
        ("a: [1", "line 2, column 1: not_yaml"),
        ("a: b: c", "line 1, column 5: not_yaml"),
        ("a: \x01", "file: not_text"),
        ("- a\n", "/: not_an_object"),
        ("a: " + "9" * 30, "line 1, column 4: number_too_large"),
        ("a: 9007199254740993", "/a: number_too_large"),
        ("a: 1e999", "/a: number_not_finite"),
        ('a: "\\0"', "/a: unstorable_text"),
        ("a: " + "[" * 40, "line 1, column 36: too_deep"),
        ("- " * 100_000, "line 1, column 67: too_deep"),
    ],
)
def test_yaml_beyond_json_is_refused(text: str, found: str) -> None:
    assert wrong(text) == found


def test_a_bomb_of_aliases_is_refused_at_the_first_anchor() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{i}: &a{i} [{','.join(f'*a{i - 1}' for _ in range(9))}]\n" for i in range(1, 30)
    )
    assert problem(bomb).detail == "has an anchor or an alias, which plan documents do not have"


def test_the_name_of_a_member_is_told_short_and_printable() -> None:
    assert problem(json.dumps({"x" * 99: {"\x07": float("nan")}})).place == "/" + "x" * 40 + "/?"


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-MAX_INTEGER, MAX_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["yes", "NO", "null", "~", "2024-05-07", "1e3", "0o7", "- a", "a: b", "a #b", " a", "a ", "\x85", "."]
    ),
)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
    ),
    max_size=5,
)


@settings(max_examples=full(4000, 200), deadline=None)
@given(DOCUMENTS)
@example({})
def test_what_is_written_as_yaml_is_read_as_the_very_same(value: dict[str, Any]) -> None:
    text = to_yaml(value)
    assert json.dumps(document(text)) == json.dumps(value)


@settings(max_examples=full(2000, 100), deadline=None)
@given(DOCUMENTS)
def test_other_readers_of_yaml_read_it_too(value: dict[str, Any]) -> None:
    assert yaml.load(to_yaml(value), Loader=yaml.CSafeLoader) == value


@settings(max_examples=full(2000, 100), deadline=None)
@given(DOCUMENTS)
def test_every_storable_json_is_read(value: dict[str, Any]) -> None:
    assert document(json.dumps(value)) == value


@pytest.mark.parametrize("version", [8, 9, 10, 11, 12, 13, 14])
def test_real_plans_go_through_yaml(version: int) -> None:
    sample = shared_json(f"samples/python-3.{version}-release.json")
    assert document(to_yaml(sample)) == sample


@pytest.mark.parametrize("body", [json.dumps(DOCUMENT).encode(), YAML.encode()], ids=["json", "yaml"])
def test_documents_cut_off_and_damaged_anywhere(body: bytes) -> None:
    chance = random.Random(5)
    for _ in range(full(4000, 300)):
        damaged = bytearray(body[: chance.randrange(len(body) + 1)])
        for _ in range(chance.randint(0, 4) if damaged else 0):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        problems: Sequence[Place] = ()
        try:
            assert isinstance(document(bytes(damaged)), dict)
        except Unreadable as unreadable:
            problems = unreadable.problems
        assert all(problem.place and problem.detail for problem in problems)
