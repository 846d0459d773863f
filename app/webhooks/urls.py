"""Whether a URL may be delivered to, as far as it tells by itself; addresses are checked again at every delivery."""

import re
from ipaddress import ip_address

import httpx

from app.kit.outbound import Address, Reach
from app.kit.problems import FieldError

_MAX_LENGTH = 2_000
_MAX_PORT = 65_535
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_AUTHORITY = re.compile(r"[/?#]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"https": 443, "http": 80}
# Names that no public resolver answers for (RFC 6761, RFC 6762 and their like).
_LOCAL_ENDINGS = frozenset({"localhost", "local", "invalid", "test", "internal", "lan", "home", "arpa", "onion"})

_DETAILS = {
    "invalid_url": "must be an absolute URL with a host, as in https://example.com/leeway",
    "invalid_host": "names no host: write a domain name, or an IP address in its usual form",
    "unreachable_host": "is no name of the public internet; names of a private network are for servers with "
    "LEEWAY_WEBHOOKS_ALLOW",
    "https_required": "must begin with https://; plain http is for networks in LEEWAY_WEBHOOKS_ALLOW alone",
    "userinfo": "must not hold a user name or password; deliveries are signed",
    "fragment": "must not have a fragment (#…)",
    "blocked_port": "must use port 443; other ports are for networks in LEEWAY_WEBHOOKS_ALLOW alone",
    "blocked_address": "is not a public address; private networks must be allowed by LEEWAY_WEBHOOKS_ALLOW",
}


def url_error(url: str, reach: Reach) -> FieldError | None:
    """What is wrong with a webhook's URL, or None. No name is resolved: that is done at each delivery."""
    code = _fault(url, reach)
    return None if code is None else FieldError("/url", code, _DETAILS[code])


def _fault(url: str, reach: Reach) -> str | None:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return "invalid_url"
    if (
        len(url) > _MAX_LENGTH
        or not url.isprintable()
        or " " in url
        or "\\" in url
        or not parsed.raw_host
        or (parsed.port or 0) > _MAX_PORT
    ):
        return "invalid_url"
    if parsed.scheme not in _PORTS:
        return "https_required"
    if "@" in _AUTHORITY.split(url.partition("//")[2])[0]:
        return "userinfo"
    if "#" in url:
        return "fragment"
    return _host_fault(parsed, reach)


def _host_fault(url: httpx.URL, reach: Reach) -> str | None:
    port = _PORTS[url.scheme] if url.port is None else url.port
    host = url.raw_host.decode("ascii").lower()  # as it is resolved; `url.host` may fail to decode it
    address = _literal(host)
    if address is None and (not _NAME.fullmatch(host) or len(host) > 253 or _looks_numeric(host)):
        return "invalid_host"
    if address is not None:
        refusal = reach.refusal(address, port, secure=url.scheme == "https")
        return "https_required" if refusal == "blocked_port" and url.scheme != "https" else refusal
    if reach.allowed:  # the name may be one of there
        return None
    if url.scheme != "https":
        return "https_required"
    if _is_local(host):
        return "unreachable_host"
    return None if port == _PORTS["https"] else "blocked_port"


def _is_local(host: str) -> bool:
    _, dot, last = host.rstrip(".").rpartition(".")
    return not dot or last in _LOCAL_ENDINGS


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _looks_numeric(host: str) -> bool:
    """Whether a resolver may take it for an IPv4 address in an unusual form: `127.1`, `0x7f.1`, `2130706433`."""
    return _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
