"""CDEvents to execution events: read, matched by the workspace's rules, or told what is missing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.event_mapping import MappingRule, Signal, first_match, text_at, without_version
from app.events.cd_event_schemas import CdEvent
from app.events.mapping_problems import NoMapping
from app.kit.problems import FieldError

Rules = Mapping[str, Sequence[MappingRule]]
_REASONS = ("errors", "reason", "description")  # where the types of CDEvents say in words what went wrong
_MAX_TEXT = 10_000
_WEB_ADDRESS = re.compile(r"https?://\S{1,2000}")


class Unmapped(NamedTuple):
    """A CDEvent that was read: `raw` are its attributes, `event` the same checked."""

    event: CdEvent
    raw: Mapping[str, Any]

    @property
    def signal(self) -> Signal:
        """What rules look at."""
        subject = self.event.data.subject
        return Signal(without_version(self.event.type), self.event.source, subject.id, subject.content)


def mapped(rules: Rules, found: Unmapped, path_plan: str | None = None) -> tuple[str, dict[str, Any]]:
    """The plan, and the execution event in our own form, that the first matching rule makes of a CDEvent.

    Args:
        rules: the workspace's, by type and in the order they are tried.
        found: the CDEvent.
        path_plan: the plan that the request itself names; where neither rule nor event does, it is that one.

    Raises:
        NoMapping: no rule matches, or the one that does leaves the plan or milestone to an event that names none.
    """
    event, signal = found.event, found.signal
    rule = first_match(rules, signal)
    if rule is None:
        raise NoMapping
    said = event.data.customData.leeway
    plan = rule.plan or (said and said.plan) or path_plan
    milestone = rule.milestone or (said and said.milestone)
    needed = {"plan": plan} if rule.records == "note.added" else {"plan": plan, "milestone": milestone}
    missing = [name for name, value in needed.items() if value is None]
    if missing or plan is None:
        detail = f"is named neither by the mapping {rule.key} nor by the event"
        places = [FieldError(f"/data/customData/leeway/{name}", "missing", detail) for name in missing]
        raise NoMapping(f"The mapping {rule.key} matches, but what it is about is not known.", errors=places)
    ours = {
        "id": event.id,
        "source": event.source,
        "type": rule.records,
        "milestone": milestone,
        "occurred_at": found.raw["time"],
        "actor": event.actor,
        "data": {**_words(rule, signal), "origin": _origin(rule, event, signal)},
    }
    return plan, ours


def _origin(rule: MappingRule, event: CdEvent, signal: Signal) -> dict[str, str]:
    """What the CDEvent was, as far as it is kept."""
    addresses = (text_at(signal.content, name) or "" for name in ("url", "uri"))
    url = next((text for text in addresses if _WEB_ADDRESS.fullmatch(text)), None)
    told = {
        "type": event.type,
        "subject": signal.subject,
        "mapping": rule.key,
        "outcome": _outcome(signal),
        "url": url,
    }
    return {name: value for name, value in told.items() if value}


def _outcome(signal: Signal) -> str | None:
    outcome = text_at(signal.content, "outcome")
    return None if outcome is None else outcome[:100]


def _words(rule: MappingRule, signal: Signal) -> dict[str, str]:
    """What the event says in words, where its type has a place for them."""
    if rule.records == "note.added":
        return {"text": _told(signal)}
    if rule.records != "milestone.blocked":
        return {}
    given = next((text for text in (text_at(signal.content, name) for name in _REASONS) if text), None)
    code = {} if rule.reason_code is None else {"reason_code": rule.reason_code}
    return {**code, "description": (given or _told(signal))[:_MAX_TEXT]}


def _told(signal: Signal) -> str:
    outcome = _outcome(signal)
    what = " ".join(signal.type.split(".")[2:])
    return f"{what}: {signal.subject}" + (f" ({outcome})" if outcome else "")
