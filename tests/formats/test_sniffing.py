"""Telling formats apart."""

import pytest

from app.formats.parsed import Unreadable
from app.formats.sniffing import BY_MEDIA_TYPE, SNIFFED, format_of
from tests.domain.shared import shared

OCTETS = "application/octet-stream"
NAMESPACE = "http://schemas.microsoft.com/project"
MSPDI = f'<Project xmlns="{NAMESPACE}"><Name>Dam</Name></Project>'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ERMHDR\t5.0\t2024-05-07", "xer"),
        ("\ufeffERMHDR\t5.0", "xer"),
        (MSPDI, "mspdi"),
        (f"<?xml version='1.0'?>\n<!-- a > b --><!---->\n{MSPDI}", "mspdi"),
        (f"<p:Project xmlns=\"x\" xmlns:p = '{NAMESPACE}/2007'>", "mspdi"),
        (f'<!DOCTYPE Project [<!ENTITY a "b">]>{MSPDI}', "mspdi"),
        ("<!DOCTYPE Project []><Project/>", None),
        ("<Project/>", None),
        (f'<p:Project xmlns="{NAMESPACE}"/>', None),
        (f'<Plan xmlns="{NAMESPACE}"/>', None),
        (f'<!-- <Project xmlns="{NAMESPACE}">', None),
        ("<APIBusinessObjects xmlns='http://xmlns.oracle.com/Primavera/P6'><Project/>", None),
        ("<", None),
        ('{"name": "Dam"}', "leeway"),
        (' \n{"name": "Dam"}', "leeway"),
        ("name: Dam\n", "leeway"),
        ("# a plan\n\n'name': Dam\nid: 3\n", "leeway"),
        ("---\nname: Dam\n", "leeway"),
        ("%YAML 1.2\n---\nname: Dam\n", "leeway"),
        ("name;id\nDig;A\n", "csv"),
        ("Task Name\nDig\n", "csv"),
        ("year,month\n2024,5\n", None),
        ("Dear all, the dam is late.", None),
        ('"', None),
        ("", None),
        ("\0\0\0\0", None),
    ],
)
def test_bytes_tell_the_format(text: str, found: str | None) -> None:
    assert format_of(text.encode(), OCTETS) == found


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_xml_may_be_in_utf16_with_or_without_a_mark(encoding: str) -> None:
    assert format_of(f"<?xml version='1.0'?>{MSPDI}".encode(encoding), "application/xml") == "mspdi"


@pytest.mark.parametrize("media_type", [*SNIFFED, "", "Text/Plain; charset=utf-8"])
def test_the_bytes_decide_where_the_media_type_does_not(media_type: str) -> None:
    assert format_of(b"ERMHDR\t5.0", media_type) == "xer"


@pytest.mark.parametrize(("media_type", "found"), list(BY_MEDIA_TYPE.items()))
def test_a_media_type_that_names_a_format_counts_against_the_bytes(media_type: str, found: str) -> None:
    assert format_of(MSPDI.encode(), f"{media_type.upper()} ; charset=utf-8") == found


def test_other_media_types_are_not_known() -> None:
    assert format_of(MSPDI.encode(), "image/png") is None


@pytest.mark.parametrize(
    ("magic", "advice"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as XML in Microsoft Project"),
        (b"PK\x03\x04", "save it as CSV"),
        (b"\x1f\x8b\x08", "unpack it"),
        (b"%PDF-1.7", "export it as XML, XER or CSV"),
    ],
)
@pytest.mark.parametrize("media_type", [OCTETS, "application/json"])
def test_what_cannot_be_read_is_refused_with_what_to_do_instead(magic: bytes, advice: str, media_type: str) -> None:
    with pytest.raises(Unreadable, match=advice) as caught:
        format_of(magic + b"...", media_type)
    assert [problem.code for problem in caught.value.problems] == ["unsupported_format"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("oracles/p6/cairo-alex-road.xer", "xer"),
        ("oracles/mspdi/Homemoveplan.xml", "mspdi"),
        ("oracles/mspdi/OzBuild-16-Orig.xml", "mspdi"),
        ("oracles/us_it_dashboard.csv", None),
        ("samples/python-3.13-release.json", "leeway"),
    ],
)
def test_real_files(name: str, found: str | None) -> None:
    assert format_of(shared(name).read_bytes(), OCTETS) == found
