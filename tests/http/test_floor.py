"""The floor of the benchmark of single events runs the statements that recording one runs."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.databases import open_sqlite
from benchmarks.floor import record_on_sqlite
from tests.http import build

STATEMENTS = ["BEGIN", "SELECT", "SAVEPOINT", "INSERT", "RELEASE", "UPDATE", "COMMIT"]


def verbs(traced: list[str]) -> list[str]:
    """What kinds of statements ran; what triggers do is traced as a comment, and not counted."""
    return [statement.split()[0].upper() for statement in traced if not statement.startswith("--")]


@pytest.mark.only_on("sqlite")
async def test_one_new_event_takes_the_same_statements(
    client: httpx.AsyncClient, service: FastAPI, database_url: str
) -> None:
    await build.put(client, "p", build.document())
    event: dict[str, Any] = {**build.event(0, type="note.added", data={"text": "x"}), "actor": None}
    assert (await client.post("/v1/plans/p/events", json=event)).status_code == 201  # the milestone is known now

    traced: list[str] = []
    async with service.state.database._writer.connect() as writer:  # its only connection
        raw = await writer.get_raw_connection()
        await raw.driver_connection.set_trace_callback(traced.append)
    traced.clear()
    assert (await client.post("/v1/plans/p/events", json={**event, "id": "1"})).status_code == 201
    assert verbs(traced) == STATEMENTS

    traced.clear()
    connection = open_sqlite(database_url)
    connection.set_trace_callback(traced.append)
    assert record_on_sqlite(connection, "p", {**event, "id": "2"}) == 3
    connection.close()
    assert verbs(traced) == STATEMENTS
