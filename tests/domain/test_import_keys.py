"""Keys made from the ids of other tools."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.keys import Keys, calendar_key, key_of, keys_for, numbered
from app.kit.ids import is_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A1000", "A1000"),
        ("EC-1000.2~a_b", "EC-1000.2~a_b"),
        ("Wing A / floor 2", "Wing-A---floor-2"),
        ("wbs:Site.Prep", "wbs-Site.Prep"),
        ("Großbäume", "Gro-b-ume"),
        ("-7", "x-7"),
        (".hidden", "x.hidden"),
        ("日本", "x--"),
        ("", "x"),
        ("a" * 101, "a" * 100),
    ],
)
def test_a_key_is_the_text_with_dashes_for_what_no_key_may_have(text: str, key: str) -> None:
    assert key_of(text) == key


@given(st.lists(st.text(max_size=120), unique=True, max_size=60))
def test_every_name_gets_a_key_of_its_own_always_the_same(names: list[str]) -> None:
    keys = keys_for(names)
    assert all(map(is_key, keys.values()))
    assert len(set(keys.values())) == len(names)
    assert keys_for(names) == keys


def test_a_clash_gets_a_suffix() -> None:
    assert keys_for(["a b", "a-b", "a/b"]) == {"a b": "a-b", "a-b": "a-b-2", "a/b": "a-b-3"}


def test_a_suffix_fits_into_a_long_key() -> None:
    assert numbered("k" * 100, 12) == "k" * 97 + "-12"


def test_what_has_a_key_keeps_it_and_nothing_else_gets_it() -> None:
    assert keys_for(["new", "old"], known={"old": "new"}, taken={"new", "new-2"}) == {"new": "new-3", "old": "new"}


def test_names_that_all_clash_are_told_apart_quickly() -> None:
    began = time.perf_counter()
    keys = keys_for([chr(0x4E00 + n) for n in range(20_000)])
    assert len(set(keys.values())) == 20_000
    assert time.perf_counter() - began < 5


def test_a_repeated_name_has_one_key() -> None:
    give = Keys({}, frozenset())
    assert give("a b", "a-b") == give("a b", "a-b") == "a-b"


def test_a_calendar_is_named_within_its_plan() -> None:
    assert calendar_key("tower", "5 days / week") == "tower.5-days---week"


def test_calendars_with_names_too_long_still_differ() -> None:
    first, second = (calendar_key("p" * 95, name) for name in ("a long name", "a long nose"))
    assert first != second
    assert is_key(first)
    assert re.fullmatch(r"p{87}-[0-9a-f]{12}", first)
