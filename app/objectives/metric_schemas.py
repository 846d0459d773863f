"""The success metrics of objectives on the wire: those of plans, but for the revision."""

from typing import Any

from pydantic import Field, create_model

from app.kit.schemas import Key, Out
from app.metrics.schemas import MetricFields
from app.parts.schemas import patch


class ObjectiveMetricIn(MetricFields):
    """A new success metric of an objective; its period is the time of a metric that names none."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.", examples=["adoption"])


ObjectiveMetricPatch = patch(MetricFields, "ObjectiveMetric")

_FIELDS: dict[str, Any] = {
    name: (field.annotation, Field(description=field.description))
    for name, field in MetricFields.model_fields.items()
}
ObjectiveMetricOut = create_model(
    "ObjectiveMetricOut", __base__=Out, __doc__="A success metric of an objective.", key=(str, ...), **_FIELDS
)


class ObjectiveMetricPage(Out):
    """A page of the success metrics of an objective, by key."""

    items: list[ObjectiveMetricOut]
    next_cursor: str | None
