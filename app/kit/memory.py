"""A bounded memory of what never changes, so that a process need not read it twice."""

from collections.abc import Hashable, Sized
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)
Content = TypeVar("Content", bound=Sized)


class Memory(Generic[Name, Content]):
    """Contents by name, for the code of one event loop; each costs its length and one.

    Beyond `most`, those that were longest out of use are forgotten, but never the newest.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._cost = 0
        self._kept: dict[Name, tuple[int, Content]] = {}  # the newest is last

    def get(self, name: Name) -> Content | None:
        """What was put here, if it was not forgotten."""
        found = self._kept.pop(name, None)
        if found is None:
            return None
        self._kept[name] = found
        return found[1]

    def put(self, name: Name, content: Content) -> None:
        """Remember this; a content that grew since it was put is put again."""
        self.forget(name)
        cost = len(content) + 1
        self._kept[name] = (cost, content)
        self._cost += cost
        while self._cost > self._most and len(self._kept) > 1:
            forgotten, _ = self._kept.pop(next(iter(self._kept)))
            self._cost -= forgotten

    def forget(self, name: Name) -> None:
        """Remember nothing of this any more."""
        if name in self._kept:
            self._cost -= self._kept.pop(name)[0]
