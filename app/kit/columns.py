"""Column types that read back what was written, on SQLite and PostgreSQL alike."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, MetaData, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.domain.moments import EARLIEST, Moment, format_moment, parse_moment
from app.kit import wire

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_MICROSECOND = timedelta(microseconds=1)
_decoder = json.JSONDecoder()

# Keys sort by code point on both databases, so that lists and cursors have one order.
KEY = String(100).with_variant(String(100, collation="C"), "postgresql")


def to_micros(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z."""
    return (instant - EARLIEST) // _MICROSECOND


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.

    SQLite has no instants: a plain DateTime there drops the offset and reads back another time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An integer where the database has no instants."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive values: their zone would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return to_micros(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Always aware, always UTC."""
        if value is None:
            return None
        if isinstance(value, int):
            return EARLIEST + timedelta(microseconds=value)
        instant: datetime = value
        return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


class DayOrInstant(TypeDecorator[Moment]):
    """A day or an instant, kept with the precision it was given: text, as on the wire."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Moment | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As on the wire."""
        return None if value is None else format_moment(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Moment | None:  # noqa: ARG002
        """A `date` or an aware `datetime`."""
        if value is None:
            return None
        # It was checked when it was written, so a day needs no second look.
        return date.fromisoformat(value) if len(value) == 10 else parse_moment(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as canonical text: the same bytes on both databases."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Canonical text."""
        if value is None:
            return None
        return "{}" if value == {} else wire.canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value."""
        if value is None:
            return None
        # It is our own text, with nothing before or after the value.
        return {} if value == "{}" else _decoder.raw_decode(value)[0]
