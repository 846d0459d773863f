"""The activation of contingencies on the wire."""

from typing import Annotated

from pydantic import Field

from app.events.schemas import EventOut, Happening, Identified
from app.kit.schemas import Out


class ActivationIn(Identified, Happening):
    """That a contingency is activated, when and why; recorded as the event `contingency.activated`."""

    reason: Annotated[str, Field(min_length=1, max_length=1_000, description="Why: kept with the revision.")]


class ActivationOut(Out):
    """What an activation did."""

    plan: str
    risk: str
    contingency: str
    revision: int = Field(
        description="The revision that its change made, which tells what changed; the newest, if it changed nothing."
    )
    event: EventOut
    duplicate: bool = Field(description="True: it was recorded before, and this call had no effect.")
