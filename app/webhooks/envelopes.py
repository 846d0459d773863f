"""What goes over the wire of an announcement: pure, made once when it is queued, the same bytes at every attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.kit import wire

Format = Literal["standard", "cloudevents"]
CONTENT_TYPES: Mapping[str, str] = {
    "standard": "application/json",
    "cloudevents": "application/cloudevents+json",
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that others may want to hear of.

    Attributes:
        type: as in `deviation.opened`.
        plan_id, plan: id and key of the plan that it is about; None: of none.
        data: what is told, as JSON values; dates and aware instants are allowed.
        filterable: what webhooks may filter by: `level`, `measure`, `milestone`, `owner`.
    """

    type: str
    occurred_at: datetime
    plan_id: UUID | None
    plan: str | None
    data: dict[str, Any]
    filterable: Mapping[str, str | None] = field(default_factory=dict)


def feed_item(item_id: UUID, said: Announcement) -> str:
    """As the feed shows it."""
    return _dump({"id": item_id, "type": said.type, "occurred_at": said.occurred_at, "plan": said.plan}, said)


def standard(item_id: UUID, said: Announcement) -> str:
    """As Standard Webhooks has it: `type`, `timestamp` and `data`; and beside them `id` and `plan`."""
    return _dump({"id": item_id, "type": said.type, "timestamp": said.occurred_at, "plan": said.plan}, said)


def cloud_event(item_id: UUID, said: Announcement) -> str:
    """The same as a CloudEvent 1.0 in structured JSON; its `id` is the `webhook-id`."""
    body = {
        "specversion": "1.0",
        "id": item_id,
        "source": "leeway",
        "type": f"leeway.{said.type}",
        "time": said.occurred_at,
        "datacontenttype": "application/json",
    }
    subject = _subject(said)
    return _dump(body if subject is None else {**body, "subject": subject}, said)


def _dump(head: Mapping[str, Any], said: Announcement) -> str:
    return wire.dump({**head, "data": said.data}).decode()


def _subject(said: Announcement) -> str | None:
    if said.plan is None:
        return None
    milestone = said.filterable.get("milestone")
    return f"plans/{said.plan}" + (f"/milestones/{milestone}" if milestone else "")


# The lists of a filter, and what of an announcement each looks at beside its type and its plan.
_LISTS = {"levels": "level", "measures": "measure", "milestones": "milestone", "owners": "owner"}
FILTERS = ("types", "plans", *_LISTS)


def matches(wanted: Mapping[str, list[str]], said: Announcement) -> bool:
    """Whether an announcement passes a filter: every list that names something names what it says."""
    told = {"types": said.type, "plans": said.plan}
    told |= {name: said.filterable.get(attribute) for name, attribute in _LISTS.items()}
    return all(not wanted.get(name) or told[name] in wanted[name] for name in FILTERS)
