"""How long, how many, how large: bounds of what a class leaves open, by the names of fields; formats of numbers.

Told, not checked when an answer is made: the services keep to it, and tests hold every answer against the document.
"""

from typing import Any

from app.domain.tolerances import Measure
from app.feed.announcements import AnnouncementType
from app.kit import etags, limits
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_ITEMS_LIMIT
from app.openapi.walking import Place, Schema, places, types_of, words

_KEY: Schema = {"pattern": KEY_PATTERN, "maxLength": 100}
_KEYS = words(
    "plan milestone calendar tolerance parent objective metric risk scenario decision assumption assignment resource "
    "contingency predecessor successor driving_predecessor webhook choice phase mapping "
    "milestones plans tolerances consequences drivers driving_chain longest_path failed_gates pending_gates "
    "gates_failed milestones_added milestones_removed risks metrics edited_since created unchanged "
    "unquantified removed added"
)
_CURSOR: Schema = {"pattern": "^[A-Za-z0-9_-]+$", "maxLength": 2_000}
_DIGEST: Schema = {"pattern": "^sha256:[0-9a-f]{64}$", "maxLength": 71}
_TEXTS: dict[str, Schema] = {
    "next_cursor": _CURSOR,
    "inputs_digest": _DIGEST,
    "amount": {"pattern": r"^-?[0-9]{1,40}(\.[0-9]{1,40})?$", "maxLength": 82},
    "currency": {"pattern": "^[A-Z]{3}$", "maxLength": 3},
    "If-Match": {"maxLength": etags.MAX_LENGTH},
    "If-None-Match": {"maxLength": etags.MAX_LENGTH},
    "secret": {"pattern": "^whsec_[A-Za-z0-9+/]+=*$", "maxLength": 100},
    "url": {"format": "uri", "maxLength": 2_010},
    "detail": {"maxLength": 20_000},
    "description": {"maxLength": 10_000},
    "type": {"maxLength": 200},
    "errors": {"maxLength": 20_000},
}
_NAMES = words(
    "name owner actor author approved_by decided_by reporter role holder to by contact category headline title "
    "source id subject unit external_id assignee field fields code place origin status edge basis records time_zone "
    "request_id reason_code tzdata holidays_package engine as_of_source lag_unit baseline part network_reason "
    "projection_reason event_type project subdivision Location Allow"
)
_FILE = 2**31 - 1
_LONG_NAME = 1_000
_LONG_TEXT = 20_000
_BY_FORMAT = {"date-time": 40, "date": 10, "uuid": 36}
_LARGEST = 2**53 - 1  # what JavaScript can count to
_ROW = 2**31 - 2  # versions, revisions and the like
_TEN_THOUSAND_YEARS = 10_000 * 366 * 24 * 60
_NUMBERED = words("revision version baseline number tolerance_version evaluation episode current_baseline")
_NUMBERED |= {"resulting_revision", "activated_revision", "based_on", "superseded_by", "supersedes"}
_NUMBERED_LISTS = frozenset({"baselines", "tolerances", "calendars"})
_POSITIVE_MINUTES = words(
    "actual_minutes actual_working_minutes planned_working_minutes blocked_working_minutes minutes_without_rate "
    "critical_path_minutes grace_minutes"
)
_RANGES = {
    "first_year": (1, 9_999),
    "last_year": (1, 9_999),
    "status": (100, 599),
    "minutes_per_day": (1, 24 * 60),
    "consecutive": (1, 100),
}
_BEFORE_THE_FIRST = frozenset({("DocumentResult", "revision")})  # a dry run for a plan that there is not yet
_LISTS: dict[str, int] = {
    "items": MAX_ITEMS_LIMIT,
    "results": limits.MAX_BATCH_EVENTS,
    "dependencies": limits.MAX_DEPENDENCIES,
    "dependencies_added": limits.MAX_DEPENDENCIES,
    "dependencies_changed": limits.MAX_DEPENDENCIES,
    "dependencies_removed": limits.MAX_DEPENDENCIES,
    "exceptions": limits.MAX_CALENDAR_EXCEPTIONS,
    "holidays": 10_000,
    "impacts": limits.MAX_IMPACTS,
    "contingencies": limits.MAX_CONTINGENCIES,
    "risks": limits.MAX_PARTS,
    "metrics": limits.MAX_PARTS,
    "decisions": limits.MAX_PARTS,
    "scenarios": limits.MAX_PARTS,
    "assumptions": limits.MAX_PARTS,
    "objectives": limits.MAX_OBJECTIVES,
    "periods": limits.MAX_LOAD_PERIODS,
    "plans": limits.MAX_LOAD_PLANS,
    "errors": 50,
    "kinds": 10,
    "types": len(AnnouncementType),
    "measures": len(Measure),
    "monday": 48,
    "record_events": limits.MAX_BATCH_EVENTS,
}
_MANY = 100_000


def tell_shapes(made: dict[str, Any]) -> None:
    """Complete every string, number and array of a document with what holds of it."""
    for place in places(made):
        schema, types = place.schema, types_of(place.schema)
        if "string" in types and not {"enum", "const"} & set(schema):
            _tell_text(place)
        if "integer" in types:
            _tell_integer(place)
        if "number" in types:
            schema["format"] = "double"
        if "array" in types:
            schema.setdefault("maxItems", _LISTS.get(place.field or place.owner, _MANY))
        _whole(schema)


def _tell_text(place: Place) -> None:
    schema, field = place.schema, place.field
    if schema.get("format") == "binary":
        schema["maxLength"] = limits.MAX_IMPORT_BYTES
        return
    if not field and place.owner[0].islower():  # a file, or a stream for as long as it lasts
        schema["maxLength"] = _FILE
        return
    if schema.get("format") in _BY_FORMAT:
        schema["maxLength"] = _BY_FORMAT[schema["format"]]
    elif schema.get("pattern") == KEY_PATTERN:
        schema["maxLength"] = 100
    elif "pattern" in schema:
        schema.setdefault("maxLength", _PATTERNS.get(schema["pattern"], 2_100))
    elif _is_key(place):
        schema |= _KEY
    else:
        known = _TEXTS.get(field) or {"maxLength": _LONG_NAME if field in _NAMES else _LONG_TEXT}
        for part, told in known.items():
            schema.setdefault(part, told)


def _is_key(place: Place) -> bool:
    if (place.owner, place.field) in _OTHER_TEXT or place.path.endswith("{}") or place.owner[0].islower():
        return False  # what an operation is asked for is as strict as it says itself
    if place.field == "key":
        return "Line" not in place.owner and "Group" not in place.owner
    return place.field in _KEYS


_OTHER_TEXT = frozenset({("CostLine", "parent"), ("Edit", "key")})
_PATTERNS = {  # the longest text that each lets through, where it is not told beside
    r"^[!-~]([ -~]{0,198}[!-~])?$": 200,
    r"^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2}))?$": 32,
}


def _tell_integer(place: Place) -> None:
    schema, field = place.schema, place.field
    schema["format"] = "int64"
    least, most = _range(field)
    if field in _NUMBERED_LISTS and place.path:
        least, most = 1, _ROW
    if "exclusiveMinimum" in schema:
        schema["minimum"] = schema.pop("exclusiveMinimum") + 1
    schema.setdefault("minimum", 0 if (place.owner, field) in _BEFORE_THE_FIRST else least)
    schema.setdefault("maximum", most)


def _range(field: str) -> tuple[int, int]:
    if field in _NUMBERED:
        return 1, _ROW
    if field in _RANGES:
        return _RANGES[field]
    if field.endswith("minutes") and field not in _POSITIVE_MINUTES:
        return -_TEN_THOUSAND_YEARS, _TEN_THOUSAND_YEARS
    return 0, _LARGEST


def _whole(schema: Schema) -> None:
    """Whole numbers are written as such: `52560000`, not `52560000.0`."""
    for part in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        told = schema.get(part)
        if isinstance(told, float) and told.is_integer():
            schema[part] = int(told)
