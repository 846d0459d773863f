"""A step of a build system reports with one line: the adapters' own lines, run by a shell against a live server."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.clients.answering import answer, answering
from tests.flows.processes import KEY, Process, all_events, make_plan, serving

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "clients/ci/github/action.yml").read_text(encoding="utf-8"))
JOB = yaml.safe_load((ROOT / "clients/ci/gitlab/leeway.yml").read_text(encoding="utf-8"))[".leeway"]
INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+)(?: == 'true')? \}\}")
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "python/cpython",
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "release",
    "GITHUB_ACTOR": "ambv",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "python/cpython",
    "CI_PIPELINE_ID": "77",
    "CI_JOB_ID": "4711",
    "CI_JOB_URL": "https://gitlab.com/python/cpython/-/jobs/4711",
    "GITLAB_USER_LOGIN": "ambv",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example.com/",
    "BUILD_URL": "https://ci.example.com/job/release%20nightly/12/",
    "BUILD_USER_ID": "ambv",
}
Json = dict[str, Any]

pytestmark = [pytest.mark.only_on("sqlite"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client as it is published."""
    folder = tmp_path_factory.mktemp("wheel")
    built = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([sys.executable, *built, str(ROOT / "clients" / "python")], check=True, timeout=120)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a fresh machine without a network: what the client depends on is there already."""
    folder = tmp_path_factory.mktemp("machine")
    there = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": there,
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "TMPDIR": str(folder),
        "RUNNER_TEMP": str(folder),
        "LEEWAY_CLIENT": str(wheel),
    }


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Process]:
    with serving(tmp_path, database_url) as process:
        yield process


@pytest.fixture
async def client(server: Process) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server, which has the plan `p` with the milestone `m1`."""
    async with server.client() as found:
        await make_plan(found, "p", 1)
        yield found


def bash(script: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as the runners of GitHub and GitLab do."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=120, check=False)


class GitHub:
    """A runner of GitHub, as far as this action needs one."""

    def __init__(self, machine: Mapping[str, str], server: Process) -> None:
        self.machine = machine
        self.inputs = {"url": server.address, "key": KEY, "plan": "p", "milestone": "m1"}

    def step(self, number: int, inputs: Mapping[str, str], **variables: str) -> subprocess.CompletedProcess[str]:
        given = {name: str(found.get("default", "")) for name, found in ACTION["inputs"].items()}
        given |= {**self.inputs, "client": self.machine["LEEWAY_CLIENT"], **inputs}
        wanted = ACTION["runs"]["steps"][number]
        env = {name: INPUT.sub(lambda found: given[found[1]], value) for name, value in wanted["env"].items()}
        return bash(wanted["run"], {**self.machine, **GITHUB, **variables, **env})

    def report(self, what: str, variables: Mapping[str, str] | None = None, **inputs: str) -> str:
        ran = self.step(1, {**inputs, "report": what}, **(variables or {}))
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


@pytest.fixture(scope="module")
def installed(machine: Mapping[str, str]) -> None:
    """The first step of the action was taken on this machine."""
    install = ACTION["runs"]["steps"][0]
    ran = bash(install["run"], {**machine, "CLIENT": machine["LEEWAY_CLIENT"]})
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def github(machine: Mapping[str, str], server: Process, installed: None) -> GitHub:
    return GitHub(machine, server)


# GitHub


async def test_a_step_of_github_is_one_event_however_often_it_runs(client: httpx.AsyncClient, github: GitHub) -> None:
    assert github.report("completed") == "leeway-report: completed p/m1 (event 1)\n"
    assert github.report("completed") == "leeway-report: completed p/m1 (reported before)\n"
    (found,) = await all_events(client, "p")
    assert (found["type"], found["milestone"], found["actor"]) == ("milestone.completed", "m1", "ambv")
    assert (found["source"], found["id"]) == ("github/python/cpython", "1658821493/1/release/p/m1/completed")


async def test_another_attempt_is_another_event(client: httpx.AsyncClient, github: GitHub) -> None:
    github.report("started")
    github.report("blocked")
    github.report("completed", {"GITHUB_RUN_ATTEMPT": "2"})
    kinds = [event["type"].partition(".")[2] for event in await all_events(client, "p")]
    assert kinds == ["started", "blocked", "completed"]


async def test_a_block_says_why_or_where_to_look(client: httpx.AsyncClient, github: GitHub) -> None:
    github.report("blocked")
    told = {"reason-code": "ci_failed", "description": "3 failed: $(whoami) \"'"}
    github.report("blocked", {"GITHUB_RUN_ATTEMPT": "2"}, **told)
    assert [event["data"] for event in await all_events(client, "p")] == [
        {"description": "Failed: https://github.com/python/cpython/actions/runs/1658821493"},
        {"reason_code": "ci_failed", "description": "3 failed: $(whoami) \"'"},
    ]


async def test_jobs_of_a_matrix_have_ids_of_their_own(client: httpx.AsyncClient, github: GitHub) -> None:
    for leg in ("linux", "macos", "linux"):
        github.report("started", id=f"7/{leg}")
    assert [event["id"] for event in await all_events(client, "p")] == ["7/linux", "7/macos"]


async def test_a_job_fails_where_it_cannot_report_unless_it_is_soft(
    client: httpx.AsyncClient, github: GitHub
) -> None:
    for soft, status in (("false", 1), ("true", 0)):
        ran = github.step(1, {"report": "completed", "plan": "gone", "soft": soft})
        assert (ran.returncode, "plan-not-found" in ran.stderr) == (status, True)


def test_the_inputs_of_the_action_are_those_it_uses() -> None:
    steps = ACTION["runs"]["steps"]
    used = {name for step in steps for value in step["env"].values() for name in INPUT.findall(value)}
    assert used == set(ACTION["inputs"])
    for step in steps:
        assert "${{" not in step["run"], "what others have written would be run"
        assert set(step["env"]) - {"LEEWAY_URL", "LEEWAY_KEY"} <= set(re.findall(r"\$([A-Z_]+)", step["run"]))


# GitLab


def gitlab(machine: Mapping[str, str], server: Process, status: str, **variables: str) -> list[str]:
    """Run a job that extends the template: before, and after it ended so; answers what each part printed."""
    given = {**machine, **GITLAB, **{name: str(value) for name, value in JOB["variables"].items()}}
    given |= {"LEEWAY_CLIENT": machine["LEEWAY_CLIENT"], "LEEWAY_URL": server.address, "LEEWAY_KEY": KEY}
    given |= {"LEEWAY_PLAN": "p", "LEEWAY_MILESTONE": "m1", **variables}
    before = bash("\n".join(JOB["before_script"]), given)
    after = bash("\n".join(JOB["after_script"]), {**given, "CI_JOB_STATUS": status})
    assert (before.returncode, after.returncode) == (0, 0), before.stderr + after.stderr
    return [before.stdout, after.stdout]


async def test_a_job_of_gitlab_reports_that_it_began_and_that_it_succeeded(
    client: httpx.AsyncClient, machine: Mapping[str, str], server: Process
) -> None:
    assert gitlab(machine, server, "success") == [
        "leeway-report: started p/m1 (event 1)\n",
        "leeway-report: completed p/m1 (event 2)\n",
    ]
    assert ["reported before" in told for told in gitlab(machine, server, "success")] == [True, True]
    assert [(event["source"], event["id"]) for event in await all_events(client, "p")] == [
        ("gitlab/python/cpython", "77/4711/p/m1/started"),
        ("gitlab/python/cpython", "77/4711/p/m1/completed"),
    ]


async def test_a_job_of_gitlab_that_fails_blocks_and_one_that_is_cancelled_says_nothing(
    client: httpx.AsyncClient, machine: Mapping[str, str], server: Process
) -> None:
    assert gitlab(machine, server, "canceled")[1] == ""
    gitlab(machine, server, "failed", LEEWAY_REASON_CODE="ci_failed")
    blocked = (await all_events(client, "p"))[-1]
    where = f"Failed: {GITLAB['CI_JOB_URL']}"
    assert (blocked["type"], blocked["actor"]) == ("milestone.blocked", "ambv")
    assert blocked["data"] == {"reason_code": "ci_failed", "description": where}


def test_a_job_of_gitlab_goes_on_where_nothing_can_be_installed_unless_it_may_not(machine: Mapping[str, str]) -> None:
    given = {**machine, **GITLAB, "CI_JOB_ID": "4712", "LEEWAY_CLIENT": "no-such-client"}
    given |= {"LEEWAY_PLAN": "p", "LEEWAY_MILESTONE": "m1"}
    for soft, goes_on in ((JOB["variables"]["LEEWAY_SOFT"], True), ("", False)):
        ran = bash("\n".join(JOB["before_script"]), {**given, "LEEWAY_SOFT": soft})
        assert (ran.returncode == 0) == goes_on, ran.stderr


# The command


def leeway_report(
    machine: Mapping[str, str], *arguments: str, url: str, key: str = KEY, **variables: str
) -> subprocess.CompletedProcess[str]:
    command = str(Path(machine["RUNNER_TEMP"]) / "leeway" / "bin" / "leeway-report")
    env = {**machine, "LEEWAY_URL": url, "LEEWAY_KEY": key, **variables}
    return subprocess.run([command, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False)


COMPLETED = ("completed", "--plan", "p", "--milestone", "m1")


async def test_a_build_of_jenkins(
    client: httpx.AsyncClient, machine: Mapping[str, str], server: Process, installed: None
) -> None:
    for _ in range(2):
        assert leeway_report(machine, *COMPLETED, url=server.address, **JENKINS).returncode == 0
    (found,) = await all_events(client, "p")
    assert (found["source"], found["actor"]) == ("jenkins", "ambv")
    assert found["id"] == "https://ci.example.com/job/release%20nightly/12/p/m1/completed"


async def test_names_of_any_length_and_letters(
    client: httpx.AsyncClient, machine: Mapping[str, str], server: Process, installed: None
) -> None:
    for end in ("a", "b", "a"):
        named = ("--source", "Überbau", "--id", "é" * 200 + end)
        assert leeway_report(machine, *COMPLETED, *named, url=server.address).returncode == 0
    found = await all_events(client, "p")
    assert [(event["source"], len(event["id"])) for event in found] == [("%C3%9Cberbau", 200)] * 2


WRONG: list[tuple[tuple[str, ...], Json, str]] = [
    (("completed", "--plan", "q", "--milestone", "m1"), {}, "404 plan-not-found"),
    (("completed", "--plan", "p", "--milestone", "m9"), {}, "/milestone: is no milestone of this plan"),
    (COMPLETED, {"key": "lw_wrong"}, "401 unauthorized"),
    (COMPLETED, {"key": "lw_two\nlines"}, "LEEWAY_KEY holds characters that it cannot have."),
    (COMPLETED, {"key": ""}, "LEEWAY_KEY is not set."),
    (COMPLETED, {"url": "leeway.example.com"}, "http"),
    (COMPLETED, {"url": "http://127.0.0.1:1"}, "refused"),
    (COMPLETED, {"GITHUB_ACTIONS": ""}, "give --source and --id"),
    (COMPLETED, {"GITHUB_JOB": ""}, "does not set GITHUB_JOB"),
]


async def test_what_cannot_be_reported_is_told_in_words_without_the_key(
    client: httpx.AsyncClient, machine: Mapping[str, str], server: Process, installed: None
) -> None:
    for arguments, change, told in WRONG:
        for soft, status in ((), 1), (("--soft",), 0):
            ran = leeway_report(machine, *arguments, *soft, **{"url": server.address, **GITHUB, **change})
            assert (ran.returncode, ran.stdout) == (status, ""), told
            assert told in ran.stderr
            assert "Traceback" not in ran.stderr
            assert (change.get("key") or KEY) not in ran.stderr
    assert await all_events(client, "p") == []


async def test_a_key_with_a_line_feed_at_its_end_is_meant_without(
    client: httpx.AsyncClient, machine: Mapping[str, str], server: Process, installed: None
) -> None:
    assert leeway_report(machine, *COMPLETED, url=server.address, key=f"{KEY}\n", **GITHUB).returncode == 0


def test_what_answers_but_is_not_leeway_is_told_in_words(machine: Mapping[str, str], installed: None) -> None:
    with answering(answer(200, [])) as server:
        ran = leeway_report(machine, *COMPLETED, "--soft", url=server.address, **GITHUB)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert f"What answers at {server.address} is not Leeway." in ran.stderr
