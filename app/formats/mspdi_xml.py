"""Microsoft Project XML, element by element: read as a stream, trusted with nothing.

The namespace is http://schemas.microsoft.com/project. Nothing is fetched, no entity is resolved, a document
type is refused, and of what is read only the names that make a plan are kept: the parts of one task or
calendar at a time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from app.formats.parsed import Place, Unreadable

NAMESPACE = "http://schemas.microsoft.com/project"
Element = Any  # an element of lxml, which has no types

_LISTS: Mapping[str, str] = {
    "Calendars": "Calendar",
    "Tasks": "Task",
    "Resources": "Resource",
    "Assignments": "Assignment",
    "ExtendedAttributes": "ExtendedAttribute",
}
_NAMES = """
    Calendars Calendar Tasks Task Resources Resource Assignments Assignment ExtendedAttributes ExtendedAttribute UID
    Name Title GUID Manager LastSaved ScheduleFromStart StartDate FinishDate CriticalSlackLimit CurrencyCode
    CalendarUID MinutesPerDay HonorConstraints WeekStartDay StatusDate CurrentDate IsBaseCalendar BaseCalendarUID
    WeekDays WeekDay DayType DayWorking TimePeriod FromDate ToDate WorkingTimes WorkingTime FromTime ToTime
    Exceptions Exception EnteredByOccurrences Occurrences Type Period DaysOfWeek MonthItem MonthPosition Month
    MonthDay WorkWeeks WorkWeek Active Manual IsNull OutlineNumber OutlineLevel Start Finish Duration DurationFormat
    Resume Milestone Summary IsSubproject ExternalTask PercentComplete Cost ActualStart ActualFinish
    RemainingDuration ConstraintType ConstraintDate Deadline LevelingDelay IgnoreResourceCalendar PredecessorLink
    PredecessorUID CrossProject LinkLag LagFormat Baseline Number Interim FieldID Value Alias TaskUID ResourceUID
"""
_WANTED = frozenset(_NAMES.split())
_CHUNK = 1 << 16
_DEPTH = 32
_ITEMS = 200_000
_PARTS = 100_000


@dataclass(slots=True)
class Node:
    """An element: the line it begins on, its text, and the elements in it by name, in their order."""

    name: str
    line: int
    text: str = ""
    parts: dict[str, list["Node"]] = field(default_factory=dict)


def read_items(body: bytes) -> Iterator[tuple[str, Node]]:
    """What stands in the project: each of its fields, and each calendar, task, resource and assignment.

    Yields the name of the list that it stands in, empty for a field of the project itself. O(bytes), of
    memory what the largest of them needs.

    Raises:
        Unreadable: it is no XML or no project of Microsoft Project, it was cut off, it has a document type,
            or it is larger or deeper than any such file.
    """
    parser = etree.XMLPullParser(
        ("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    walk = _Walk()
    try:
        for offset in range(0, len(body), _CHUNK):
            parser.feed(body[offset : offset + _CHUNK])
            yield from walk.through(parser.read_events())
        parser.close()
    except etree.XMLSyntaxError:
        raise Unreadable([_syntax(parser.feed_error_log)]) from None
    yield from walk.through(parser.read_events())


class _Walk:
    """Where in the document the events have come to."""

    __slots__ = ("_depth", "_items", "_list", "_parts", "_skipped")

    def __init__(self) -> None:
        self._depth = 0
        self._list = ""
        self._skipped = 0  # the depth of the outermost element around here that is not wanted; 0: none
        self._items = 0
        self._parts = 0

    def through(self, events: Iterable[tuple[str, Element]]) -> Iterator[tuple[str, Node]]:
        for event, element in events:
            if event == "start":
                self._enter(element)
            else:
                found = self._leave(element)
                if found is not None:
                    yield self._list, found

    def _enter(self, element: Element) -> None:
        self._depth += 1
        name = _name(element)
        if self._depth == 1:
            _check_root(element, name)
            return
        if self._depth > _DEPTH:
            raise _refused(element, "too_deep", f"elements lie more than {_DEPTH} deep in one another")
        if self._depth == 2:
            self._list = name if name in _LISTS else ""
        if not self._skipped and name not in _WANTED:
            self._skipped = self._depth

    def _leave(self, element: Element) -> Node | None:
        depth = self._depth
        self._depth -= 1
        if depth == 1:
            return None
        _forget_before(element, all_=depth <= 3 or depth > self._skipped > 0)
        if self._skipped:
            element.clear(keep_tail=True)
            if depth == self._skipped:
                self._skipped = 0
            return None
        if depth > 3 or (depth == 2 and self._list):
            self._parts += 1
            if self._parts > _PARTS:
                raise _refused(element, "too_large", f"an element has more than {_PARTS} parts")
            return None
        return self._taken(element, depth)

    def _taken(self, element: Element, depth: int) -> Node | None:
        """An element that is whole: it is kept as a node, and forgotten as an element."""
        self._parts = 0
        self._items += 1
        if self._items > _ITEMS:
            raise _refused(element, "too_large", f"the file has more than {_ITEMS} items")
        listed = depth == 3
        node = _node(element) if not listed or _name(element) == _LISTS.get(self._list) else None
        element.clear(keep_tail=True)
        return node


def _syntax(log: Iterable[Any]) -> Place:
    """What made the parser stop; its own log, for an exception of lxml tells what other parsers met too."""
    line, said = next(((each.line, each.message) for each in log), (1, "nothing is in it"))
    return Place(f"line {line}", "not_xml", f"is not well-formed XML: {' '.join(said.split())[:200]}")


def _check_root(element: Element, name: str) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise _refused(element, "document_type", "has a document type (DOCTYPE), which no such file needs")
    space = element.tag[1 : -len(name) - 1] or NAMESPACE  # of {space}name; a QName refuses odd names that are parsed
    if name != "Project" or not space.startswith(NAMESPACE):
        raise _refused(element, "not_mspdi", "is no XML file of Microsoft Project: its root is not Project")


def _refused(element: Element, code: str, detail: str) -> Unreadable:
    return Unreadable([Place(f"line {element.sourceline or 1}", code, detail)])


def _name(element: Element) -> str:
    tag: str = element.tag
    return tag[tag.rfind("}") + 1 :]


def _forget_before(element: Element, *, all_: bool) -> None:
    """Drops the element before this one, if nothing will read it: the one at hand may still be in use."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None and parent is not None and (all_ or _name(before) not in _WANTED):
        parent.remove(before)


def _node(element: Element) -> Node:
    node = Node(_name(element), element.sourceline or 1, (element.text or "").strip())
    for child in element:
        name = _name(child)
        if name in _WANTED:
            node.parts.setdefault(name, []).append(_node(child))
    return node
