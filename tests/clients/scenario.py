"""The scenario of clients/scenario.json: a server to run it against, and what a runner told of its steps."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.flows.processes import KEY, environment, leeway, serving

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
SCENARIO = CLIENTS / "scenario.json"
STEPS = [
    *("document", "tolerance", "baseline", "events", "variance"),
    *("deviations", "pages", "problems", "webhook", "stream"),
]
_REQUESTS_PER_MINUTE = 600


@dataclass(frozen=True)
class Step:
    """What a runner told of a step."""

    name: str
    ok: bool
    detail: str


@contextmanager
def told_of_server(folder: Path, database_url: str) -> Iterator[dict[str, str]]:
    """The environment of a runner, while a server with loops and a rate limit is there."""
    limits = {"requests_per_minute": _REQUESTS_PER_MINUTE, "run_loops": "true"}
    with serving(folder, database_url, **limits) as server:
        made = leeway("keys", "create", "limited", folder=folder, database_url=database_url)
        assert made.returncode == 0, made.stderr
        yield {
            **environment(),
            "LEEWAY_URL": server.address,
            "LEEWAY_KEY": KEY,
            "LEEWAY_LIMITED_KEY": made.stdout.split()[-1],
            "LEEWAY_SCENARIO": str(SCENARIO),
        }


def steps_of(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> list[Step]:
    """Run a runner to its end; what it told of each step, in its order."""
    run = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert run.stdout, run.stderr
    told = [json.loads(line) for line in run.stdout.splitlines()]
    steps = [Step(each["step"], each["ok"], each["detail"]) for each in told]
    assert run.returncode == (0 if all(step.ok for step in steps) else 1), run.stderr
    return steps


def assert_all_passed(steps: Sequence[Step]) -> None:
    """Every step of the scenario was run, and did what it must."""
    assert [step for step in steps if not step.ok] == []
    assert [step.name for step in steps] == STEPS
