"""What must be known of a milestone after each evaluation, by the plainest rules: the model of the state machine."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tests.http.build import Json

LEVELS = {"warning": 1, "breach": 2}


class Bounds(NamedTuple):
    """What the watching tolerance says, in days."""

    warning: float = 1
    breach: float = 3
    margin: float | None = None
    enough: int = 1

    def level(self, value: float, held: int = 0) -> int:
        """0, 1 for a warning, 2 for a breach; what is held at a level reaches inwards by its margins."""
        found = 0
        for level, bound in ((1, self.warning), (2, self.breach)):
            margin = bound / 5 if self.margin is None else self.margin
            if value > bound - (margin if level <= held else 0):
                found = level
        return found

    def wire(self) -> Json:
        """It as a request says it."""
        upper = {"warning": self.warning, "breach": self.breach}
        return {"upper": upper, "clear_margin": self.margin, "consecutive": self.enough}


@dataclass
class Expected:
    """What must be known of a milestone against one baseline; `run`: minutes in a row beyond, or back."""

    episode: int = 0
    state: str | None = None
    level: int = 0
    accepted: float = 0
    until: datetime | None = None
    run: set[datetime] = field(default_factory=set)

    def end(self) -> None:
        """It is over, or forgotten."""
        self.state, self.until = None, None
        self.run.clear()

    def see(self, bounds: Bounds, value: float | None, now: datetime) -> None:
        """An evaluation found the value; None: there was nothing to judge."""
        minute = now.replace(second=0, microsecond=0)
        if value is not None and self.state in {"open", "acknowledged"}:
            self._stay(bounds, value, minute)
        elif value is not None:
            self._begin(bounds, value, minute)
        if self.state == "acknowledged" and self.until is not None and self.until <= now:
            self.state, self.until = "open", None

    def _stay(self, bounds: Bounds, value: float, minute: datetime) -> None:
        level = bounds.level(value, self.level)
        if level < self.level:
            self.run.add(minute)
            if len(self.run) < bounds.enough:
                return
        if level > self.level:
            self.state, self.until = "open", None
        self.run.clear()
        self.level = level
        if not level:
            self.end()

    def _begin(self, bounds: Bounds, value: float, minute: datetime) -> None:
        level = bounds.level(value)
        if not level:
            self.end()
        elif self.state == "accepted" and value <= self.accepted:
            self.run.clear()
        else:
            self.run.add(minute)
            if len(self.run) >= bounds.enough:
                self.end()
                self.episode, self.state, self.level = self.episode + 1, "open", level
