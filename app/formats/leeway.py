"""Leeway's own plan document: JSON and YAML in, YAML out.

Of YAML only what JSON has too: no anchors and aliases, no tags, keys that are text, one document. Words are
what JSON calls so: `true`, `null` and decimal numbers; all else is text, also a date, `no`, `0x1F` and `007`.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from app.formats.parsed import MAX_PROBLEMS, ParsedFile, Place, ReadOptions, Unreadable

MAX_DEPTH = 32
MAX_INTEGER = 2**53
MAX_MEMBERS = 1_000
"""Of an object, and of a list that is neither the milestones nor the dependencies."""
_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
_TOO_LARGE = "must lie between -2^53 and 2^53"

_NULL, _TRUE, _FALSE = ("", "~", "null", "Null", "NULL"), ("true", "True", "TRUE"), ("false", "False", "FALSE")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(_NULL),
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST_INTEGER = 20
_SHOWN = 40  # characters of a member name
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

_PLAIN = re.compile(r"[^\W\d](?:[\w./ -]*[\w./-])?")
_OTHER_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})  # of some reader of YAML
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def read(body: bytes, options: ReadOptions) -> ParsedFile:  # noqa: ARG001 - it is one plan, and tells its own zone
    """A plan document as it is given: JSON if it begins with `{`, else YAML.

    Raises:
        Unreadable: it is neither, no object, nested deeper than 32, names a member twice, or holds a number or
            a text that cannot be stored.
    """
    is_json = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}
    document = _of_json(body) if is_json else _of_yaml(body)
    _check(document)
    lists = {part: told for part in ("milestones", "dependencies") if isinstance(told := document.get(part), list)}
    places = {part: [f"/{part}/{index}" for index in range(len(told))] for part, told in lists.items()}
    return ParsedFile(format="leeway", project=None, document=document, places=places)


class _Repeated(dict[str, Any]):
    """An object in which a member name stood more than once."""


def _of_json(body: bytes) -> Any:
    try:
        return _decoder.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _unreadable("file", "not_text", "is not in UTF-8") from None
    except json.JSONDecodeError as error:
        raise _unreadable(
            f"line {error.lineno}, column {error.colno}", "not_json", "is no JSON from here on"
        ) from None
    except RecursionError:
        raise _unreadable("file", "too_deep", _TOO_DEEP) from None
    except ValueError:  # an integer of more digits than the interpreter converts
        raise _unreadable("file", "number_too_large", _TOO_LARGE) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeated(members)


_decoder = json.JSONDecoder(object_pairs_hook=_object)


def _of_yaml(body: bytes) -> Any:
    try:
        return _built(yaml.parse(body, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        place = "file" if error.problem_mark is None else _place(error.problem_mark)
        raise _unreadable(place, "not_yaml", f"is no YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise _unreadable("file", "not_text", "is no text in UTF-8 or UTF-16") from None


def _built(events: Iterable[Any]) -> Any:
    """The value that the events of a parser make; without recursion, stopped at the first thing that JSON lacks."""
    found: list[Any] = []  # the documents
    around: list[Any] = [found]
    keys: list[str | None] = [None]  # of each that is around, if it is an object, the member that comes next
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            if event.anchor is not None or getattr(event, "tag", None) is not None or len(around) > MAX_DEPTH + 1:
                raise _not_in_json(event)
            inside = around[-1]
            if type(inside) is list:
                value = _started(event)
                inside.append(value)
            elif keys[-1] is None:
                keys[-1] = _key(event, inside)
                continue
            else:
                value = inside[keys[-1]] = _started(event)
                keys[-1] = None
            if not isinstance(event, yaml.ScalarEvent):
                around.append(value)
                keys.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            around.pop()
            keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and found:
            raise _unreadable(_place(event.start_mark), "not_json", "begins a second document")
    if not found:
        raise _unreadable("file", "empty", "is empty")
    return found[0]


def _not_in_json(event: Any) -> Unreadable:
    place = _place(event.start_mark)
    if event.anchor is not None:
        return _unreadable(place, "not_json", "has an anchor or an alias, which plan documents do not have")
    if event.tag is not None:
        return _unreadable(place, "not_json", "has a tag, which plan documents do not have")
    return _unreadable(place, "too_deep", _TOO_DEEP)


def _key(event: Any, members: Mapping[str, Any]) -> str:
    """The name of a member: the text as it stands there."""
    if not isinstance(event, yaml.ScalarEvent):
        raise _unreadable(_place(event.start_mark), "not_json", "has a name that is no text")
    name: str = event.value
    if name in members:
        raise _unreadable(_place(event.start_mark), "repeated_member", "names a member that its object has already")
    return name


def _started(event: Any) -> Any:
    """The value that begins with an event."""
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event) if event.implicit[0] else event.value  # implicit: it is not quoted
    return {} if isinstance(event, yaml.MappingStartEvent) else []


def _scalar(event: Any) -> Any:
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > _LONGEST_INTEGER:
            raise _unreadable(_place(event.start_mark), "number_too_large", _TOO_LARGE)
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _unreadable(place: str, code: str, detail: str) -> Unreadable:
    return Unreadable([Place(place, code, detail)])


_Way = tuple[Any, Any] | None  # how a value is reached: the way to what it is in, and its name or number there


def _check(document: Any) -> None:
    """Refuse what cannot be stored and told again; places are JSON pointers, of the document itself `/`."""
    problems: list[Place] = []
    if not isinstance(document, dict):
        problems.append(Place("/", "not_an_object", "must be an object with the members of a plan document"))
    stack: list[tuple[Any, _Way, int]] = [(document, None, 0)]
    while stack and len(problems) < MAX_PROBLEMS:
        value, way, depth = stack.pop()
        wrong = _wrong_with(value)
        inside: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, (dict, list)):
            inside = value.items() if isinstance(value, dict) else enumerate(value)
        if inside and len(value) > MAX_MEMBERS and way not in _PARTS:
            wrong = ("too_many", f"has more than {MAX_MEMBERS:,} members, which no plan document has")
        elif depth == MAX_DEPTH and inside and value:
            wrong = ("too_deep", _TOO_DEEP)
        else:
            members = [(each, (way, name), depth + 1) for name, each in inside if type(each) not in _SOUND]
            stack += reversed(members)
        if wrong:
            problems.append(Place(_pointer(way), *wrong))
    if problems:
        raise Unreadable(problems)


_SOUND = frozenset({bool, type(None)})
_PARTS: frozenset[_Way] = frozenset({(None, "milestones"), (None, "dependencies")})


def _wrong_with(value: Any) -> tuple[str, str] | None:
    """What is wrong with a value, but for what is in it."""
    kind = type(value)
    if kind is str:
        if _UNSTORABLE.search(value):
            return "unstorable_text", "holds a NUL character or a lone surrogate"
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            return "number_too_large", _TOO_LARGE
    elif kind is float:
        if not math.isfinite(value):
            return "number_not_finite", "must be a finite number"
    elif kind is _Repeated:
        return "repeated_member", "names a member more than once"
    elif kind is dict and any(map(_UNSTORABLE.search, value)):
        return "unstorable_text", "has a member name with NUL or a lone surrogate"
    return None


def _pointer(way: _Way) -> str:
    """A JSON pointer; of a member's name what is printable, and not all of a long one."""
    parts: list[str] = []
    while way is not None:
        way, name = way
        shown = "".join(c if c.isprintable() else "?" for c in str(name)[:_SHOWN])
        parts.append(shown.replace("~", "~0").replace("/", "~1"))
    return "/" + "/".join(reversed(parts))


def to_yaml(document: Mapping[str, Any]) -> str:
    """A document of JSON values as YAML in block style, in the order of its members.

    Text that any reader of YAML could take for something else, such as a date or `no`, is quoted.
    """
    return "".join(f"{line}\n" for line in _lines(document)) or "{}\n"


def _lines(value: Any) -> Iterator[str]:
    """The lines of an object or a list that is not empty."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            key = _told(name)
            if isinstance(each, (Mapping, list)) and each:
                yield f"{key}:"
                indent = "" if isinstance(each, list) else "  "
                yield from (indent + line for line in _lines(each))
            else:
                yield f"{key}: {_told(each)}"
    else:
        for each in value:
            lines = _lines(each) if isinstance(each, (Mapping, list)) and each else iter([_told(each)])
            yield f"- {next(lines)}"
            yield from ("  " + line for line in lines)


def _told(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _OTHER_WORDS:
            return value
        quoted = json.dumps(value, ensure_ascii=False)
        return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
    if isinstance(value, float):
        mantissa, e, exponent = repr(value).partition("e")
        return f"{mantissa}{'' if '.' in mantissa or not e else '.0'}{e}{exponent}"
    if isinstance(value, Mapping):
        return "{}"
    return json.dumps(value)
