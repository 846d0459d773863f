"""Small ways to say plans, milestones, events and calendars, with defaults; and to send them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.kit.clock import Clock
from app.settings import Settings
from tests.service import check_answer, new_app

Json = dict[str, Any]

OFFICE = [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]


def milestone(key: str = "a", finish: str | None = "2026-03-10", **fields: Any) -> Json:
    """A milestone with a day to be finished on."""
    return {"key": key, "name": f"Milestone {key}", "planned_finish": finish, **fields}


def activity(key: str, start: str | None, finish: str | None, **fields: Any) -> Json:
    """Work between two dates."""
    return milestone(key, finish, kind="activity", planned_start=start, **fields)


def phase(key: str, **fields: Any) -> Json:
    """A phase; give its children `parent=key`."""
    return milestone(key, None, kind="phase", **fields)


def dependency(predecessor: str, successor: str, type: str = "FS", **fields: Any) -> Json:  # noqa: A002
    """A link between two milestones."""
    return {"predecessor": predecessor, "type": type, "successor": successor, **fields}


def document(*milestones: Json, **fields: Any) -> Json:
    """A plan document; without milestones given, one called `a`."""
    return {"name": "A plan", "milestones": list(milestones or [milestone()]), **fields}


def event(number: int | str = 1, milestone: str = "a", **fields: Any) -> Json:
    """The completion of a milestone."""
    return {
        "id": f"run-{number}",
        "source": "tests",
        "type": "milestone.completed",
        "milestone": milestone,
        "occurred_at": "2026-03-01T10:00:00Z",
        **fields,
    }


def measured(number: int | str = 1, value: float = 30, **fields: Any) -> Json:
    """A measurement of the metric `adoption` of an objective."""
    return {
        "id": f"measured-{number}",
        "source": "survey",
        "type": "metric.measured",
        "occurred_at": "2026-03-01",
        "data": {"metric": "adoption", "value": value},
        **fields,
    }


def calendar(**fields: Any) -> Json:
    """A calendar of office hours on five weekdays."""
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return {"name": "Office", "weekly": dict.fromkeys(weekdays, OFFICE), **fields}


def tolerance(**fields: Any) -> Json:
    """A tolerance of how late milestones may be: a warning beyond a day, a breach beyond five."""
    bounds = {"warning": 1, "breach": 5}
    return {"measure": "finish_variance", "unit": "working_days", "upper": bounds, **fields}


def event_mapping(key: str, **fields: Any) -> Json:
    """Every pipeline that has finished completes the milestone `b` of the plan of the mapping's name."""
    finished = {"event_type": "dev.cdevents.pipelinerun.finished", "records": "milestone.completed"}
    return {"key": key, "plan": key, "milestone": "b", **finished, **fields}


def objective(**fields: Any) -> Json:
    """An objective with a name alone."""
    return {"name": "Half of all teams use it", **fields}


def resource(**fields: Any) -> Json:
    """Somebody who works full-time."""
    return {"name": "Anna", **fields}


def assignment(**fields: Any) -> Json:
    """Half of the time of the resource `anna` for the milestone `a`."""
    return {"milestone": "a", "resource": "anna", "units": 0.5, **fields}


def assumption(**fields: Any) -> Json:
    """An assumption that the milestone `a` depends on."""
    return {"statement": "The interface stays", "dependents": [{"part": "milestones", "key": "a"}], **fields}


def status_report(**fields: Any) -> Json:
    """What somebody says of a plan that does well."""
    return {"health": "on_track", "narrative": "All is well.", **fields}


def baseline(**fields: Any) -> Json:
    """A baseline with a reason."""
    return {"name": "Agreed", "reason": "signed off", **fields}


async def put(client: httpx.AsyncClient, plan: str, content: Json, **headers: str) -> Json:
    """Create a plan from a document, or replace it by `If_Match="*"`; answers what the PUT did."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ok(await client.put(f"/v1/plans/{plan}/document", json=content, headers=named))


async def capture(client: httpx.AsyncClient, plan: str, **fields: Any) -> Json:
    """Capture a baseline."""
    return ok(await client.post(f"/v1/plans/{plan}/baselines", json=baseline(**fields)))


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Json:
    """What a GET answers."""
    return ok(await client.get(path, params=params))


def ok(response: httpx.Response) -> Json:
    """The body of an answer that must be a success."""
    assert response.is_success, response.text
    body: Json = response.json()
    return body


def failure(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return response.status_code, response.json()["code"]


def places(response: httpx.Response) -> list[tuple[str, str]]:
    """Where an invalid request is wrong: pointers and codes."""
    assert response.status_code == 422, response.text
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


def if_match(etag: str) -> dict[str, str]:
    """The header of an edit."""
    return {"If-Match": etag}


class Unread:
    """A body that must not be asked for."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Fail."""
        raise AssertionError("the body was read")


@asynccontextmanager
async def serving(settings: Settings, clock: Clock, key: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A service of its own with other settings than the fixture's, and a client of it."""
    app = new_app(settings, clock)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def check(response: httpx.Response) -> None:
        await response.aread()
        check_answer(response)

    async with app.router.lifespan_context(app):
        hooks: dict[str, list[Any]] = {"response": [check]}
        base = "http://leeway.test"
        async with httpx.AsyncClient(
            transport=transport, base_url=base, headers=headers, event_hooks=hooks
        ) as client:
            yield client
