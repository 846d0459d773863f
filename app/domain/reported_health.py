"""What a person says of a plan against what was computed of it."""

from enum import StrEnum

from app.domain.variance import ScheduleStatus


class Health(StrEnum):
    """How a plan does, in a person's own judgement; the order of the members is best first."""

    on_track = "on_track"
    at_risk = "at_risk"
    off_track = "off_track"


class Disagreement(StrEnum):
    """How a person's judgement differs from the computed status."""

    rosier = "rosier"
    """The person says better than is computed."""
    gloomier = "gloomier"
    """The person says worse than is computed: they may know more."""
    none = "none"


_COMPUTED = {
    ScheduleStatus.ahead: Health.on_track,
    ScheduleStatus.on_track: Health.on_track,
    ScheduleStatus.at_risk: Health.at_risk,
    ScheduleStatus.late: Health.off_track,
}


def disagreement(told: Health, computed: ScheduleStatus) -> Disagreement | None:
    """How what is told differs from what is computed; None where nothing can be computed."""
    found = _COMPUTED.get(computed)
    if found is None:
        return None
    ranks = list(Health)
    difference = ranks.index(told) - ranks.index(found)
    if difference == 0:
        return Disagreement.none
    return Disagreement.rosier if difference < 0 else Disagreement.gloomier
