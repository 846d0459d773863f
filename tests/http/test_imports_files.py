"""Schedules as Primavera P6 and Microsoft Project wrote them, imported over HTTP."""

import json
from typing import Any

import httpx
import pytest

from tests.domain.shared import shared, shared_json
from tests.http.build import Json, get
from tests.http.imports_build import imported, origins, post
from tests.service import TestClock

OCTETS = {"Content-Type": "application/octet-stream"}
XML = {"Content-Type": "application/xml"}
P6 = ("cairo", "hilal", "terminal")
MSPDI = ("Homemoveplan", "Softwaredevelopmentplan")


def xer(name: str) -> bytes:
    """A Primavera file."""
    return shared(f"oracles/p6/{name}.xer").read_bytes()
