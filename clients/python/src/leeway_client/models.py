"""What is sent and answered: `from leeway_client.models import Plan, PlanInput`."""

from typing import TYPE_CHECKING

from leeway_client.generated.types import UNSET as UNSET
from leeway_client.generated.types import Unset as Unset

if TYPE_CHECKING:
    from leeway_client.generated.models import *  # noqa: F403
else:
    from leeway_client.generated.models import __all__, __getattr__  # noqa: F401
