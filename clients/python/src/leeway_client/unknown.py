"""What a newer server may say that this client does not know, and how values of more than one type are sent."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any, Self
from uuid import UUID


class Unknown:
    """A model of a kind that this client was made without: its fields are there, and have no types."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        """Hold them."""
        self.additional_properties = dict(fields)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """As the models have it."""
        return cls(src_dict)

    def to_dict(self) -> dict[str, Any]:
        """As it came."""
        return dict(self.additional_properties)

    def __getattr__(self, name: str) -> Any:
        """A field; as in the models, those with the name of something in Python end with `_`."""
        fields = self.__dict__.get("additional_properties", {})
        for field in (name, name.removesuffix("_")):
            if field in fields:
                return fields[field]
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"Unknown({self.additional_properties!r})"


def plain(value: Any) -> Any:
    """A value of a union as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value
