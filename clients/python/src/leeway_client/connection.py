"""Where Leeway is, and with what key: what all the generated operations are given as `client`."""

import os
from typing import Any

import httpx
from attrs import define, field

from leeway_client.errors import LeewayError
from leeway_client.generated.client import AuthenticatedClient
from leeway_client.retries import AsyncRetryingClient, Retries, RetryingClient


@define
class Connection(AuthenticatedClient):
    """The generated client, with retries. Use it in `with` or `async with`, so that its connections are closed."""

    retries: Retries = field(factory=Retries, kw_only=True)

    def get_httpx_client(self) -> httpx.Client:
        """The one for `sync` operations, made when it is first asked for."""
        if self._client is None:
            self._client = self.new_httpx_client()
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The one for `asyncio` operations, made when it is first asked for."""
        if self._async_client is None:
            self._async_client = AsyncRetryingClient(self.retries, **self._options())
        return self._async_client

    def new_httpx_client(self, retries: Retries | None = None) -> httpx.Client:
        """One more, with connections of its own, for whoever must not depend on when this one is closed."""
        return RetryingClient(retries or self.retries, **self._options())

    def _options(self) -> dict[str, Any]:
        return {
            "base_url": self._base_url,
            "cookies": self._cookies,
            "headers": {**self._headers, self.auth_header_name: f"{self.prefix} {self.token}"},
            "timeout": self._timeout,
            "verify": self._verify_ssl,
            **self._httpx_args,
        }


def connect(
    url: str | None = None,
    key: str | None = None,
    *,
    timeout_seconds: float = 30,
    retries: Retries | None = None,
    headers: dict[str, str] | None = None,
    **httpx_options: Any,
) -> Connection:
    """Say where Leeway is; nothing is sent yet.

    Args:
        url: Its address, without a path of the API; else that of `LEEWAY_URL`.
        key: An API key; else that of `LEEWAY_KEY`.
        timeout_seconds: For connecting, and for each wait for data.
        retries: How often a request is tried; `NEVER` for once.
        headers: Sent with each request.
        httpx_options: More for `httpx.Client` and `httpx.AsyncClient`: `verify`, `proxy`, `http2` …

    Raises:
        LeewayError: the address or the key is nowhere to be found, or cannot be one.
    """
    address, token = url or _from_environment("LEEWAY_URL"), key or _from_environment("LEEWAY_KEY")
    if not address.startswith(("http://", "https://")):
        raise LeewayError(f"The address of Leeway begins with https:// or http://, and not as {address!r}.")
    if not token.isascii() or not token.isprintable():
        raise LeewayError("The key holds characters that it cannot have.")
    return Connection(
        base_url=address,
        token=token,
        timeout=httpx.Timeout(timeout_seconds),
        retries=retries or Retries(),
        headers=headers or {},
        httpx_args=httpx_options,
    )


def _from_environment(name: str) -> str:
    found = os.environ.get(name, "").strip()  # of files with secrets, a line end comes along
    if not found:
        raise LeewayError(f"Set {name}, or give it to connect().")
    return found
