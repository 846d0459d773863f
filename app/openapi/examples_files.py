"""Small schedule files as examples for the documentation page, by media type: a wall, in each format."""

from app.imports.reading import MEDIA_TYPES

_CSV = """\
id,name,start,finish,predecessors,actual_start,percent_complete,status_date
W10,Scaffold,2024-04-01,2024-04-03,,2024-04-02,50,2024-04-02
W20,Brickwork,2024-04-04,2024-04-19,W10,,,
"""

_YAML = """\
name: A house
status_date: 2024-04-02
target_finish: 2024-09-30
"""

_MSPDI = """\
<?xml version="1.0" encoding="UTF-8"?>
<Project xmlns="http://schemas.microsoft.com/project">
  <Title>A house</Title>
  <StatusDate>2024-04-02T17:00:00</StatusDate>
  <Tasks>
    <Task>
      <UID>1</UID><ID>1</ID><Name>Scaffold</Name><OutlineLevel>1</OutlineLevel>
      <Start>2024-04-01T08:00:00</Start><Finish>2024-04-03T17:00:00</Finish><Duration>PT24H0M0S</Duration>
      <ActualStart>2024-04-02T08:00:00</ActualStart>
    </Task>
    <Task>
      <UID>2</UID><ID>2</ID><Name>Brickwork</Name><OutlineLevel>1</OutlineLevel>
      <Start>2024-04-04T08:00:00</Start><Finish>2024-04-19T17:00:00</Finish><Duration>PT96H0M0S</Duration>
      <PredecessorLink><PredecessorUID>1</PredecessorUID><Type>1</Type></PredecessorLink>
    </Task>
  </Tasks>
</Project>
"""

_DAY = "(0||0(s|08:00|f|12:00)())(0||1(s|13:00|f|17:00)())"
_WEEK = "".join(f"(0||{day}()({_DAY if 2 <= day <= 6 else ''}))" for day in range(1, 8))
_PROJECT = {
    "proj_id": "1",
    "proj_short_name": "HOUSE",
    "clndr_id": "1",
    "last_recalc_date": "2024-04-02 17:00",
    "plan_start_date": "2024-04-01 08:00",
}
_CALENDAR = {
    "clndr_id": "1",
    "clndr_name": "Five days",
    "day_hr_cnt": "8",
    "clndr_data": f"(0||CalendarData()((0||DaysOfWeek()({_WEEK}))))",
}
_WBS = {
    "wbs_id": "1",
    "proj_id": "1",
    "proj_node_flag": "Y",
    "wbs_short_name": "HOUSE",
    "wbs_name": "A house",
    "parent_wbs_id": "",
}
_TASK = {
    "task_id": "1",
    "proj_id": "1",
    "wbs_id": "1",
    "clndr_id": "1",
    "task_code": "W10",
    "task_name": "Scaffold",
    "task_type": "TT_Task",
    "status_code": "TK_Active",
    "target_drtn_hr_cnt": "24",
    "remain_drtn_hr_cnt": "16",
    "target_start_date": "2024-04-01 08:00",
    "target_end_date": "2024-04-03 17:00",
    "act_start_date": "2024-04-02 08:00",
    "act_end_date": "",
    "cstr_type": "",
    "cstr_date": "",
}


def _xer(**tables: dict[str, str]) -> str:
    lines = ["ERMHDR\t20.12\t2024-04-02\tProject"]
    for name, row in tables.items():
        lines += [f"%T\t{name}", "\t".join(["%F", *row]), "\t".join(["%R", *row.values()])]
    return "\n".join([*lines, "%E", ""])


_XER = _xer(PROJECT=_PROJECT, CALENDAR=_CALENDAR, PROJWBS=_WBS, TASK=_TASK)

_BY_MEDIA_TYPE: dict[str, object] = {
    "application/json": {"name": "A house", "status_date": "2024-04-02", "owner": "site-manager"},
    "application/yaml": _YAML,
    "application/x-yaml": _YAML,
    "text/yaml": _YAML,
    "text/tab-separated-values": _CSV.replace(",", "\t"),
    "application/xml": _MSPDI,
    "text/xml": _MSPDI,
    "application/vnd.ms-project": _MSPDI,
    "application/x-xer": _XER,
    "application/octet-stream": _XER,
}

FILES = {name: _BY_MEDIA_TYPE.get(name, _CSV) for name in MEDIA_TYPES}
