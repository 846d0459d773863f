"""`leeway demo`: a real plan, its history and its variance, on a new machine."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.processes import environment, leeway, started

BEGINNING = """
python-3.13 against baseline 1 (As announced in python/peps PEP 719)

milestone    baseline    planned     actual      variance         status
--------------------------------------------------------------------------------------------
alpha-1      2023-10-17  2023-10-17  2023-10-13  -4 d             ahead
alpha-2      2023-11-21  2023-11-21  2023-11-22  +1 d             late
alpha-3      2023-12-19  2023-12-19  2024-01-17  +29 d            late
alpha-4      2024-01-16  2024-02-13  2024-02-15  +30 d            late            re-planned
"""
END = """
candidate-3  -           2024-09-30  2024-10-01  not_in_baseline  unknown
final        2024-10-01  2024-10-07  2024-10-07  +6 d             late            re-planned

Plan finish +6 d; 12 late, 1 ahead, 1 unknown, 1 not_applicable.

"""


def pasted(line: str) -> Any:
    """Run a printed request as a reader does, in a shell; where there is no curl, do what it would."""
    if shutil.which("curl"):
        done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=20, check=True)
        return json.loads(done.stdout)
    words = shlex.split(line)
    options = [(words[i], words[i + 1]) for i, word in enumerate(words) if word in {"-H", "-d"}]
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    bodies = [value for option, value in options if option == "-d"]
    method, content = ("POST", bodies[0]) if bodies else ("GET", None)
    return httpx.request(method, words[-1], headers=headers, content=content).json()


def test_it_prints_the_variance_of_the_plan_and_a_second_run_does_so_again(
    empty_database_url: str, tmp_path: Path
) -> None:
    printed = []
    for _ in range(2):
        done = leeway("demo", "--no-serve", folder=tmp_path, database_url=empty_database_url)
        assert (done.returncode, done.stderr) == (0, "")
        printed.append(done.stdout)
    table, again = (text[: text.index("Documentation:")] for text in printed)
    assert table == again
    assert table.startswith(BEGINNING)
    assert table.endswith(END)


def test_it_needs_no_setting_at_all(tmp_path: Path) -> None:
    done = leeway("demo", "--no-serve", folder=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "leeway-demo.db").exists()
    assert not (tmp_path / "leeway.db").exists()


def test_what_an_interrupted_run_left_is_not_taken_for_the_plan(tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"leeway-demo.db.loading{suffix}").write_text("half of it")
    done = leeway("demo", "--no-serve", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["leeway-demo.db"]
    again = leeway("demo", "--no-serve", folder=tmp_path)
    assert again.stdout.startswith(BEGINNING)


async def test_part_of_the_plan_in_a_database_of_ones_own_is_said_in_a_sentence(
    client: httpx.AsyncClient, database_url: str, tmp_path: Path
) -> None:
    milestones = [{"key": "final", "name": "final", "planned_finish": "2024-10-01"}]
    await client.put("/v1/plans/python-3.13/document", json={"name": "Python", "milestones": milestones})
    captured = {"name": "Agreed", "reason": "signed off"}
    await client.post("/v1/plans/python-3.13/baselines", json=captured)
    for _ in ("there in part", "deleted, and so its key is taken"):
        done = leeway("demo", "--no-serve", folder=tmp_path, database_url=database_url)
        assert (done.returncode, done.stdout) == (1, "")
        assert "LEEWAY_DATABASE_URL" in done.stderr
        assert done.stderr.count("\n") == 1
        await client.delete("/v1/plans/python-3.13", headers={"If-Match": "*"})


@pytest.mark.only_on("sqlite")
def test_the_printed_requests_run_as_they_are(empty_database_url: str, tmp_path: Path) -> None:
    with started(tmp_path, "demo", environ=environment(empty_database_url, port=0, log_level="info")) as demo:
        demo.wait_until_listening()
        lines = [line.strip() for line in demo.printed.splitlines() if line.lstrip().startswith("curl ")]
        assert len(lines) == 3
        past, replanned, event = (pasted(line) for line in lines)
        assert past["known_at"] < "2023-12-02"
        alpha_2 = past["items"][1]
        assert (alpha_2["milestone"], alpha_2["finish_variance"]["basis"]) == ("alpha-2", "overdue_floor")
        assert alpha_2["finish_variance"]["elapsed_minutes"] == 12_960
        assert {change["key"] for change in replanned["changes"]["milestones_changed"]} >= {"final", "beta-2"}
        assert (event["type"], event["duplicate"]) == ("note.added", False)
        assert pasted(lines[2])["duplicate"] is True
        page = next(line for line in demo.printed.splitlines() if line.startswith("Documentation:")).split()[1]
        assert httpx.get(page).status_code == 200
        assert demo.end() == 0
