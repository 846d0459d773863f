"""What goes over the wire of an announcement: pure, made once when it is queued, the same bytes at every attempt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.feed.announcements import AnnouncementType
from app.kit import wire
from app.kit.ids import uuid7

Format = Literal["standard", "cloudevents"]
CONTENT_TYPES: Mapping[str, str] = {
    "standard": "application/json",
    "cloudevents": "application/cloudevents+json",
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that others may want to hear of.

    Attributes:
        plan_id, plan: id and key of the plan that it is about; None: of none.
        data: what is told, as JSON values; dates and aware instants are allowed.
        filterable: what webhooks may filter by: `level`, `measure`, `tolerance`, `milestone`, `owner`.
    """

    type: AnnouncementType
    occurred_at: datetime
    plan_id: UUID | None
    plan: str | None
    data: dict[str, Any]
    filterable: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """A webhook that hears of what passes its filter."""

    webhook_id: UUID
    format: Format
    filter: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Written:
    """An announcement as it goes out.

    Attributes:
        item: as the feed shows it.
        payloads: what is sent, by format: of the formats that are listened to.
        listeners: who it is sent to.
    """

    item_id: UUID
    said: Announcement
    item: str
    payloads: Mapping[Format, str]
    listeners: Sequence[Listener]


def write(announcements: Iterable[Announcement], listeners: Sequence[Listener]) -> list[Written]:
    """Write announcements out: each as JSON once, and once more for each format, however many listen."""
    chosen = _Chooser(listeners)
    return [_written(said, chosen[_told(said)]) for said in announcements]


def _written(said: Announcement, listeners: Sequence[Listener]) -> Written:
    item_id = uuid7()
    data = wire.dump(said.data).decode()
    formats = {listener.format for listener in listeners}
    payloads = {name: _joined(_HEADS[name](item_id, said), data) for name in _HEADS if name in formats}
    head = {"id": item_id, "type": said.type, "occurred_at": said.occurred_at, "plan": said.plan}
    return Written(item_id, said, _joined(head, data), payloads, listeners)


def _standard(item_id: UUID, said: Announcement) -> dict[str, Any]:
    """As Standard Webhooks has it: `type`, `timestamp` and `data`; and beside them `id` and `plan`."""
    return {"id": item_id, "type": said.type, "timestamp": said.occurred_at, "plan": said.plan}


def _cloud_event(item_id: UUID, said: Announcement) -> dict[str, Any]:
    """The same as a CloudEvent 1.0 in structured JSON; its `id` is the `webhook-id`."""
    head = {
        "specversion": "1.0",
        "id": item_id,
        "source": "leeway",
        "type": f"leeway.{said.type}",
        "time": said.occurred_at,
        "datacontenttype": "application/json",
    }
    subject = _subject(said)
    return head if subject is None else {**head, "subject": subject}


_HEADS: Mapping[Format, Callable[[UUID, Announcement], dict[str, Any]]] = {
    "standard": _standard,
    "cloudevents": _cloud_event,
}


def _joined(head: Mapping[str, Any], data: str) -> str:
    return f'{wire.dump(head).decode()[:-1]},"data":{data}}}'


def _subject(said: Announcement) -> str | None:
    if said.plan is None:
        return None
    milestone = said.filterable.get("milestone")
    return f"plans/{said.plan}" + (f"/milestones/{milestone}" if milestone else "")


# The lists of a filter, and what of an announcement each looks at beside its type and its plan.
_LISTS = {
    "levels": "level",
    "measures": "measure",
    "tolerances": "tolerance",
    "milestones": "milestone",
    "owners": "owner",
}
FILTERS = ("types", "plans", *_LISTS)
_Told = tuple[str | None, ...]


def _told(said: Announcement) -> _Told:
    return (said.type, said.plan, *(said.filterable.get(attribute) for attribute in _LISTS.values()))


class _Chooser(dict[_Told, Sequence[Listener]]):
    """Who listens: every list of a filter that names something names what is said. The same is chosen once."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        super().__init__()
        self._conditions = [
            (
                listener,
                [(i, frozenset(named)) for i, name in enumerate(FILTERS) if (named := listener.filter.get(name))],
            )
            for listener in listeners
        ]

    def __missing__(self, told: _Told) -> Sequence[Listener]:
        chosen = tuple(
            listener for listener, lists in self._conditions if all(told[i] in named for i, named in lists)
        )
        self[told] = chosen
        return chosen
