"""What the books of a plan are made of, from what was known of it."""

from decimal import Decimal

from app.domain.cost import CostInputs
from app.domain.costs import RateOf
from app.domain.execution import ExecutionEvent
from app.domain.plan import Money
from app.domain.progress import effective
from app.resources.store import Version
from app.variance.snapshot import Snapshot


def inputs_of(snapshot: Snapshot) -> CostInputs:
    """The inputs of a snapshot."""
    return CostInputs(
        fields=snapshot.fields,
        current=snapshot.current,
        baseline=snapshot.baseline_milestones,
        events=effective(snapshot.events),
        working=snapshot.working_of,
        plan_working=snapshot.working(snapshot.fields.calendar),
        rate_of=rates_of(snapshot),
    )


def resource_of(snapshot: Snapshot, event: ExecutionEvent) -> str | None:
    """Who spent the time that an event reports: the resource that it names, else its actor, if that is one."""
    named = event.data.get("resource") or event.actor
    return named if named in snapshot.resources else None


def rates_of(snapshot: Snapshot) -> RateOf:
    """What an hour of reported effort costs: at the rate that the resource had when it was spent.

    What was spent before the resource was there counts at its first rate.
    """

    def rate_of(event: ExecutionEvent) -> Money | None:
        resource = resource_of(snapshot, event)
        if resource is None:
            return None
        versions = snapshot.resources[resource]
        then = [version for version in versions if version["recorded_at"] <= event.occurred_at]
        return rate_in((then or versions[:1])[-1])

    return rate_of


def rate_in(version: Version) -> Money | None:
    """What an hour costs by a version of a resource; None: it does not say."""
    told = version["cost_rate"]
    return None if told is None else Money(Decimal(told["amount"]), told["currency"])
