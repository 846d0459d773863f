"""Tables as other tools export them."""

from tests.formats.csv_build import happened, links, milestones, parsed

PRIMAVERA = """\
task_code,wbs_id,task_name,target_drtn_hr_cnt,remain_drtn_hr_cnt,start_date,end_date,pred_details,succ_list
Activity ID,WBS Code,(*)Activity Name,Duration(d),Remaining Duration(d),Start,Finish,Predecessor Details,Successors
A1000,DAM.1,Excavate,5,0,06-May-24 A,10-May-24 A,,"A1010, A1020"
A1010,DAM.1,Pour,3.5,2,13-May-24 08:00 A,16-May-24 12:00,"A1000: FS 1, A1000: SS",A1020
A1020,DAM.1.2,Ready,0,0,,16-May-24*,"A1000: FS, A1010: FS",
"""

MICROSOFT_PROJECT = """\
ID;Unique_ID;Name;Outline_Level;Duration;Start;Finish;Percent_Complete;Predecessors;Resource_Names;Milestone;Constraint_Type;Constraint_Date;Type
1;7;Dam;1;10 days;Mon 5/6/24;Fri 5/17/24;30%;;;No;As Soon As Possible;NA;Fixed Units
2;9;Excavate;2;5 days?;Mon 5/6/24;Fri 5/10/24;100%;;Ann[50%],Bob;No;As Soon As Possible;NA;Fixed Units
3;1;Cure;2;3 edays;Mon 5/13/24;Thu 5/16/24;0%;2FS+2 days;;No;Start No Earlier Than;Mon 5/13/24;Fixed Work
4;2;Ready;1;0 days;Fri 5/17/24;Fri 5/17/24;0%;2SS-50%;3;Yes;Must Finish On;Fri 5/17/24;Fixed Units
"""

OPENPROJECT = """\
ID,Type,Subject,Status,Assignee,Start date,Finish date,% Complete,Parent,Work
12,Phase,Dam,New,,2024-05-06,2024-05-17,,,
13,Task,Excavate,In progress,Ann,2024-05-06,2024-05-10,40,#12,40h
14,Milestone,Ready,New,,2024-05-17,2024-05-17,0,12,
"""

JIRA = """\
Summary,Issue key,Issue id,Issue Type,Assignee,Due date,Resolved,Labels,Labels,Outward issue link (Blocks),Parent
Pour the dam,DAM-1,1001,Epic,,,,,,,
Excavate,DAM-2,1002,Story,ann,10/May/24 12:00 AM,09/May/24 4:30 PM,ground,heavy,DAM-3,1001
Cure,DAM-3,1003,Bug,,17/May/24 12:00 AM,,,,,1001
"""


def test_primavera() -> None:
    assert milestones(PRIMAVERA) == {
        "wbs:DAM.1": {"name": "DAM.1", "kind": "phase"},
        "wbs:DAM.1.2": {"name": "DAM.1.2", "kind": "phase", "parent": "wbs:DAM.1"},
        "A1000": {
            "name": "Excavate",
            "kind": "activity",
            "planned_start": "2024-05-06",
            "planned_finish": "2024-05-10",
            "planned_duration_minutes": 2400,
            "parent": "wbs:DAM.1",
        },
        "A1010": {
            "name": "Pour",
            "kind": "activity",
            "planned_start": "2024-05-13T08:00:00Z",
            "planned_finish": "2024-05-16T12:00:00Z",
            "planned_duration_minutes": 1680,
            "parent": "wbs:DAM.1",
        },
        "A1020": {"name": "Ready", "kind": "milestone", "planned_finish": "2024-05-16", "parent": "wbs:DAM.1.2"},
    }
    assert links(PRIMAVERA) == ["A1000 FS+480 A1010", "A1000 SS+0 A1010", "A1000 FS+0 A1020", "A1010 FS+0 A1020"]
    assert happened(PRIMAVERA) == [
        ("A1000", "started", "2024-05-06"),
        ("A1000", "completed", "2024-05-10"),
        ("A1010", "started", "2024-05-13T08:00:00Z"),
        ("A1010", "progressed", "2024-05-13T08:00:00Z", {"remaining_minutes": 960}),
    ]


def test_microsoft_project() -> None:
    assert milestones(MICROSOFT_PROJECT) == {
        "7": {"name": "Dam", "kind": "phase"},
        "9": {
            "name": "Excavate",
            "kind": "activity",
            "planned_start": "2024-05-06",
            "planned_finish": "2024-05-10",
            "planned_duration_minutes": 2400,
            "parent": "7",
            "owner": "Ann,Bob",
        },
        "1": {
            "name": "Cure",
            "kind": "activity",
            "planned_start": "2024-05-13",
            "planned_finish": "2024-05-16",
            "planned_duration_minutes": 4320,
            "calendar": "always",
            "parent": "7",
            "constraint": {"type": "SNET", "date": "2024-05-13"},
        },
        "2": {
            "name": "Ready",
            "kind": "milestone",
            "planned_finish": "2024-05-17",
            "owner": "3",
            "constraint": {"type": "MFO", "date": "2024-05-17"},
        },
    }
    assert links(MICROSOFT_PROJECT) == ["9 FS+960 1", "9 SS-50% 2"]
    assert happened(MICROSOFT_PROJECT) == [("9", "completed", "2024-05-10")]


def test_openproject() -> None:
    assert milestones(OPENPROJECT)["13"] == {
        "name": "Excavate",
        "kind": "activity",
        "planned_start": "2024-05-06",
        "planned_finish": "2024-05-10",
        "parent": "12",
        "owner": "Ann",
    }
    assert milestones(OPENPROJECT)["14"] == {
        "name": "Ready",
        "kind": "milestone",
        "planned_finish": "2024-05-17",
        "parent": "12",
    }
    assert parsed(OPENPROJECT).document["scheduling"] == "hold_planned_dates"


def test_jira() -> None:
    assert milestones(JIRA) == {
        "DAM-1": {"name": "Pour the dam", "kind": "phase"},
        "DAM-2": {
            "name": "Excavate",
            "kind": "milestone",
            "planned_finish": "2024-05-10",
            "parent": "DAM-1",
            "owner": "ann",
            "labels": {"ground": "", "heavy": ""},
        },
        "DAM-3": {"name": "Cure", "kind": "milestone", "planned_finish": "2024-05-17", "parent": "DAM-1"},
    }
    assert links(JIRA) == ["DAM-2 FS+0 DAM-3"]
    assert happened(JIRA) == [("DAM-2", "completed", "2024-05-09T16:30:00Z")]
