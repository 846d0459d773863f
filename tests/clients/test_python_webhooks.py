"""The Python client tells webhooks of Leeway from others; the signatures are made by the standardwebhooks library."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from leeway_client import InvalidSignature, verify_webhook

SECRET = "whsec_bGVld2F5LWNsaWVudC1zY2VuYXJpby1rZXktMzJieXQ="
OTHER = "whsec_" + "YW5vdGhlci1rZXktb2YtMzItYnl0ZXMtZm9yLXRlc3Q="
NOW = 1_715_760_000
BODY = '{"type":"deviation.opened","data":{"summary":"größer: 1 day"}}'


def signed(body: str = BODY, secret: str = SECRET, at: int = NOW, message: str = "msg_1") -> dict[str, str]:
    """The headers of a webhook."""
    signature = Webhook(secret).sign(message, datetime.fromtimestamp(at, UTC), body)
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signature}


def verified(headers: dict[str, str], body: str | bytes = BODY, now: float = NOW, secret: str = SECRET) -> object:
    return verify_webhook(secret, headers, body, clock=lambda: now)


@pytest.mark.parametrize("body", [BODY, BODY.encode()])
def test_what_was_signed_is_read(body: str | bytes) -> None:
    assert verified(signed(), body) == {"type": "deviation.opened", "data": {"summary": "größer: 1 day"}}


def test_headers_are_found_in_any_case() -> None:
    assert verified({name.title(): value for name, value in signed().items()})


@pytest.mark.parametrize("order", [1, -1])
def test_one_of_two_signatures_is_enough_while_a_secret_is_changed(order: int) -> None:
    both = [signed(secret=secret)["webhook-signature"] for secret in (SECRET, OTHER)][::order]
    headers = {**signed(), "webhook-signature": " ".join(both)}
    assert verified(headers, secret=SECRET) == verified(headers, secret=OTHER)


def test_every_changed_byte_is_noticed() -> None:
    content = BODY.encode()
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(InvalidSignature):
            verified(signed(), changed)


@pytest.mark.parametrize("change", [{"webhook-id": "msg_2"}, {"webhook-timestamp": str(NOW + 1)}])
def test_id_and_time_are_signed_too(change: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verified({**signed(), **change})


@pytest.mark.parametrize("late", [-301, 301])
def test_five_minutes_are_tolerated_and_no_more(late: int) -> None:
    assert verified(signed(), now=NOW + (300 if late > 0 else -300))
    with pytest.raises(InvalidSignature):
        verified(signed(), now=NOW + late)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,not base64"},
        {"webhook-signature": "v2," + signed()["webhook-signature"][3:]},
        {"webhook-timestamp": "today"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-id": "\udcff"},
    ],
)
def test_what_is_no_signature_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verified({**signed(), **change})


@pytest.mark.parametrize("name", list(signed()))
def test_a_missing_header_is_refused(name: str) -> None:
    with pytest.raises(InvalidSignature):
        verified({key: value for key, value in signed().items() if key != name})


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        verified(signed(secret=OTHER))


@pytest.mark.parametrize("secret", ["hunter2!", "", "whsec_"])
def test_a_secret_that_is_none_is_an_error_of_the_program_not_of_the_sender(secret: str) -> None:
    """With an empty one anybody could sign."""
    with pytest.raises(ValueError, match="whsec_"):
        verified(signed(), secret=secret)
