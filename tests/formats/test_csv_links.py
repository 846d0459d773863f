"""Dependencies in the cells of a table."""

import pytest

from tests.formats.csv_build import links, notes, parsed, problems


def table(predecessors: str = "", successors: str = "") -> str:
    """A and A-SS1, and B with these links."""
    return f'id,name,predecessors,successors\nA,a,,\nA-SS1,a,,\nB,b,"{predecessors}","{successors}"\n'


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("A", "A FS+0 B"),
        ("AFS", "A FS+0 B"),
        ("a", "row 4, predecessors: unknown_row"),
        ("#A", "A FS+0 B"),
        ("Ass+4h", "A SS+240 B"),
        ("A FF - 2 days", "A FF-960 B"),
        ("A: SF", "A SF+0 B"),
        ("A: FS 5", "A FS+2400 B"),
        ("A FS", "A FS+0 B"),
        ("AFS+2ed", "A FS+2880e B"),
        ("AFS+50%", "A FS+50% B"),
        ("AFS-12.5e%", "A FS-12.5%e B"),
        ("A-SS1", "A-SS1 FS+0 B"),
        ("A-SS1SS+1h", "A-SS1 SS+60 B"),
        ("AFS+x", "row 4, predecessors: not_a_duration"),
        ("AFS+2000%", "row 4, predecessors: not_a_number"),
        ("A+2d", "row 4, predecessors: unknown_row"),
        ("C", "row 4, predecessors: unknown_row"),
        ("CFS+2d", "row 4, predecessors: unknown_row"),
        ("AFS2", "row 4, predecessors: unknown_row"),
    ],
)
def test_a_link_is_an_id_a_type_and_a_lag(text: str, link: str) -> None:
    assert (problems if link.startswith("row") else links)(table(text)) == [link]


@pytest.mark.parametrize("text", ["A; A-SS1SS", "A, A-SS1SS", "A;A-SS1SS;", " A , A-SS1SS ,"])
def test_links_stand_between_semicolons_or_commas(text: str) -> None:
    assert sorted(links(table(text))) == ["A FS+0 B", "A-SS1 SS+0 B"]


def test_successors_are_links_the_other_way() -> None:
    assert links(table(successors="AFF+1h")) == ["B FF+60 A"]


def test_a_link_may_be_told_from_both_ends_and_the_one_with_a_type_counts() -> None:
    both = "id,name,Predecessors,Predecessor Details,Successors\nA,a,,,B\nB,b,A,A: SS 2,\n"
    assert links(both) == ["A SS+960 B"]
    assert links("id,name,predecessors,successors\nA,a,,B\nB,b,A,\n") == ["A FS+0 B"]


def test_a_pair_may_have_a_link_of_each_type_but_no_two_lags() -> None:
    assert len(links(table("AFS; ASS; AFF+1d"))) == 3
    assert problems(table("AFS; AFS+1d")) == ["row 4, predecessors: repeated_link"]


def test_an_issue_of_jira_blocks_others() -> None:
    text = "Summary,Issue key,Issue id,Parent,Inward issue link (Blocks),Outward issue link (Blocks)\n"
    text += "Ship,AB-1,901,,AB-2,\nTest,AB-2,902,,,AB-1\nAll,AB-3,903,,,\nPart,AB-4,904,903,,\n"
    assert links(text) == ["AB-2 FS+0 AB-1"]
    assert [m.get("parent") for m in parsed(text).document["milestones"]] == [None, None, None, "AB-3"]


def test_trackers_export_links_with_what_they_do_not_export() -> None:
    text = "id,name,blocked by,blocks\nA,a,AB-7,\nB,b,A,AB-8\n"
    assert links(text) == ["A FS+0 B"]
    assert notes(text)["unknown_row"] == "row 2, blocked_by"
    assert problems("id,name,blocked by\nA,a,\nB,b,AFS+x\n") == ["row 3, blocked_by: not_a_duration"]


def test_the_number_of_a_day_is_that_of_the_plans_calendar() -> None:
    assert links("id,name,predecessors,plan_calendar\nA,a,,always\nB,b,AFS+1d,\n") == ["A FS+1440 B"]


def test_ids_may_hold_what_separates_entries() -> None:
    assert links('id,name,predecessors\n"A;1,2\\",a,\nB,b,"A\\;1\\,2\\\\FS+1h"\n') == ["A;1,2\\ FS+60 B"]
