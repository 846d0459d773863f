"""The same request to the service on every database: they must answer alike, and reads must never fail."""

import asyncio
import json
from collections.abc import Sequence
from functools import reduce
from itertools import count
from typing import Any

import httpx

from tests.scale import full

CANARY = "canary <7f3a9>"  # no key: those may be named
OF_PLAN = (
    "/v1/plans/p",
    "/v1/plans/p/document",
    "/v1/plans/p/revisions?limit=200",
    "/v1/plans/p/comparison?from=revision:1",
    "/v1/plans/p/milestones?limit=200",
    "/v1/plans/p/dependencies?limit=200",
    "/v1/plans/p/objectives?limit=200",
    "/v1/plans/p/metrics?limit=200",
    "/v1/plans/p/baselines?limit=200",
    "/v1/plans/p/events?limit=200",
    "/v1/plans/p/variance?limit=1000",
    "/v1/plans/p/scorecard?limit=1000",
    "/v1/plans/p/risks?limit=200",
    "/v1/plans/p/exposure?limit=1000",
    "/v1/plans/p/decisions?limit=200",
    "/v1/plans/p/scenarios?limit=200",
    "/v1/plans/p/scenario-comparison",
    "/v1/plans/p/assumptions?limit=200",
    "/v1/plans/p/evidence?limit=1000",
    "/v1/plans/p/assignments?limit=200",
    "/v1/plans/p/delegations?limit=1000",
    "/v1/plans/p/load?from=2026-02-01&to=2026-04-30",
    "/v1/plans/p/status-reports?limit=200",
    "/v1/plans/p/trend?from=2026-02-01&to=2026-03-31&step_days=30",
)
OTHERS = (
    *("/v1/plans?limit=200", "/v1/calendars?limit=200", "/v1/imports?limit=200"),
    *("/v1/tolerances?limit=200", "/v1/reason-codes?limit=200", "/v1/event-mappings?limit=200"),
    *("/v1/objectives?limit=200", "/v1/objectives/p/metrics?limit=200", "/v1/objectives/p/events?limit=200"),
    *("/v1/portfolio?by=objective", "/v1/portfolio?by=label:team&limit=200"),
    *("/v1/objectives/p/rollup", "/v1/objectives/p/scorecard"),
    *("/v1/resources?limit=200", "/v1/resources/p/load?from=2026-02-01&to=2026-04-30"),
    *("/v1/webhooks?limit=200", "/v1/webhooks/p/deliveries?limit=200"),
)
OF_DEVIATION = (
    "/v1/deviations?limit=200",
    "/v1/deviations/summary",
    "/v1/deviations/{deviation}",
    "/v1/deviations/{deviation}/transitions?limit=200",
    "/v1/deviations/{deviation}/actions?limit=200",
    "/v1/feed?limit=200",
)
_COMPUTED = ("events", "variance", "scorecard", "exposure", "delegations", "load", "trend")
OF_EVENTS = tuple(path for path in OF_PLAN if any(name in path for name in _COMPUTED))


class Twins:
    """One service for each database; each starts with a plan `p`, a calendar `p` … (see `lay_out`)."""

    def __init__(self, clients: list[httpx.AsyncClient], named: list[dict[str, str]]) -> None:
        self.clients = clients
        self.named = named  # what each of them calls `{deviation}` and `{action}`
        self._turns = count()

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send it to all of them: none fails, none tells what it was sent, and all answer alike."""
        answers = await self._each(method, path, **options)
        for answer in answers:
            assert answer.status_code < 500, f"{method} {path} {options}: {answer.text}"
            if answer.status_code >= 400:
                assert_tells_nothing(answer)
        statuses = {told(answer) for answer in answers}
        assert len(statuses) == 1, f"{method} {path} {options}: {statuses}"
        return answers[0]

    async def read_everything(self) -> None:
        """Read every collection: whatever was accepted before, all of it can be read."""
        await self._read(OF_PLAN + OTHERS + OF_DEVIATION)

    async def write(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send it, and when it was accepted read it again, and some of what else it shows in, each time other parts.

        All of it is read where LEEWAY_TEST_FULL is set.
        """
        answer = await self.send(method, path, **options)
        if answer.is_success:
            shown = _shown_in(path)
            near = [each for each in shown if _is_about(each, path)]
            others = [each for each in shown if each not in near]
            await self._read([*near, *some_of(others, next(self._turns), least=len(others) // 4)])
        return answer

    async def _each(self, method: str, path: str, **options: Any) -> list[httpx.Response]:
        sent = zip(self.clients, self.named, strict=True)
        return await asyncio.gather(
            *(client.request(method, _filled(path, named), **options) for client, named in sent)
        )

    async def _read(self, paths: Sequence[str]) -> None:
        """Read each of them from one of the services, in turn; from all of them where LEEWAY_TEST_FULL is set."""
        services = list(zip(self.clients, self.named, strict=True))
        for path in paths:
            for client, named in some_of(services, next(self._turns), least=1):
                answer = await client.get(_filled(path, named))
                assert answer.status_code == 200, f"{path}: {answer.text}"


def _filled(path: str, named: dict[str, str]) -> str:
    return reduce(lambda told, name: told.replace(*name), named.items(), path)


def _is_about(read: str, written: str) -> bool:
    """Whether what was written by one path is told by the other as it was written."""
    bare = read.partition("?")[0]
    return written.startswith(bare) or bare.endswith("/document")


def _shown_in(written: str) -> Sequence[str]:
    """What reads of what a write of this path wrote; the others are read once, when all is written."""
    if written in {"/v1/plans", "/v1/calendars"} or written.startswith(
        (
            *("/v1/tolerances", "/v1/reason-codes", "/v1/event-mappings"),
            *("/v1/webhooks", "/v1/objectives", "/v1/resources"),
        )
    ):
        return OTHERS
    if written.startswith("/v1/calendars/"):
        return (*OTHERS, *OF_EVENTS, "/v1/plans/p/document")
    if written.startswith("/v1/deviations/"):
        return OF_DEVIATION
    if "/events" in written:
        return (*OF_EVENTS, "/v1/plans/p")
    return OF_PLAN


def told(answer: httpx.Response) -> tuple[int, str | None, tuple[Any, ...]]:
    """What an answer says: status, and of a problem its code and the places that are wrong."""
    if answer.status_code < 400:
        return answer.status_code, None, ()
    problem = answer.json()
    return answer.status_code, problem["code"], tuple((e["pointer"], e["code"]) for e in problem["errors"])


def assert_tells_nothing(answer: httpx.Response) -> None:
    """No value that was sent comes back; a member's name only as the place that is wrong."""
    problem = answer.json()
    assert len(problem["errors"]) <= 50
    for error in problem["errors"]:
        assert len(error.pop("pointer")) <= 200
    assert CANARY not in json.dumps(problem, ensure_ascii=False)
    assert CANARY not in str(answer.headers)


def some_of(values: Sequence[Any], number: int, least: int = 3) -> list[Any]:
    """Some of the values, others for each number; all of them where LEEWAY_TEST_FULL is set."""
    some = full(len(values), least)
    step = len(values) // some
    return [values[(number + i * step) % len(values)] for i in range(some)]
