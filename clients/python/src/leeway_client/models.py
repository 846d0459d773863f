"""What is sent and answered: `from leeway_client.models import Plan, PlanInput`."""

from typing import TYPE_CHECKING

from leeway_client.generated.types import UNSET as UNSET  # noqa: PLC0414
from leeway_client.generated.types import Unset as Unset  # noqa: PLC0414

if TYPE_CHECKING:
    from leeway_client.generated.models import *  # noqa: F403
else:
    from leeway_client.generated.models import __all__, __getattr__  # noqa: F401
