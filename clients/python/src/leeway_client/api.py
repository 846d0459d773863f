"""The operations by name, each a module: `sync` and `asyncio`; `sync_detailed`, `asyncio_detailed` with the headers.

`from leeway_client.api import get_plan`, then `get_plan.sync("release", client=client)`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leeway_client.generated.api import *  # noqa: F403
else:
    from leeway_client.generated.api import __all__, __getattr__  # noqa: F401
