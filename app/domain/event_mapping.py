"""Which rule says what an event of a build or delivery system means for a plan: pure matching, no clock, no I/O."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_VERSION = re.compile(r"\.\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")


class Signal(NamedTuple):
    """What rules look at in an event: `type` without its version, `content` what it says of its subject."""

    type: str
    source: str
    subject: str
    content: Mapping[str, Any]


class MappingRule(NamedTuple):
    """What matches, and what is recorded then.

    A pattern is a text in which `*` stands for any characters, none included; None matches all. `content` has
    patterns by the path of a member (`environment.id`): one of each path's has to match. A `plan` or
    `milestone` of None is the one that the event itself names.
    """

    key: str
    position: int
    event_type: str
    source: str | None
    subject: str | None
    content: Mapping[str, Sequence[str]]
    plan: str | None
    milestone: str | None
    records: str
    reason_code: str | None


def without_version(type_: str) -> str:
    """`dev.cdevents.build.finished` of `dev.cdevents.build.finished.0.2.0`."""
    return _VERSION.sub("", type_)


def by_type(rules: Iterable[MappingRule]) -> dict[str, list[MappingRule]]:
    """The rules of each event type in the order they are tried: by `position`, those of one position by key."""
    found: dict[str, list[MappingRule]] = {}
    for rule in sorted(rules, key=lambda rule: (rule.position, rule.key)):
        found.setdefault(rule.event_type, []).append(rule)
    return found


def first_match(rules: Mapping[str, Sequence[MappingRule]], signal: Signal) -> MappingRule | None:
    """The first of the rules by type that matches, or None."""
    return next((rule for rule in rules.get(signal.type, ()) if _matches(rule, signal)), None)


def _matches(rule: MappingRule, signal: Signal) -> bool:
    return (
        (rule.source is None or fits(rule.source, signal.source))
        and (rule.subject is None or fits(rule.subject, signal.subject))
        and all(_says(signal.content, path, patterns) for path, patterns in rule.content.items())
    )


def _says(content: Mapping[str, Any], path: str, patterns: Iterable[str]) -> bool:
    text = text_at(content, path)
    return text is not None and any(fits(pattern, text) for pattern in patterns)


def text_at(content: Mapping[str, Any], path: str) -> str | None:
    """What stands at a path, numbers and truth values as in JSON; None where nothing, or no such value, does."""
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def fits(pattern: str, text: str) -> bool:
    """Whether the text is the pattern, with `*` for any characters; at a cost that no pattern can blow up."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    start, stop = len(first), len(text) - len(last)
    if start > stop or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, start, stop)
        if found < 0:
            return False
        start = found + len(part)
    return True
