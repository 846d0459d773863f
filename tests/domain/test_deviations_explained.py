"""What another milestone's record explains opens none of its own, and is listed under that one."""

from dataclasses import replace

from app.domain.deviation_values import Subject
from app.domain.measures import Reason
from tests.domain.deviation_build import FINISH, Watch, in_a_row, judge

TWICE = replace(FINISH, consecutive=2)


def consequences(watch: Watch) -> dict[str | None, tuple[str, ...]]:
    return {subject.milestone: found for subject, found in watch.last.consequences.items()}


def test_only_the_root_cause_opens_and_names_the_others() -> None:
    watch = Watch(explain=in_a_row)
    assert watch.see(c=30, b=11, a=12) == ["opened a#1 warning"]
    assert consequences(watch) == {"a": ("b", "c")}


def test_what_has_a_record_keeps_it() -> None:
    watch = Watch(explain=in_a_row)
    assert watch.see(b=11) == ["opened b#1 warning"]
    assert watch.see(a=11, b=11, c=11) == ["opened a#1 warning"]
    assert consequences(watch) == {"a": (), "b": ("c",)}


def test_what_has_a_record_is_no_consequence_even_if_it_is_explained() -> None:
    watch = Watch(explain=lambda _, ready, __: dict.fromkeys(ready, "a") if "c" in ready else {})
    assert watch.see(a=11, b=11) == ["opened a#1 warning", "opened b#1 warning"]
    assert watch.see(a=11, b=11, c=11) == []
    assert consequences(watch) == {"a": ("c",), "b": ()}


def test_what_is_explained_no_longer_opens_at_once() -> None:
    watch = Watch(TWICE, explain=in_a_row)
    assert watch.see(a=11) == []
    assert watch.see(a=11, b=11) == ["opened a#1 warning"]
    assert watch.see(a=0, b=11) == []
    assert watch.see(a=0, b=11) == ["resolved a#1 within_tolerance", "opened b#1 warning"]


def test_the_consequences_are_those_of_today() -> None:
    watch = Watch(explain=in_a_row)
    watch.see(a=11, b=11, c=11)
    assert watch.see(a=11, b=0, c=Reason.not_computed, d=12) == []
    assert consequences(watch) == {"a": ("d",)}


def test_an_accepted_record_still_explains() -> None:
    watch = Watch(explain=in_a_row)
    watch.see(a=11)
    watch.acknowledge("a", accepted=True)
    assert watch.see(a=11, b=11) == []
    assert consequences(watch) == {"a": ("b",)}


def test_a_breach_explained_for_long_stays_confirmed_while_it_has_no_value() -> None:
    watch = Watch(TWICE, explain=in_a_row)
    for _ in range(3):
        watch.see(a=11, b=11)
    assert watch.see(a=Reason.cancelled, b=Reason.not_computed) == ["resolved a#1 cancelled"]
    assert watch.see(a=Reason.cancelled, b=11) == ["opened b#1 warning"]


def test_what_is_explained_and_confirmed_is_not_counted_on() -> None:
    watch = Watch(TWICE, explain=in_a_row)
    watch.see(a=11, b=11)
    watch.see(a=11, b=11)
    before = watch.tracks
    watch.see(a=11, b=11)
    assert watch.tracks == before


def test_nothing_is_remembered_of_what_is_explained_where_one_evaluation_is_enough() -> None:
    watch = Watch(explain=in_a_row)
    watch.see(a=11, b=11)
    assert watch.tracks.keys() == {Subject("finish", "a", 1)}


def test_the_plan_as_a_whole_is_explained_by_nothing() -> None:
    watch = Watch(explain=in_a_row)
    assert watch.evaluate(judge(FINISH, {None: 11, "a": 11})) == ["opened plan#1 warning", "opened a#1 warning"]


def test_each_tolerance_has_its_own_root_causes() -> None:
    other = replace(FINISH, key="other")
    watch = Watch(FINISH, other, explain=in_a_row)
    judged = judge(FINISH, {"a": 11}) + judge(other, {"b": 11})
    assert watch.evaluate(judged) == ["opened a#1 warning", "opened b#1 warning"]
    assert consequences(watch) == {"a": (), "b": ()}
