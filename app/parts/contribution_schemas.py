"""A plan's contributions to objectives on the wire."""

from typing import Annotated

from pydantic import Field

from app.kit.schemas import In, Key

Weight = Annotated[float, Field(strict=True, gt=0, le=1e9)]


class ContributionFields(In):
    """That a plan contributes to an objective of the workspace, and with which weight."""

    weight: Weight = Field(default=1.0, description="Among everything that contributes to the objective.")


class ContributionDocument(ContributionFields):
    """A contribution, under the key of the objective."""

    key: Key = Field(description="Key of the objective.")
