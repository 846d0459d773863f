"""The resources that events name: those of a hand-over, and who spent time."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.execution import EventType
from app.kit.problems import FieldError
from app.resources import store as resources

_MEMBERS: Mapping[str, str] = {
    EventType.assignment_requested: "to",
    EventType.assignment_accepted: "by",
    EventType.assignment_declined: "by",
    EventType.effort_spent: "resource",
}
"""In which member the data of an event name a resource."""


class _Saying(NamedTuple):
    """What an event, or the replacement that it carries, says, and where."""

    type: str
    data: Mapping[str, Any]
    actor: str | None
    place: str


Sayings = Sequence[_Saying]


def sayings(type_: str, data: Mapping[str, Any], actor: str | None) -> Sayings:
    """What an event says, and the replacement that it carries."""
    told = [_Saying(type_, data, actor, "/data")]
    other = data.get("replacement")
    if other:
        told.append(_Saying(other["type"], other.get("data", {}), other.get("actor"), "/data/replacement/data"))
    return [saying for saying in told if saying.type in _MEMBERS]


def named_people(told: Sayings) -> list[tuple[str, str]]:
    """(place, key) of the resources that an event names by their keys."""
    found = [(f"{each.place}/{_MEMBERS[each.type]}", each.data.get(_MEMBERS[each.type])) for each in told]
    return [(place, key) for place, key in found if key is not None]


def _keys(told: Sayings) -> set[str]:
    """The keys of what an event names, and of the actor who spent time, who may be no resource."""
    actors = {each.actor for each in told if each.type == EventType.effort_spent and not each.data.get("resource")}
    return {key for _, key in named_people(told)} | {actor for actor in actors if actor is not None}


async def people_of(tx: AsyncConnection, workspace_id: int, batch: Iterable[Sayings]) -> Set[str]:
    """The resources, deleted or not, that events name, kept from changing; without any there is nothing to ask."""
    keys = {key for told in batch for key in _keys(told)}
    return (await resources.lock_shared(tx, workspace_id, keys)).keys() if keys else frozenset()


async def note_named(tx: AsyncConnection, rows: Iterable[Mapping[str, Any]], people: Set[str]) -> None:
    """Note which resources new events name: what changes of those is a fact of their plans."""
    if not people:
        return
    named: dict[tuple[Any, str], tuple[Any, ...]] = {}
    for row in rows:
        for key in sorted(_keys(sayings(row["type"], row["data"], row["actor"])) & people):
            told = (row["workspace_id"], row["plan_id"], key, row["recorded_at"])
            named.setdefault((row["plan_id"], key), told)
    await resources.name(tx, list(named.values()))


def unknown_people(told: Sayings, people: Set[str]) -> list[FieldError]:
    """What an event names and there is not."""
    detail = "is no resource of this workspace; /v1/resources lists them"
    return [FieldError(place, "unknown_resource", detail) for place, key in named_people(told) if key not in people]
