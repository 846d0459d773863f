"""Base models and field types of the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema

from app.domain.moments import Moment, format_instant, format_moment, parse_day, parse_instant, parse_moment
from app.kit.ids import KEY_PATTERN
from app.kit.limits import MAX_LABELS

_DAY_OR_INSTANT = r"^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2}))?$"


class In(BaseModel):
    """A request: unknown fields are refused, numbers are not made from text or booleans."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Out(BaseModel):
    """A response: every field is always there, null where it has no value."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def _text(parse: Any) -> Any:
    def validate(value: Any) -> Any:
        if isinstance(value, date):
            return value
        if not isinstance(value, str):
            raise ValueError("must be text")
        return parse(value)

    return validate


DayOrInstant = Annotated[
    Moment,
    BeforeValidator(_text(parse_moment)),
    PlainSerializer(format_moment, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": _DAY_OR_INSTANT,
            "description": "A day `YYYY-MM-DD` (kept with day precision) or an RFC 3339 instant with an offset.",
            "examples": ["2024-05-07", "2024-05-07T17:00:00Z"],
        }
    ),
]
Instant = Annotated[
    datetime,
    BeforeValidator(_text(parse_instant)),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "description": "An RFC 3339 instant; answered in UTC with `Z`."}
    ),
]
Day = Annotated[
    date,
    BeforeValidator(_text(parse_day)),
    PlainSerializer(lambda day: day.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "description": "A calendar day."}),
]

Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN), Field(examples=["beta-1"])]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(max_length=200)]
Labels = Annotated[
    dict[LabelName, LabelValue], Field(max_length=MAX_LABELS, description="The caller's own labels: text by name.")
]
WebAddress = Annotated[
    str,
    # Without `\s`, which is not the same set in every dialect of patterns.
    StringConstraints(pattern=r"^https?://[^\u0000-\u0020\u007F-\u00A0\u2028\u2029]{1,2000}$"),
    Field(description="Where it can be read; it is never fetched.", examples=["https://example.com/study"]),
]


def _whole(value: Any) -> Any:
    """In JSON `5.0` is the integer 5, as JSON Schema has it, and some languages write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)  # stands last, beside the bounds of a strict integer
Minutes = Annotated[int, Field(strict=True, ge=-52_560_000, le=52_560_000), Whole]
PositiveMinutes = Annotated[int, Field(strict=True, ge=0, le=52_560_000), Whole]
Ordinal = Annotated[int, Field(strict=True, ge=1, le=2_147_483_646), Whole]
