"""The running service held against its document by schemathesis: every operation, all checks, on each database."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.processes import serving
from tests.http.operations import PROTECTED, USUAL, Operation, lay_out, names_of
from tests.scale import full
from tests.service import ADMIN_KEY, ENCRYPTION_KEY

HERE = Path(__file__).parent
SEEDS = [line for line in (HERE / "schemathesis_seeds.txt").read_text().splitlines() if not line.startswith("#")]
TWINS = ("kept", "emptied", "ended", "closed", "replaced", "adopted")
CHANGED = {
    "close_plan": "closed",
    "put_document": "replaced",
    "create_import": "replaced",
    "adopt_scenario": "adopted",
}
IS_FULL = full(2, 1) == 2
_NAMES = sorted(operation.id for operation in PROTECTED)
A_TENTH = " ".join(f"--include-operation-id {name}" for name in _NAMES[int(SEEDS[-1]) % 10 :: 10])
QUIET = "--warnings off"  # an earlier run has ended what can be ended once
RUNS: dict[str, list[tuple[float, str]]] = {
    "sqlite": [(0.03, "--phases examples,fuzzing,stateful"), (0.3, f"--phases coverage {QUIET} {A_TENTH}")],
    "postgres": [(0.03, "--phases examples,stateful --mode positive")],
    "full": [(1, "--phases examples,coverage"), (1, f"--phases fuzzing,stateful -n 100 --max-time 300 {QUIET}")],
}
"""How much of the examples and of the coverage is run, and what else; the whole coverage takes minutes by itself."""


def twin_of(operation: Operation) -> str:
    """What an operation is asked about: nothing that it ends or replaces is what another one needs."""
    if operation.method == "delete":
        return "ended" if operation.path.count("{") == 1 else "emptied"
    return CHANGED.get(operation.id, "kept")


def known(operation: Operation) -> dict[str, Any]:
    """A request that succeeds."""
    twin = twin_of(operation)
    named = {"milestone": "c"} if operation.id == "delete_milestone" else {}
    query = {"plan": twin} if operation.id == "create_import" else operation.query
    return {"path": {**names_of(twin), **named}, "query": query, "body": operation.body_of(twin)}


async def prepare(client: httpx.AsyncClient, folder: Path) -> Path:
    """Lay out all that operations are asked about, and write down how."""
    for name in TWINS:
        await lay_out(client, name, [*USUAL, "import", "deviation"])
    requests = {operation.id: known(operation) for operation in PROTECTED}
    public = {"path": {"slug": "not-found"}, "query": {}, "body": None}
    names = ("get_liveness", "get_readiness", "list_problem_types", "get_problem_type")
    path = folder / "known.json"
    path.write_text(json.dumps({**requests, **dict.fromkeys(names, public)}))
    return path


def run(address: str, known_requests: Path, seed: str, options: str, share: float) -> str:
    """What schemathesis has to report; empty: nothing."""
    environment = {
        **os.environ,
        "SCHEMATHESIS_KEY": ADMIN_KEY,
        "SCHEMATHESIS_KNOWN": str(known_requests),
        "SCHEMATHESIS_SHARE": str(share),
    }
    program, configuration = Path(sys.executable).with_name("schemathesis"), HERE / "schemathesis.toml"
    command = [str(program), "--config-file", str(configuration), "run", f"{address}/openapi.json", "--seed", seed]
    ended = subprocess.run(
        [*command, "--no-color", *options.split()],
        cwd=HERE.parents[1],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1_500,
        check=False,
    )
    if ended.returncode == 0:
        return ""
    return readable(ended.stdout) + ended.stderr[-2_000:]


def readable(report: str) -> str:
    """The failures with their short causes, and the summary."""
    lines = [line[:300] for line in report.partition("= FAILURES =")[2].splitlines() or report.splitlines()]
    return "\n".join(lines if len(lines) < 400 else [*lines[:300], "…", *lines[-100:]])


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", SEEDS if IS_FULL else SEEDS[-1:])
async def test_it_does_what_its_document_says(
    client: httpx.AsyncClient, database_kind: str, database_url: str, tmp_path: Path, seed: str
) -> None:
    known_requests = await prepare(client, tmp_path)
    with serving(tmp_path, database_url, encryption_key=ENCRYPTION_KEY) as process:
        process.get("/openapi.json")  # made once, which may take longer than schemathesis waits
        for share, options in RUNS["full" if IS_FULL else database_kind]:
            found = await asyncio.to_thread(run, process.address, known_requests, seed, options, share)
            assert not found, f"seed {seed}, {options}:\n{found}"
