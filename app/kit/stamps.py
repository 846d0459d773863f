"""Who writes, when and why."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """The authorship of a write; `recorded_at` where the caller may state it, else the clock decides."""

    author: str
    now: datetime
    reason: str | None = None
    recorded_at: datetime | None = None
    origin: str = "edit"
