"""HTTP of decisions."""

from app.decisions import service
from app.decisions.problems import DecisionKeyTaken, DecisionNotFound
from app.decisions.schemas import DERIVED, DecisionFields
from app.parts.resource import Derived, Resource, router_of
from app.parts.service import Kind

DECISIONS = Kind(service.PART, DecisionNotFound, DecisionKeyTaken)

router = router_of(
    Resource(
        DECISIONS, "decision", "decisions", "Decision", DecisionFields, derived=Derived(DERIVED, service.derived)
    )
)
