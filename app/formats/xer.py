"""The reader of Primavera P6 schedules in the XER format."""

from zoneinfo import ZoneInfo

from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.formats.xer_plan import plan_of
from app.formats.xer_tables import Findings, read_tables
from app.formats.xer_values import Values


def read(body: bytes, options: ReadOptions) -> ParsedFile:
    """A file exported by Primavera P6 as one of its projects. O(bytes).

    Raises:
        Unreadable: everything that is wrong with it.
    """
    try:
        zone = ZoneInfo(options.time_zone)
    except (KeyError, OSError, ValueError):
        raise Unreadable([Place("time zone", "unknown_zone", "is no IANA time zone")]) from None
    findings = Findings()
    tables = read_tables(body, findings)
    return plan_of(tables, Values(findings, zone), options)
