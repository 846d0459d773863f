"""Which format a file has, by its media type and its first bytes.

A media type that names one format counts, also against the bytes: the reader of that format then says what is
wrong. Only where it names none (`application/octet-stream`, `text/plain`), or one that several formats have
(XML), the bytes decide. What Leeway cannot read is refused by its bytes, whatever the media type says.
"""

import codecs
import re

from app.formats.csv_columns import Column
from app.formats.csv_table import header_in
from app.formats.parsed import Place, Unreadable

BY_MEDIA_TYPE = {
    "application/json": "leeway",
    "application/yaml": "leeway",
    "application/x-yaml": "leeway",
    "text/yaml": "leeway",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/x-xer": "xer",
}
"""The format of each media type that has one."""

SNIFFED = (
    "application/octet-stream",
    "text/plain",
    "application/xml",
    "text/xml",
    "application/vnd.ms-project",
    "application/vnd.ms-excel",  # what some browsers take .csv for
)
"""The media types whose bytes decide."""

_MSPDI = "http://schemas.microsoft.com/project"
_HEAD = 1 << 16

_REFUSED = (
    (b"\xd0\xcf\x11\xe0", "is an .mpp or another binary Office file: save it as XML in Microsoft Project"),
    (b"PK\x03\x04", "is a ZIP archive or a spreadsheet (.xlsx): unpack it, or save it as CSV in UTF-8"),
    (b"\x1f\x8b", "is compressed: unpack it first"),
    (b"%PDF", "is a PDF, which holds no schedule: export it as XML, XER or CSV"),
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ROOT = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)([^<>]*)>")
_YAML = re.compile(r"(?:%YAML|---(?:\s|$)|(?:\"[^\"]*\"|'[^']*'|[A-Za-z_][\w-]*)\s*:(?:\s|$))")


def format_of(body: bytes, media_type: str) -> str | None:
    """`xer`, `mspdi`, `csv` or `leeway`; None: a format or a media type that is not known.

    Raises:
        Unreadable: it is a file of a kind that is known and cannot be read, such as .mpp; it says what to do.
    """
    for magic, detail in _REFUSED:
        if body.startswith(magic):
            raise Unreadable([Place("file", "unsupported_format", detail)])
    told = media_type.partition(";")[0].strip().lower()
    if told and told not in SNIFFED:
        return BY_MEDIA_TYPE.get(told)
    return _sniffed(body)


def _sniffed(body: bytes) -> str | None:
    head = _text(body[:_HEAD])
    if head.startswith("ERMHDR"):
        return "xer"
    if head.startswith("<"):
        return "mspdi" if _is_mspdi(head) else None
    if head.startswith("{"):
        return "leeway"
    header = header_in(body)
    if header is not None and Column.name in header.columns and len(header.columns) > 1:
        return "csv"
    first = next((line for line in head.splitlines() if line.strip() and not line.startswith("#")), "")
    if _YAML.match(first):
        return "leeway"
    return "csv" if header is not None and Column.name in header.columns else None


def _text(head: bytes) -> str:
    """The beginning of a file as text, as far as it is one, without white space before it."""
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if encoding is None:
        encoding = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(head[:2], "utf-8")
    return head.decode(encoding, "replace").removeprefix("\ufeff").lstrip()


def _is_mspdi(head: str) -> bool:
    """Whether the root of an XML document is a Project of Microsoft's.

    Of a document with a document type only whether it names the namespace: its reader refuses document types.
    """
    while head.startswith(("<?", "<!--")):
        end = "?>" if head.startswith("<?") else "-->"
        head = head.partition(end)[2].lstrip()
    if head.startswith("<!"):
        return _MSPDI in head
    root = _ROOT.match(head)
    if root is None or root[2] != "Project":
        return False
    return (
        re.search(rf"""xmlns{f":{root[1]}" if root[1] else ""}\s*=\s*["']{re.escape(_MSPDI)}""", root[3]) is not None
    )
