"""What a schedule file says, in the words of a plan document: the one thing that every reader makes.

All parts are JSON-ready and shaped as a caller would send them, so that what comes from a file is checked by
the same rules as what comes from anybody. Wherever the API has a milestone's key, a file of another tool has
its own id: `document["milestones"][i]["key"]` and `["external_id"]`, parents, both ends of dependencies, the
dates of baselines and the milestones of statements all name it. Keys are made from the ids later, when it is
known which plan the file becomes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

MAX_PROBLEMS = 50


class Place(NamedTuple):
    """Something to be said about a place in a file.

    `place` is what a reader of the file finds it by: `line 214, TASK.target_drtn_hr_cnt`, `row 12, duration`,
    `line 88, Task 7, Start`. `code` is snake_case and stable; `detail` a sentence without its subject.
    """

    place: str
    code: str
    detail: str


class Unreadable(ValueError):
    """The file cannot become a plan.

    Attributes:
        problems: every reason that was found, at most `MAX_PROBLEMS`, in the order of the file.
    """

    def __init__(self, problems: Sequence[Place]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(f"{p.place}: {p.detail}" for p in self.problems))


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the reader of a file needs to know beside its bytes.

    Attributes:
        time_zone: the IANA zone in which the file's local times are told.
        project: which project of a file with several; None: the only one.
        calendar: the calendar of the plan that is updated, for files that do not say theirs; None: it is new.
        scheduling: in the same way, how it is scheduled.
    """

    time_zone: str = "UTC"
    project: str | None = None
    calendar: str | None = None
    scheduling: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedBaseline:
    """The dates of one baseline of a file.

    Attributes:
        number: its number in the file; of Microsoft Project 0 is the one compared with.
        name: what it is called.
        milestones: by the file's id: `planned_start`, `planned_finish`, `planned_duration_minutes` as in a
            plan document. What has no baseline is missing.
    """

    number: int
    name: str
    milestones: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A readable file.

    Attributes:
        format: `xer`, `mspdi`, `csv` or `leeway`.
        project: the project's own id in the file, that later files of the same schedule share; None: it has none.
        document: the plan document. Of `leeway` its keys are final; of all others they are the file's ids.
        calendars: as `POST /v1/calendars` takes them; `key` is the name by which the document's `calendar`
            fields refer to it, any text.
        baselines: in the order in which they are to be captured: the one compared with comes last.
        statements: what the file says has happened: `{"type", "milestone", "occurred_at", "data"}` as in an
            execution event; at most one `milestone.started`, `.completed`, `.blocked` and `.unblocked` each, and at
            most one `milestone.progressed`, which occurs at the data date, or when it was blocked.
        places: where each item of `milestones`, `dependencies`, `calendars` and `statements` stands in the file.
        notes: what of the file was left out or read in a way that its author may not expect; never an error.
        unsaid: the fields of milestones, and `dependencies`, for which this file has no place at all, so that it
            takes none away; `status_date`: it tells none, and the one of its document is only assumed.
    """

    format: str
    project: str | None
    document: Mapping[str, Any]
    calendars: Sequence[Mapping[str, Any]] = ()
    baselines: Sequence[ParsedBaseline] = ()
    statements: Sequence[Mapping[str, Any]] = ()
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Sequence[Place] = ()
    unsaid: Sequence[str] = field(default_factory=list)

    def to_values(self) -> dict[str, Any]:
        """As values that JSON has; shares what it holds."""
        return {**_members(self), "baselines": [_members(found) for found in self.baselines]}

    @staticmethod
    def of_values(told: Mapping[str, Any]) -> "ParsedFile":
        """The inverse of `to_values`, also after they have been JSON."""
        baselines = [ParsedBaseline(**each) for each in told["baselines"]]
        return ParsedFile(**{**told, "baselines": baselines, "notes": [Place(*each) for each in told["notes"]]})

    def to_json(self) -> str:
        """As JSON, to be read again by `of_json` in another process."""
        return json.dumps(self.to_values(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @staticmethod
    def of_json(text: str | bytes) -> "ParsedFile":
        """The inverse of `to_json`."""
        return ParsedFile.of_values(json.loads(text))


def _members(of: ParsedFile | ParsedBaseline) -> dict[str, Any]:
    return {each.name: getattr(of, each.name) for each in fields(of)}
