"""What the scenarios of a plan must keep to in every revision: the risks and metrics they name stand in the plan.

That their change fits the plan is asked when it is written; later the plan may change under it, which is told where
the scenario is compared, and refused where it is adopted.
"""

from collections.abc import Iterator

from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent


def check_scenario(content: PlanContent, own: str, body: PartBody) -> Iterator[Wrong]:
    """All that is wrong with a scenario: risks that are not in the plan or named twice, unknown metrics."""
    seen: set[str] = set()
    for index, key in enumerate(body["risks"]):
        if key not in content.part("risks"):
            yield Wrong(
                f"risks/{index}", "unknown_risk", f"the scenario {own} names {key}, which is no risk of this plan"
            )
        if key in seen:
            yield Wrong(f"risks/{index}", "repeated", "stands more than once")
        seen.add(key)
    for key in sorted(body["metric_effects"]):
        if key not in content.part("metrics"):
            detail = f"the scenario {own} names {key}, which is no success metric of this plan"
            yield Wrong(f"metric_effects/{key}", "unknown_metric", detail)
