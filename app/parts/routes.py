"""HTTP of a plan's contributions to objectives."""

from app.parts.contribution_schemas import ContributionFields
from app.parts.problems import ContributionExists, ContributionNotFound
from app.parts.resource import Resource, router_of
from app.parts.service import Kind

CONTRIBUTIONS = Kind("objectives", ContributionNotFound, ContributionExists)

router = router_of(
    Resource(CONTRIBUTIONS, "contribution", "contributions", "Contribution", ContributionFields, "objective")
)
