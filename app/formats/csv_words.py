"""The words of other tools in the cells of a table: kinds, constraints, flags, labels."""

import re
from collections.abc import Mapping, Sequence

from app.formats.csv_columns import normalised
from app.formats.csv_dates import Wrong

_KINDS: Mapping[str, Sequence[str]] = {
    "milestone": ("milestone", "finish milestone", "TT_FinMile"),
    "start_milestone": ("start milestone", "TT_Mile"),
    "activity": ("activity", "task", "task dependent", "resource dependent", "TT_Task", "TT_Rsrc"),
    "phase": ("phase", "summary", "summary task", "WBS", "WBS summary", "TT_WBS", "group"),
    "level_of_effort": ("level of effort", "hammock", "TT_LOE"),
}
_KIND_OF = {normalised(word): kind for kind, words in _KINDS.items() for word in words}

_CONSTRAINTS: Mapping[str, Sequence[str]] = {
    "": ("ASAP", "as soon as possible"),
    "ALAP": ("as late as possible", "CS_ALAP"),
    "SNET": ("start no earlier than", "start on or after", "CS_MSOA"),
    "FNET": ("finish no earlier than", "finish on or after", "CS_MEOA"),
    "SNLT": ("start no later than", "start on or before", "CS_MSOB"),
    "FNLT": ("finish no later than", "finish on or before", "CS_MEOB"),
    "SO": ("start on", "CS_MSO"),
    "FO": ("finish on", "CS_MEO"),
    "MSO": ("must start on", "mandatory start", "CS_MANDSTART"),
    "MFO": ("must finish on", "mandatory finish", "CS_MANDFIN"),
}
_CONSTRAINT_OF = {normalised(word): name for name, words in _CONSTRAINTS.items() for word in (name, *words) if word}

_FLAGS = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_NOTHING = frozenset({"", "na", "n/a", "-", "--", "none", "<none>", "null"})
_CALENDARS = {"standard": "standard", "always": "always", "24hours": "always", "24x7": "always", "247": "always"}

_NO_LABEL = re.compile(r"[^A-Za-z0-9._/-]")
_NO_KEY = re.compile(r"[^A-Za-z0-9._~-]")
_BY_SEMICOLON = re.compile(r"(?:[^;\\]|\\.?)+", re.DOTALL)
_BY_COMMA = re.compile(r"(?:[^,\\]|\\.?)+", re.DOTALL)
_ESCAPED = re.compile(r"\\([;,\\])")
_TO_ESCAPE = re.compile(r"([;,\\])")


def is_nothing(text: str) -> bool:
    """Whether a cell of a date, a duration or a choice says that there is none."""
    return text.lower() in _NOTHING


def kind_of(text: str) -> str | None:
    """`milestone`, `start_milestone`, `activity`, `phase` or `level_of_effort`; None: the word tells none."""
    return _KIND_OF.get(normalised(text))


def flag_of(text: str) -> bool | None:
    """Yes or no; None: neither."""
    return _FLAGS.get(text.lower())


def constraint_of(text: str) -> str | None:
    """The type of a constraint as in a plan document; None: as soon as possible, which is none.

    Raises:
        Wrong: the word is none that is known.
    """
    found = _CONSTRAINT_OF.get(normalised(text))
    if found is None:
        raise Wrong("unknown_constraint", f"is none of {', '.join(name for name in _CONSTRAINTS if name)}")
    return found or None


def calendar_of(text: str) -> str:
    """The key of the calendar of this name: what a key cannot hold becomes `-`.

    Raises:
        Wrong: nothing of it can be part of a key.
    """
    built_in = _CALENDARS.get(normalised(text))
    key = _NO_KEY.sub("-", text).lstrip("._~-")[:100]
    if not key:
        raise Wrong("unknown_calendar", "names no calendar: write the key of one")
    return built_in or key


def entries(text: str) -> list[str]:
    r"""The entries of a list: between semicolons, or between commas where there is no semicolon.

    `\;`, `\,` and `\\` are these characters themselves: `plain` reads them, `escaped` writes them.
    """
    found = _BY_SEMICOLON.findall(text)
    if len(found) < 2 and not text.endswith(";"):
        found = _BY_COMMA.findall(text)
    return [entry.strip() for entry in found if entry.strip()]


def plain(entry: str) -> str:
    """An entry without its backslashes."""
    return _ESCAPED.sub(r"\1", entry)


def escaped(text: str) -> str:
    """The inverse of `plain`."""
    return _TO_ESCAPE.sub(r"\\\1", text)


def label_of(entry: str) -> tuple[str, str]:
    """`team=core` as a name and a value; a word alone has an empty value."""
    name, _, value = plain(entry).partition("=")
    return name.strip(), value.strip()


def label_name(text: str) -> str:
    """The name of a label: what it cannot hold becomes `-`."""
    name = _NO_LABEL.sub("-", text)
    return (name if name[:1].isalnum() else f"x{name}")[:63]
