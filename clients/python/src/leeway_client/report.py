"""The command `leeway-report`: a step of a build system says with one line what became of a milestone.

`leeway-report completed --plan python-3.13 --milestone beta-1`

Where Leeway is and the key are in `LEEWAY_URL` and `LEEWAY_KEY`. Who reports, and under which id, is taken from the
variables of GitHub Actions, GitLab CI and Jenkins, so that a step that runs twice is one event.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from leeway_client import LeewayError, ProblemError, Retries, connect

_PATIENCE = Retries(total_seconds=30)
_KINDS = ("started", "completed", "blocked")
_VISIBLE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"  # kept as they are: all that an id may have is visible ASCII
_MAX_ID = 200


@dataclass(frozen=True, slots=True)
class Run:
    """The run of a build system that reports: `source` and `run` are its identity, `url` is where people find it."""

    source: str
    run: str
    actor: str | None
    url: str | None


def run_of(environment: Mapping[str, str]) -> Run | None:
    """The run that the variables of GitHub Actions, GitLab CI or Jenkins tell of; None outside of them.

    Another attempt, or a job that is retried, is another run: what it reports really happened again.
    """
    told = {name: value for name, value in environment.items() if value}
    try:
        if "GITHUB_ACTIONS" in told:
            server, repository, run = told["GITHUB_SERVER_URL"], told["GITHUB_REPOSITORY"], told["GITHUB_RUN_ID"]
            number = f"{run}/{told['GITHUB_RUN_ATTEMPT']}/{told['GITHUB_JOB']}"
            url = f"{server}/{repository}/actions/runs/{run}"
            return Run(f"github/{repository}", number, told.get("GITHUB_ACTOR"), url)
        if "GITLAB_CI" in told:
            number = f"{told['CI_PIPELINE_ID']}/{told['CI_JOB_ID']}"
            return Run(
                f"gitlab/{told['CI_PROJECT_PATH']}", number, told.get("GITLAB_USER_LOGIN"), told.get("CI_JOB_URL")
            )
        if "JENKINS_URL" in told:
            return Run("jenkins", told["BUILD_URL"].rstrip("/"), told.get("BUILD_USER_ID"), told["BUILD_URL"])
    except KeyError as missing:
        raise LeewayError(f"The build system does not set {missing.args[0]}; give --source and --id.") from None
    return None


def event_of(wanted: argparse.Namespace, run: Run | None, now: datetime) -> dict[str, Any]:
    """The execution event of a report.

    Raises:
        LeewayError: there is no build system to take its identity from, and it is not given either.
    """
    if run is None and not (wanted.source and wanted.id):
        raise LeewayError("This is not GitHub Actions, GitLab CI or Jenkins: give --source and --id.")
    identity = wanted.id or f"{run.run if run else ''}/{wanted.plan}/{wanted.milestone}/{wanted.kind}"
    actor = wanted.actor or (run and run.actor)
    return {
        "source": _identifier(wanted.source or (run.source if run else "")),
        "id": _identifier(identity),
        "type": f"milestone.{wanted.kind}",
        "milestone": wanted.milestone,
        "occurred_at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        **({"actor": actor[:200]} if actor else {}),
        "data": _blocked(wanted, run) if wanted.kind == "blocked" else {},
    }


def _blocked(wanted: argparse.Namespace, run: Run | None) -> dict[str, str]:
    description = wanted.description or (run and run.url and f"Failed: {run.url}")
    told = {"reason_code": wanted.reason_code, "description": description}
    return {name: value for name, value in told.items() if value}


def _identifier(text: str) -> str:
    """The text as an identifier: in visible ASCII; one that would be too long is cut, and ends in its digest."""
    visible = quote(text, safe=_VISIBLE)
    if len(visible) <= _MAX_ID:
        return visible
    return f"{visible[: _MAX_ID - 33]}-{hashlib.sha256(visible.encode()).hexdigest()[:32]}"


def send(url: str, key: str, plan: str, event: Mapping[str, Any]) -> str:
    """Record the event; answers what became of it, in a word or two.

    Raises:
        LeewayError: it was refused.
        httpx.HTTPError, httpx.InvalidURL: there is no answer.
    """
    with connect(url, key, retries=_PATIENCE) as client:
        answer = client.get_httpx_client().post(f"/v1/plans/{quote(plan, safe='')}/events", json=dict(event))
    if answer.is_success:
        try:
            return "reported before" if answer.json()["duplicate"] else f"event {answer.json()['sequence']}"
        except (ValueError, LookupError, TypeError):
            raise LeewayError(f"What answers at {url} is not Leeway.") from None
    problem = ProblemError.of(answer)
    if problem.code == "event-conflict":  # the same step at another time: the first report stands
        return "reported before"
    raise problem


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leeway-report",
        description="Report what became of a milestone. LEEWAY_URL says where Leeway is, LEEWAY_KEY is an API key.",
    )
    parser.add_argument("kind", choices=_KINDS)
    parser.add_argument("--plan", required=True, help="key of the plan")
    parser.add_argument("--milestone", required=True, help="key of the milestone")
    parser.add_argument("--reason-code", help="with blocked: why, as a code")
    parser.add_argument("--description", help="with blocked: why, in words; else where the run is found")
    parser.add_argument("--source", help="instead of that of the build system")
    parser.add_argument("--id", help="instead of that of the run: two reports with one id are one event")
    parser.add_argument("--actor", help="instead of who the build system says it was")
    parser.add_argument("--soft", action="store_true", help="exit with 0 though it could not be reported")
    return parser


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise LeewayError(f"{name} is not set.")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise LeewayError(f"{name} holds characters that it cannot have.")
    return value


def report(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command; answers its exit status: 0, 1 if it could not be reported, 2 if it was asked wrongly."""
    wanted = _parser().parse_args(arguments)
    what = f"{wanted.kind} {wanted.plan}/{wanted.milestone}"
    try:
        url, key = _needed(environment, "LEEWAY_URL"), _needed(environment, "LEEWAY_KEY")
        became = send(url, key, wanted.plan, event_of(wanted, run_of(environment), datetime.now(UTC)))
    except (LeewayError, httpx.HTTPError, httpx.InvalidURL) as error:
        told = str(error).replace(environment.get("LEEWAY_KEY") or "\0", "***")
        sys.stderr.write(f"leeway-report: {what} could not be reported: {told}\n")
        return 0 if wanted.soft else 1
    sys.stdout.write(f"leeway-report: {what} ({became})\n")
    return 0


def main() -> None:
    """The entry point."""
    sys.exit(report(sys.argv[1:], os.environ))


if __name__ == "__main__":
    main()
