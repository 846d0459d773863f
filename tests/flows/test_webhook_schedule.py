"""When a delivery is tried again: the schedule of Standard Webhooks as a function of values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.schedule import DELAYS, MAX_TRIES, Tried, Verdict, judge
from app.webhooks.service import TEST_TRIES

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tried(
    status: int | None = 500,
    tries: int = 1,
    retry_after: str | None = None,
    since: datetime | None = None,
    luck: float = 0.0,
    last: datetime | None = AT - 24 * HOUR,
) -> Verdict:
    return judge(Tried(AT, status, retry_after, tries, since, last, luck))


def wait(verdict: Verdict) -> timedelta:
    assert verdict.next_attempt_at is not None
    return verdict.next_attempt_at - AT


def test_the_delays_are_those_of_the_standard() -> None:
    told = ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"]
    seconds = [int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]] for text in told]
    assert [wait(tried(tries=n)).total_seconds() for n in range(1, MAX_TRIES)] == seconds
    assert sum(seconds) == 75 * 3600 + 35 * 60 + 5
    assert MAX_TRIES == 10


@given(st.integers(1, MAX_TRIES - 1), st.floats(-1, 1))
def test_luck_moves_a_delay_by_a_fifth_at_most(tries: int, luck: float) -> None:
    planned = DELAYS[tries - 1]
    assert 0.8 * planned <= wait(tried(tries=tries, luck=luck)) <= 1.2 * planned


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_ends_it_and_clears_the_record(status: int) -> None:
    assert tried(status, since=AT - 119 * HOUR) == Verdict("delivered", None, None)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_everything_else_is_a_failure(status: int | None) -> None:
    verdict = tried(status)
    assert (verdict.state, verdict.failing_since, verdict.disable) == ("pending", AT, None)


def test_the_tenth_failure_is_the_last() -> None:
    assert tried(tries=10) == Verdict("dead", None, AT)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("1", 5),  # it only raises
        ("999999999999999999999", 24 * 3600),
        ("Mon, 02 Mar 2026 09:10:00 GMT", 600),
        ("Mon, 02 Mar 2026 09:10:00", 600),
        ("Mon, 02 Mar 2020 09:10:00 GMT", 5),
        ("Mon, 02 Mar 2099 09:10:00 GMT", 24 * 3600),
        ("-5", 5),
        ("soon", 5),
        ("", 5),
        ("²", 5),
        ("Mon, 99 Mar 99999 99:99:99 GMT", 5),
    ],
)
def test_retry_after_is_honoured_up_to_a_day(retry_after: str, seconds: int) -> None:
    assert wait(tried(503, retry_after=retry_after)).total_seconds() == seconds


def test_gone_disables_at_once() -> None:
    assert tried(410).disable == "gone"


@pytest.mark.parametrize(("hours", "disable"), [(119.9, None), (120, "failing"), (500, "failing")])
def test_five_days_of_failures_alone_disable(hours: float, disable: str | None) -> None:
    verdict = tried(500, tries=3, since=AT - hours * HOUR)
    assert (verdict.disable, verdict.failing_since) == (disable, AT - hours * HOUR)


@pytest.mark.parametrize(("hours", "is_series"), [(28.8, True), (31, False), (120, False)])
def test_failures_that_nothing_was_sent_between_are_no_series(hours: float, is_series: bool) -> None:
    verdict = tried(500, since=AT - 130 * HOUR, last=AT - hours * HOUR)
    assert (verdict.disable, verdict.failing_since) == (("failing", AT - 130 * HOUR) if is_series else (None, AT))


def test_a_test_is_dead_after_its_third_failure() -> None:
    states = [judge(Tried(AT, 500, None, tries, None, None, 0, TEST_TRIES)).state for tries in (1, 2, 3)]
    assert states == ["pending", "pending", "dead"]
