"""A plan with budgets, what happens to it and what that costs, and ways to read its books."""

from decimal import Decimal
from typing import Any

import httpx

from tests.http import build
from tests.http.build import Json


def eur(amount: str) -> Json:
    """An amount in euros."""
    return {"amount": amount, "currency": "EUR"}


def house(**fields: Any) -> Json:
    """A house: five days of foundation, a roof on the 20th, and a garden from the 11th to the 20th."""
    return build.document(
        build.phase("build"),
        build.activity("foundation", "2026-03-02", "2026-03-06", parent="build", owner="ann", budget=eur("5000")),
        build.milestone("roof", "2026-03-20", parent="build", owner="bob", budget=eur("3000.00")),
        build.activity("garden", "2026-03-11", "2026-03-20", owner="ann", budget=eur("1000.00")),
        **fields,
    )


def cost(number: int | str, amount: str, day: str, milestone: str | None, currency: str = "EUR") -> Json:
    """Money that was spent."""
    data = {"amount": amount, "currency": currency}
    named = {} if milestone is None else {"milestone": milestone}
    event = {"id": f"run-cost-{number}", "source": "tests", "type": "cost.incurred", "occurred_at": day, "data": data}
    return event | named


async def report(client: httpx.AsyncClient, plan: str, *events: Json) -> list[Json]:
    """Record events one by one."""
    return [build.ok(await client.post(f"/v1/plans/{plan}/events", json=each)) for each in events]


async def built(client: httpx.AsyncClient, plan: str = "house", **fields: Any) -> None:
    """The house and its baseline: the foundation done on the 8th for 4,200.50, a quarter of the garden for 799.50."""
    await build.put(client, plan, house(**fields))
    await build.capture(client, plan)
    await report(
        client,
        plan,
        build.event(f"{plan}-1", "foundation", occurred_at="2026-03-08"),
        build.event(
            f"{plan}-2",
            "garden",
            type="milestone.progressed",
            occurred_at="2026-03-14T12:00:00Z",
            data={"percent_complete": 25},
        ),
        cost(f"{plan}-1", "4200.50", "2026-03-05", "foundation"),
        cost(f"{plan}-2", "799.50", "2026-03-14", "garden"),
        cost(f"{plan}-3", "200", "2026-03-15", None),
    )


async def books(client: httpx.AsyncClient, plan: str = "house", as_of: str = "2026-03-16", **params: Any) -> Json:
    """The answer to a question about cost."""
    return await build.get(client, f"/v1/plans/{plan}/cost", as_of=as_of, **params)


def amount(money: Json | None) -> Decimal | None:
    """The number of an amount in euros."""
    assert money is None or money["currency"] == "EUR"
    return None if money is None else Decimal(money["amount"])


MONEY = ("planned", "planned_to_date", "earned", "actual", "remaining", "variance")


def line(figures: Json) -> list[Decimal | None]:
    """Planned, planned to date, earned, actual, remaining, variance."""
    return [amount(figures[name]) for name in MONEY]


def lines(found: Json) -> dict[str | None, list[Decimal | None]]:
    """The same of all lines, by key."""
    return {each["key"]: line(each) for each in found["items"]}
