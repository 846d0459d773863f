"""The floor: a bare Starlette route that records an event with the raw driver, and nothing else.

It runs the statements of one of our transactions for one new event, written for a single row, under the same server
settings: begin, lock the plan, savepoint, insert, release, advance the plan, commit. It has no authentication,
validation, problems, logs or documentation. `python -m benchmarks.floor URL PORT` serves it.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.databases import open_sqlite, postgres_arguments

CURSOR = "workspace_id, plan_id, key, revision, last_sequence, last_recorded_at"
EVENT = (
    "workspace_id, plan_id, sequence, source, event_id, type, milestone, occurred_at, occurred_on, recorded_at,"
    " actor, data"
)
LOCK = f"SELECT {CURSOR} FROM plans WHERE workspace_id = $1 AND deleted_at IS NULL AND key = $2 ORDER BY key"
INSERT = (
    f"INSERT INTO events ({EVENT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    " ON CONFLICT (workspace_id, source, event_id) DO NOTHING"
)
ADVANCE = "UPDATE plans SET last_sequence = $3, last_recorded_at = $4 WHERE workspace_id = $1 AND plan_id = $2"
WORKSPACE = 1

Record = Callable[[str, dict[str, Any]], Awaitable[int]]


def create_app(url: str) -> Starlette:
    """The application on a database that Leeway migrated and filled."""
    opened = on_sqlite(url) if url.startswith("sqlite") else on_postgres(url)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened as record:
            app.state.record = record
            yield

    return Starlette(routes=[Route("/v1/plans/{plan}/events", record_event, methods=["POST"])], lifespan=lifespan)


async def record_event(request: Request) -> JSONResponse:
    record: Record = request.app.state.record
    sequence = await record(request.path_params["plan"], await request.json())
    return JSONResponse({"sequence": sequence}, 201)


@asynccontextmanager
async def on_postgres(url: str) -> AsyncIterator[Record]:
    async def no_reset(_connection: Any) -> None:
        """The default costs a round trip that our own transactions do not make."""

    async with asyncpg.create_pool(**postgres_arguments(url), min_size=10, max_size=10, reset=no_reset) as pool:

        async def record(plan: str, event: dict[str, Any]) -> int:
            async with pool.acquire() as connection, connection.transaction():
                (head,) = await connection.fetch(f"{LOCK} FOR UPDATE", WORKSPACE, plan)
                sequence: int = head["last_sequence"] + 1
                row = event_row(head["plan_id"], sequence, event)
                async with connection.transaction():  # a savepoint
                    assert await connection.execute(INSERT, *row) == "INSERT 0 1"
                await connection.execute(ADVANCE, WORKSPACE, row[1], row[2], row[9])
            return sequence

        yield record


def event_row(plan_id: Any, sequence: int, event: dict[str, Any]) -> Any:
    """The columns of an event."""
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    names = (event["source"], event["id"], event["type"], event["milestone"])
    now = datetime.now(UTC)
    return (WORKSPACE, plan_id, sequence, *names, occurred_at, None, now, event["actor"], json.dumps(event["data"]))


@asynccontextmanager
async def on_sqlite(url: str) -> AsyncIterator[Record]:
    connection = open_sqlite(url)
    with ThreadPoolExecutor(1) as writer:

        async def record(plan: str, event: dict[str, Any]) -> int:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(writer, record_on_sqlite, connection, plan, event)

        yield record
    connection.close()


def record_on_sqlite(connection: sqlite3.Connection, plan: str, event: dict[str, Any]) -> int:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        (head,) = connection.execute(sqlite(LOCK), (WORKSPACE, plan)).fetchall()
        row = list(event_row(head[1], head[4] + 1, event))
        row[7], row[9] = micros(row[7]), micros(row[9])
        connection.execute("SAVEPOINT recording")
        assert connection.execute(sqlite(INSERT), row).rowcount == 1
        connection.execute("RELEASE SAVEPOINT recording")
        connection.execute(sqlite(ADVANCE), (WORKSPACE, row[1], row[2], row[9]))
    sequence: int = row[2]
    return sequence


def sqlite(statement: str) -> str:
    """The statement with SQLite's numbered parameters."""
    return statement.replace("$", "?")


def micros(instant: datetime) -> int:
    """An instant as SQLite databases of ours hold it."""
    return int(instant.timestamp() * 1_000_000)


if __name__ == "__main__":
    uvicorn.run(
        create_app(sys.argv[1]),
        port=int(sys.argv[2]),
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        backlog=2048,
    )
