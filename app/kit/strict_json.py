"""The gate before validation: bytes to JSON values that every later step can store and write again.

Python's own parser lets NaN, Infinity, repeated members, NUL characters, lone surrogates and numbers
that no other language can hold pass; each of them becomes a row that cannot be read back. The gate
refuses them, naming the place.
"""

import json
import re
from typing import Any

from app.kit.problems import FieldError, InvalidRequest, MalformedJson

MAX_DEPTH = 32
MAX_INTEGER = 2**53
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Repeated(dict[str, Any]):
    """An object in which a member name stood more than once."""


def parse(body: bytes) -> Any:
    """The JSON value of the bytes.

    Raises:
        MalformedJson: not UTF-8, or not JSON at all.
        InvalidRequest: JSON that holds a repeated member, a number that is not finite or an integer
            beyond ±2^53, a NUL character or lone surrogate, or nesting deeper than 32.
    """
    try:
        text = body.decode("utf-8")
        value = _decoder.decode(text)
    except RecursionError:
        raise InvalidRequest(errors=[FieldError("", "too_deep", _DEPTH_DETAIL)]) from None
    except UnicodeDecodeError:
        raise MalformedJson("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The body is not JSON: see line {error.lineno}, column {error.colno}.") from None
    except ValueError:  # an integer of more digits than the interpreter converts
        raise InvalidRequest(errors=[FieldError("", "number_too_large", _NUMBER_DETAIL)]) from None
    escapes = b"\\u" in body
    if not _is_sound(value, escapes=escapes):
        check(value, escapes=escapes)
    return value


_DEPTH_DETAIL = f"is nested deeper than {MAX_DEPTH} levels"
_NUMBER_DETAIL = "must lie between -2^53 and 2^53"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeated(members)


_decoder = json.JSONDecoder(object_pairs_hook=_object)


def _is_sound(value: Any, *, escapes: bool) -> bool:  # noqa: C901, PLR0911, PLR0912 - one pass, a branch a type
    """Whether `check` would find nothing: the same rules, level by level, without a word about places."""
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                if escapes and any(map(_unstorable, item)):
                    return False
                below.extend(item.values())
            elif kind is list:
                below.extend(item)
            elif kind is str:
                if escapes and _unstorable(item):
                    return False
            elif kind is int:
                if not -MAX_INTEGER <= item <= MAX_INTEGER:
                    return False
            elif kind is float:
                if item - item != 0:
                    return False
            elif item is not None and kind is not bool:
                return False
        if depth == MAX_DEPTH and below:
            return False
        level, depth = below, depth + 1
    return True


def check(value: Any, *, escapes: bool) -> None:
    r"""Walk a parsed value and refuse what must not be stored.

    Args:
        value: what the parser made.
        escapes: whether the text held a `\u` escape; without one no NUL and no surrogate can occur,
            and strings need no look.

    Raises:
        InvalidRequest: with up to 50 places.
    """
    errors: list[FieldError] = []
    stack: list[tuple[Any, str, int]] = [(value, "", 0)]
    while stack and len(errors) < 50:
        item, pointer, depth = stack.pop()
        if isinstance(item, dict):
            _check_object(item, pointer, errors, escapes=escapes)
            children: Any = [(child, f"{pointer}/{_escape(name)}") for name, child in item.items()]
        elif isinstance(item, list):
            children = [(child, f"{pointer}/{index}") for index, child in enumerate(item)]
        else:
            _check_scalar(item, pointer, errors, escapes=escapes)
            continue
        if depth == MAX_DEPTH and children:
            errors.append(FieldError(pointer, "too_deep", _DEPTH_DETAIL))
        else:
            stack.extend((child, place, depth + 1) for child, place in children)
    if errors:
        raise InvalidRequest(errors=errors)


def _check_object(item: dict[str, Any], pointer: str, errors: list[FieldError], *, escapes: bool) -> None:
    if isinstance(item, _Repeated):
        errors.append(FieldError(pointer, "repeated_member", "names a member more than once"))
    if escapes and any(_unstorable(name) for name in item):
        errors.append(FieldError(pointer, "unstorable_text", "has a member name with NUL or a lone surrogate"))


def _check_scalar(item: Any, pointer: str, errors: list[FieldError], *, escapes: bool) -> None:
    if isinstance(item, str):
        if escapes and _unstorable(item):
            errors.append(FieldError(pointer, "unstorable_text", "holds a NUL character or a lone surrogate"))
    elif isinstance(item, float):
        if item - item != 0:  # NaN and the infinities
            errors.append(FieldError(pointer, "number_not_finite", "must be a finite number"))
    elif isinstance(item, int) and not -MAX_INTEGER <= item <= MAX_INTEGER:
        errors.append(FieldError(pointer, "number_too_large", _NUMBER_DETAIL))


def _unstorable(text: str) -> bool:
    return "\x00" in text or _SURROGATE.search(text) is not None


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
