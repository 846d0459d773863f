"""What the books of a plan are made of, from what was known of it."""

from app.domain.cost import CostInputs
from app.domain.progress import effective
from app.variance.snapshot import Snapshot


def inputs_of(snapshot: Snapshot) -> CostInputs:
    """The inputs of a snapshot; effort has no rates yet (`rate_of`)."""
    return CostInputs(
        fields=snapshot.fields,
        current=snapshot.current,
        baseline=snapshot.baseline_milestones,
        events=effective(snapshot.events),
        working=snapshot.working_of,
        plan_working=snapshot.working(snapshot.fields.calendar),
    )
