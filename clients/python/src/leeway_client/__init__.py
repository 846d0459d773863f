"""The client of Leeway: how far has the execution drifted from the plan, and how much room is left?

`connect` says where Leeway is; `leeway_client.api` has the operations, `leeway_client.models` what they exchange.
"""

from leeway_client.answers import Response
from leeway_client.connection import Connection, connect
from leeway_client.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    LeewayError,
    NotFound,
    NotModified,
    PreconditionFailed,
    PreconditionRequired,
    ProblemError,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from leeway_client.outbox import Counts, Rejection
from leeway_client.paging import items, pages
from leeway_client.recorder import AsyncEventRecorder, EventRecorder, Undelivered
from leeway_client.retries import NEVER, Retries
from leeway_client.stream import Followed, follow, follow_async
from leeway_client.unknown import Unknown
from leeway_client.webhooks import InvalidSignature, verify_webhook

__all__ = [
    "NEVER",
    "AsyncEventRecorder",
    "BadRequest",
    "Conflict",
    "Connection",
    "Counts",
    "EventRecorder",
    "FieldError",
    "Followed",
    "Forbidden",
    "Invalid",
    "InvalidSignature",
    "LeewayError",
    "NotFound",
    "NotModified",
    "PreconditionFailed",
    "PreconditionRequired",
    "ProblemError",
    "Rejection",
    "Response",
    "Retries",
    "ServerError",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Undelivered",
    "Unknown",
    "connect",
    "follow",
    "follow_async",
    "items",
    "pages",
    "verify_webhook",
]
