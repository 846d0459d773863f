"""Which tasks of a Microsoft Project file are in the plan, what they are called there, and what lies in what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.plan import MilestoneKind
from app.formats.mspdi_fields import Reading
from app.formats.mspdi_values import Task


@dataclass(frozen=True, slots=True)
class Outline:
    """The tasks of the plan.

    Attributes:
        tasks: in the order of the file.
        ids: what each is called in the plan, by UID.
        parents: of each its phase, by UID; None: the plan itself.
        phases: the UIDs of those that are phases.
        left_out: the UIDs of those that are in the file alone.
    """

    tasks: Sequence[Task]
    ids: Mapping[int, str]
    parents: Mapping[int, int | None]
    phases: frozenset[int]
    left_out: frozenset[int]

    def kind(self, task: Task) -> MilestoneKind:
        """What a task is in the plan: a milestone takes no time."""
        if task.uid in self.phases:
            return MilestoneKind.phase
        return MilestoneKind.milestone if task.milestone and not task.minutes else MilestoneKind.activity


def outline_of(tasks: Mapping[int, Task], reading: Reading) -> Outline:
    """The outline of a file, whose order and levels say what lies in what. O(tasks).

    The task with UID 0 is the project itself. What is inactive or only stands for a task of another project
    is left out; what lies in it lies in the next task around it. A task is a phase if others lie in it.
    """
    above: dict[int, int | None] = {}
    around: list[Task] = []
    for task in tasks.values():
        if task.uid == 0 and task.level == 0:
            continue
        while around and around[-1].level >= task.level:
            around.pop()
        above[task.uid] = around[-1].uid if around else None
        around.append(task)
    left_out = frozenset(uid for uid in above if not _belongs(tasks[uid], reading))
    parents: dict[int, int | None] = {}
    for uid, parent in above.items():
        parents[uid] = parents[parent] if parent in left_out and parent is not None else parent
    kept = [tasks[uid] for uid in above if uid not in left_out]
    holders = {parents[task.uid] for task in kept}
    had = set(above.values())
    return Outline(
        tasks=kept,
        ids=_ids(kept),
        parents=parents,
        phases=frozenset(t.uid for t in kept if t.uid in holders or (t.summary and t.uid in had)),
        left_out=left_out,
    )


def _belongs(task: Task, reading: Reading) -> bool:
    if task.external:
        detail = "stands for a task of another project; it and its links are left out, so that dates may be earlier"
        reading.note(task.place, "external_task_left_out", detail)
    elif not task.active:
        reading.note(task.place, "inactive_task_left_out", "is inactive; it and its links are left out")
    return task.active and not task.external


def _ids(tasks: Sequence[Task]) -> dict[int, str]:
    """What tasks are called: as an export of ours called them, else by their UIDs."""
    found: dict[int, str] = {}
    taken: set[str] = set()
    for task in tasks:
        if task.own_id and task.own_id not in taken:
            found[task.uid] = task.own_id
            taken.add(task.own_id)
    for task in tasks:
        if task.uid not in found:
            name, number = str(task.uid), 1
            while name in taken:
                number += 1
                name = f"{task.uid}-{number}"
            found[task.uid] = name
            taken.add(name)
    return found
