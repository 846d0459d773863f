"""What the generated operations make of an HTTP response."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx

from leeway_client.errors import LeewayError, NotModified, ProblemError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Response(Generic[T]):
    """A success: what was answered, and the HTTP response that it came in."""

    http: httpx.Response
    parsed: T

    @property
    def etag(self) -> str:
        """The version of what was answered, for the `if_match` of an edit.

        Raises:
            KeyError: this operation answers none.
        """
        return str(self.http.headers["ETag"])


def refusal(response: httpx.Response) -> LeewayError:
    """The error for an answer that is not one of the declared successes."""
    if response.status_code == 304:
        return NotModified("It is still the same.")
    if response.status_code >= 400:
        return ProblemError.of(response)
    return LeewayError(f"The server answered {response.status_code}, which this client does not know.")
