"""On which calendar each task of a Microsoft Project file works, and those calendars as the API takes them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.domain.calendars import ALWAYS, STANDARD, Intervals
from app.formats.mspdi_calendars import Calendars, Day, Working
from app.formats.mspdi_fields import Reading, clean
from app.formats.mspdi_values import File, Task

ALL_TIME = "always"
_BUILT_IN = {ALL_TIME: (ALWAYS, 1440), "standard": (STANDARD, 480)}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MAX_EXCEPTIONS = 5_000
_NAME_LENGTH = 180  # which leaves room for a number


class Works:
    """The calendars that the project and its tasks work on.

    Attributes:
        project: the name of the project's calendar.
        told: those that are used, as the API takes them, `key` a name for each.
        places: where they stand in the file.
    """

    def __init__(self, file: File, reading: Reading, minutes_per_day: int) -> None:
        self._file = file
        self._reading = reading
        self._minutes_per_day = minutes_per_day
        self._calendars = Calendars(file.calendars, reading, file.header.integer("WeekStartDay", 0, 6) or 0)
        self._from = file.header.day("StartDate") or date.min
        self._names: dict[Working, str] = {}
        self._taken = {*_BUILT_IN}
        self._numbers: dict[str, int] = {}
        self.told: list[dict[str, Any]] = []
        self.places: list[str] = []
        self.project = "standard"
        self._project: Working | None = None
        uid = self._uid_of_project()
        if uid is not None:
            self._project = self._calendars.working(uid)
            self.project = self._name(self._project, file.calendars[uid].name, file.calendars[uid].place)

    def of(self, task: Task) -> str | None:
        """The name of a task's calendar; None: the project's.

        As Microsoft Project has it: a task with an elapsed duration works at all times; one without a calendar
        when its resources do; one with a calendar when both do, unless it is told to leave theirs alone.
        """
        if task.elapsed:
            return ALL_TIME
        own = None if task.calendar is None or task.calendar < 0 else self._file.calendars.get(task.calendar)
        if own is None and task.calendar is not None and task.calendar >= 0:
            self._reading.wrong(f"{task.place}, CalendarUID", "unknown_calendar", f"{task.calendar} is no calendar")
        working = self._project if own is None else self._calendars.working(own.uid)
        resources = [] if own is not None and task.alone else self._of_resources(task)
        if working is None:
            return None
        found, name = self._with_resources(task, working, resources, "" if own is None else own.name)
        return None if found is self._project else self._name(found, name, task.place if own is None else own.place)

    def _with_resources(
        self, task: Task, working: Working, resources: Sequence[tuple[Working, str]], own: str
    ) -> tuple[Working, str]:
        if own:
            resources = [(self._calendars.common(working, each), f"{own} and {name}") for each, name in resources]
        found = dict(resources)
        if len(found) > 1 or any(not any(each.weekly) for each in found):
            detail = "its resources work at different times; it is scheduled on its own or the project's calendar"
            self._reading.note(task.place, "resource_calendars_left_out", detail)
        elif found:
            each, name = next(iter(found.items()))
            return (working, own) if each is working else (each, name)
        return working, own

    def _of_resources(self, task: Task) -> list[tuple[Working, str]]:
        """The calendars of the resources that work on it, and what they are called."""
        found = []
        for uid in self._file.assigned.get(task.uid, ()):
            resource = self._file.resources.get(uid)
            if resource is not None:
                calendar = self._file.calendars.get(-1 if resource.calendar is None else resource.calendar)
                if calendar is not None:
                    found.append((self._calendars.working(calendar.uid), calendar.name or resource.name))
                elif self._project is not None:
                    found.append((self._project, ""))
        return found

    def _uid_of_project(self) -> int | None:
        header, calendars = self._file.header, self._file.calendars
        uid = header.integer("CalendarUID")
        if uid in calendars:
            return uid
        if uid is not None and uid >= 0:
            header.wrong("CalendarUID", "unknown_calendar", f"{uid} is no calendar of the file")
        named = (each.uid for each in calendars.values() if each.name == "Standard")
        return next(named, next(iter(calendars), None))

    def _name(self, working: Working, name: str, place: str) -> str:
        """What a calendar is called; it is told when it is asked for first."""
        found = self._names.get(working)
        if found is None:
            found = self._names[working] = self._new_name(working, name)
            if found not in _BUILT_IN:
                self._tell(working, found, place)
        return found

    def _new_name(self, working: Working, name: str) -> str:
        weekly, minutes = _BUILT_IN.get(name, ((), 0))
        if working.weekly == weekly and not working.days and self._minutes_per_day == minutes:
            return name
        wanted = clean(name, _NAME_LENGTH) or "Calendar"
        found, number = wanted, self._numbers.get(wanted, 1)
        while found in self._taken:
            number += 1
            found = f"{wanted} ({number})"
        self._numbers[wanted] = number
        self._taken.add(found)
        return found

    def _tell(self, working: Working, name: str, place: str) -> None:
        if not any(working.weekly):
            self._reading.wrong(place, "no_working_time", "has no working time on any weekday")
        days = list(working.days.items())
        if len(days) > _MAX_EXCEPTIONS:
            days = [each for each in days if each[0] >= self._from][:_MAX_EXCEPTIONS]
            detail = f"tells more than {_MAX_EXCEPTIONS} days; only so many from the project's start on are kept"
            self._reading.note(place, "days_left_out", detail)
        self.places.append(place)
        self.told.append(
            {
                "key": name,
                "name": name,
                "weekly": {day: _spelled(each) for day, each in zip(_WEEKDAYS, working.weekly, strict=True) if each},
                "exceptions": [_exception(*each) for each in days],
                "minutes_per_day": self._minutes_per_day,
            }
        )


def _exception(day: date, told: Day) -> dict[str, Any]:
    return {"date": day.isoformat(), "intervals": _spelled(told.intervals), "name": told.name or None}


def _spelled(intervals: Intervals) -> list[dict[str, str]]:
    return [{"from": _clock(start), "to": _clock(finish)} for start, finish in intervals]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
