"""Enumerations that may grow: a newer server may answer a value that this client does not know."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """An enumeration in which any text has a place: `PlanStatus("merged")` is a member with that value, unlisted."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    @property
    def is_known(self) -> bool:
        """Whether this client was made with it."""
        return self._name_ in type(self).__members__
