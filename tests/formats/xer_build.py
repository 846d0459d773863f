"""Short ways to say Primavera XER files in tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.formats.xer import read

Row = tuple[str, Mapping[str, Any]]  # the name of the table, and the cells by column

HEADER = "ERMHDR\t20.12\t2026-01-05\tProject\tadmin\tAdmin\tdbx\tProject Management\tUSD"
EIGHT_HOURS = "(0||0(s|08:00|f|12:00)())(0||1(s|13:00|f|17:00)())"


def week(**days: str) -> str:
    """`clndr_data` with these intervals: `d2` is Monday; `exceptions` as P6 writes them."""
    exceptions = days.pop("exceptions", "")
    told = "".join(f"(0||{number}()({days.get(f'd{number}', '')}))" for number in range(1, 8))
    return f"(0||CalendarData()((0||DaysOfWeek()({told}))(0||VIEW(ShowTotal|N)())(0||Exceptions()({exceptions}))))"


FIVE_DAYS = week(**{f"d{number}": EIGHT_HOURS for number in range(2, 7)})


def project(**more: Any) -> Row:
    return "PROJECT", {
        "proj_id": "1",
        "proj_short_name": "BRIDGE",
        "orig_proj_id": "",
        "sum_base_proj_id": "",
        "clndr_id": "10",
        "critical_drtn_hr_cnt": 0,
        "critical_path_type": "CT_TotFloat",
        "last_recalc_date": "2026-01-05 00:00",
        "plan_start_date": "2026-01-05 08:00",
        "plan_end_date": "",
    } | more


def options(**more: Any) -> Row:
    return "SCHEDOPTIONS", {
        "proj_id": "1",
        "sched_retained_logic": "Y",
        "sched_progress_override": "N",
        "sched_open_critical_flag": "N",
        "sched_lag_early_start_flag": "N",
        "sched_use_expect_end_flag": "N",
        "enable_multiple_longest_path_calc": "N",
        "sched_float_type": "FT_FF",
        "sched_calendar_on_relationship_lag": "rcal_Predecessor",
    } | more


def calendar(clndr_id: str = "10", name: str = "Five days", data: str = FIVE_DAYS, **more: Any) -> Row:
    return "CALENDAR", {
        "clndr_id": clndr_id,
        "clndr_name": name,
        "base_clndr_id": "",
        "day_hr_cnt": 8,
        "clndr_data": data,
    } | more


def wbs(wbs_id: str, short_name: str, parent: str = "100", **more: Any) -> Row:
    return "PROJWBS", {
        "wbs_id": wbs_id,
        "proj_id": "1",
        "proj_node_flag": "N",
        "wbs_short_name": short_name,
        "wbs_name": f"Phase {short_name}",
        "parent_wbs_id": parent,
    } | more


ROOT = wbs("100", "BRIDGE", "7", proj_node_flag="Y", wbs_name="A bridge")
BASE = (project(), options(), calendar(), ROOT)


def task(code: str, hours: Any = 8, **more: Any) -> Row:
    """An activity that has not begun; its id is `t` and its code."""
    return "TASK", {
        "task_id": f"t{code}",
        "proj_id": "1",
        "wbs_id": "100",
        "clndr_id": "10",
        "task_code": code,
        "task_name": f"Activity {code}",
        "task_type": "TT_Task",
        "status_code": "TK_NotStart",
        "complete_pct_type": "CP_Drtn",
        "phys_complete_pct": 0,
        "target_drtn_hr_cnt": hours,
        "remain_drtn_hr_cnt": hours,
        "act_work_qty": 0,
        "remain_work_qty": 0,
        "act_equip_qty": 0,
        "remain_equip_qty": 0,
        "target_start_date": "2026-01-05 08:00",
        "target_end_date": "2026-01-05 17:00",
        "act_start_date": "",
        "act_end_date": "",
        "suspend_date": "",
        "resume_date": "",
        "cstr_type": "",
        "cstr_date": "",
        "cstr_type2": "",
        "expect_end_date": "",
        "external_early_start_date": "",
        "external_late_end_date": "",
        "float_path": "",
        "rsrc_id": "",
    } | more


def active(code: str, hours: Any = 8, **more: Any) -> Row:
    return task(code, hours, **{"status_code": "TK_Active", "act_start_date": "2026-01-02 08:00"} | more)


def done(code: str, hours: Any = 8, **more: Any) -> Row:
    dates = {"act_start_date": "2026-01-01 08:00", "act_end_date": "2026-01-02 17:00"}
    return task(code, hours, **{"status_code": "TK_Complete", "remain_drtn_hr_cnt": 0} | dates | more)


def link(predecessor: str, successor: str, kind: str = "PR_FS", lag: Any = 0, **more: Any) -> Row:
    return "TASKPRED", {
        "task_id": f"t{successor}",
        "pred_task_id": f"t{predecessor}",
        "proj_id": "1",
        "pred_proj_id": "1",
        "pred_type": kind,
        "lag_hr_cnt": lag,
    } | more


def resource(rsrc_id: str, name: str, **more: Any) -> Row:
    return "RSRC", {"rsrc_id": rsrc_id, "rsrc_name": name, "rsrc_short_name": "", "clndr_id": ""} | more


def assigned(code: str, rsrc_id: str, **more: Any) -> Row:
    costs = {"target_cost": "0.00", "act_reg_cost": "0.00", "act_ot_cost": "0.00"}
    return "TASKRSRC", {"task_id": f"t{code}", "rsrc_id": rsrc_id} | costs | more


def expense(code: str, cost: Any, **more: Any) -> Row:
    return "PROJCOST", {"task_id": f"t{code}", "target_cost": cost, "act_cost": "0.00"} | more


def written(rows: Iterable[Row], header: str = HEADER, end: str = "%E\r\n") -> str:
    """The text of a file; the columns of a table are those of its first row."""
    tables: dict[str, list[Mapping[str, Any]]] = {}
    for name, cells in rows:
        tables.setdefault(name, []).append(cells)
    lines = [header]
    for name, found in tables.items():
        lines += [f"%T\t{name}", "\t".join(["%F", *found[0]])]
        lines += ["\t".join(["%R", *map(str, cells.values())]) for cells in found]
    return "\r\n".join([*lines, end])


def xer(*rows: Row, base: Sequence[Row] = BASE, header: str = HEADER) -> bytes:
    """A file with a project, its options, calendar and root, and these rows."""
    return written([*base, *rows], header).encode()


def parsed(*rows: Row, base: Sequence[Row] = BASE, **more: Any) -> ParsedFile:
    return read(xer(*rows, base=base), ReadOptions(**more))


def milestone(file: ParsedFile, key: str) -> Mapping[str, Any]:
    (found,) = [each for each in file.document["milestones"] if each["key"] == key]
    return found  # type: ignore[no-any-return]


def problems(body: bytes, **more: Any) -> list[Place]:
    """What is wrong with a file."""
    with pytest.raises(Unreadable) as raised:
        read(body, ReadOptions(**more))
    return list(raised.value.problems)


def wrong(*rows: Row, base: Sequence[Row] = BASE) -> list[tuple[str, str]]:
    """The column and the code of all that is wrong with a file of these rows."""
    return [(place.place.rpartition(", ")[2], place.code) for place in problems(xer(*rows, base=base))]


def notes(file: ParsedFile) -> dict[str, str]:
    """What is told of a file, by the code."""
    return {note.code: note.detail for note in file.notes}


def base(*rows: Row) -> tuple[Row, ...]:
    """The base of a file with these rows in the place of those of their tables."""
    found: list[Row] = []
    for name, cells in BASE:
        found += [row for row in rows if row[0] == name] or [(name, cells)]
    return tuple(found)
