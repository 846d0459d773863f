"""Keys made from the names that other tools give: the same for the same file, whatever was imported before. Pure."""

import re
from collections.abc import Iterable, Mapping, Set
from hashlib import sha256

MAX_KEY = 100
_OUTSIDE = re.compile(r"[^A-Za-z0-9._~-]")


def key_of(text: str) -> str:
    """A key made from any text: what is outside the alphabet of keys becomes `-`; `x` where it cannot begin so."""
    key = _OUTSIDE.sub("-", text)
    return (key if key[:1].isalnum() else f"x{key}")[:MAX_KEY]


def calendar_key(plan: str, name: str) -> str:
    """The key of a plan's calendar; two that are too long to be whole still differ."""
    key = f"{plan}.{_OUTSIDE.sub('-', name)}"
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - 13]}-{sha256(f'{plan} {name}'.encode()).hexdigest()[:12]}"


def numbered(key: str, number: int) -> str:
    """The key with a suffix that tells it from others: `-2`, `-3` …; the first is the key itself."""
    suffix = "" if number == 1 else f"-{number}"
    return key[: MAX_KEY - len(suffix)] + suffix


class Keys:
    """Gives every name a key of its own; O(1) a name, however many of them clash."""

    def __init__(self, known: Mapping[str, str], taken: Set[str]) -> None:
        """`known`: names that have a key already, and keep it; `taken`: keys that nothing new may have."""
        self._known = dict(known)
        self._taken = {*taken, *known.values()}
        self._next: dict[str, int] = {}

    def __call__(self, name: str, key: str) -> str:
        """The key of a name: the one that it has, else `key`, numbered where another has that one."""
        if name in self._known:
            return self._known[name]
        number = self._next.get(key, 1)
        while numbered(key, number) in self._taken:
            number += 1
        self._next[key] = number + 1
        found = numbered(key, number)
        self._taken.add(found)
        self._known[name] = found
        return found


def keys_for(
    names: Iterable[str], known: Mapping[str, str] | None = None, taken: Set[str] = frozenset()
) -> dict[str, str]:
    """The key of each name, in their order."""
    give = Keys(known or {}, taken)
    return {name: give(name, key_of(name)) for name in names}
