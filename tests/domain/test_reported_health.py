"""What a person says of a plan against what was computed of it."""

import pytest

from app.domain.reported_health import Disagreement, Health, disagreement
from app.domain.variance import ScheduleStatus


@pytest.mark.parametrize(
    ("told", "computed", "found"),
    [
        (Health.on_track, ScheduleStatus.on_track, Disagreement.none),
        (Health.on_track, ScheduleStatus.ahead, Disagreement.none),
        (Health.on_track, ScheduleStatus.at_risk, Disagreement.rosier),
        (Health.on_track, ScheduleStatus.late, Disagreement.rosier),
        (Health.at_risk, ScheduleStatus.late, Disagreement.rosier),
        (Health.at_risk, ScheduleStatus.on_track, Disagreement.gloomier),
        (Health.off_track, ScheduleStatus.late, Disagreement.none),
        (Health.off_track, ScheduleStatus.unknown, None),
        (Health.on_track, ScheduleStatus.not_applicable, None),
    ],
)
def test_they_agree_or_one_says_worse(told: Health, computed: ScheduleStatus, found: Disagreement | None) -> None:
    assert disagreement(told, computed) is found
