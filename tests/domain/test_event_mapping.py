"""Which rule matches an event of a build or delivery system."""

import fnmatch
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.event_mapping import MappingRule, Signal, by_type, first_match, fits, text_at, without_version

FINISHED = "dev.cdevents.pipelinerun.finished"
SIGNAL = Signal(FINISHED, "ci", "run-1", {"outcome": "success", "environment": {"id": "production"}})


def rule(key: str = "one", **fields: Any) -> MappingRule:
    found: dict[str, Any] = {"position": 100, "event_type": FINISHED, "source": None, "subject": None, "content": {}}
    found |= {"plan": "p", "milestone": "m", "records": "milestone.completed", "reason_code": None}
    return MappingRule(key, **{**found, **fields})


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("release", "release", True),
        ("release", "release-1", False),
        ("release-*", "release-1", True),
        ("*", "", True),
        ("*-1", "release-1", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("aba*aba", "aba", False),
        ("a*b*b", "ab", False),
        ("a[bc]?", "ab1", False),
    ],
)
def test_a_pattern_fits(pattern: str, text: str, does: bool) -> None:
    assert fits(pattern, text) is does


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_a_star_is_that_of_shells(pattern: str, text: str) -> None:
    assert fits(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_no_pattern_takes_its_time() -> None:
    before = time.perf_counter()
    assert not fits("a*" * 100 + "b", "a" * 100_000)
    assert time.perf_counter() - before < 1


@pytest.mark.parametrize(
    ("type_", "bare"),
    [
        (f"{FINISHED}.0.2.0", FINISHED),
        (f"{FINISHED}.1.10.0-draft", FINISHED),
        (FINISHED, FINISHED),
    ],
)
def test_the_version_of_a_type_is_left_out(type_: str, bare: str) -> None:
    assert without_version(type_) == bare


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("outcome", "success"),
        ("environment.id", "production"),
        ("environment", None),
        ("environment.id.deeper", None),
        ("missing", None),
        ("attempt", "2"),
        ("is_retry", "true"),
        ("nothing", None),
    ],
)
def test_what_stands_at_a_path(path: str, text: str | None) -> None:
    content = {**SIGNAL.content, "attempt": 2, "is_retry": True, "nothing": None}
    assert text_at(content, path) == text


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"event_type": "dev.cdevents.pipelinerun.started"}, False),
        ({"source": "c*", "subject": "run-*"}, True),
        ({"source": "x*"}, False),
        ({"subject": "x*"}, False),
        ({"content": {"outcome": ["failure", "success"], "environment.id": ["prod*"]}}, True),
        ({"content": {"outcome": ["success"], "missing": ["*"]}}, False),
    ],
)
def test_everything_that_a_rule_names_has_to_match(fields: dict[str, Any], matches: bool) -> None:
    wanted = rule(**fields)
    assert first_match(by_type([wanted]), SIGNAL) == (wanted if matches else None)


def test_rules_are_tried_by_position_then_by_key() -> None:
    rules = [rule("c"), rule("b"), rule("z", position=1, subject="run-2")]
    found = first_match(by_type(rules), SIGNAL)
    assert found is not None
    assert found.key == "b"
    assert first_match(by_type(rules), SIGNAL._replace(subject="run-2")) == rules[2]
