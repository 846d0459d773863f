"""What was proven of each client, as the table of `docs/clients.md`: `python -m tests.clients.table` after the tests.

The tests leave facts (`leave`); each language is a function here that makes a row of its own.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from clients.python.generate import generator_version
from tests.clients.scenario import CLIENTS, STEPS, Step

PROOFS = CLIENTS / ".proofs"
PAGE = CLIENTS.parent / "docs" / "clients.md"
_NOT_RUN = "not run here"
_BEGIN, _END = "<!-- made by: python -m tests.clients.table -->\n", "<!-- end -->\n"


@dataclass(frozen=True, slots=True)
class Row:
    """What is told of a language."""

    language: str
    generator: str
    warnings: str
    compiled: str
    scenario: str


def leave(language: str, fact: str, value: Any, folder: Path = PROOFS) -> None:
    """Say what a run of the tests has found.

    Args:
        language: As in the name of its folder under `clients/`.
        fact: `warnings`: how many the generator gave without options. `compiled`: with what, in a few words.
            `absent`: which tool is not here, so that nothing else can be said. Of the scenario, see `leave_steps`.
        value: Anything that is JSON.
        folder: Where facts are kept.
    """
    place = folder / language
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{fact}.json").write_text(json.dumps(value))


def leave_steps(language: str, run: str, steps: Sequence[Step], folder: Path = PROOFS) -> None:
    """Say how many steps of the scenario a run passed; runs of different names stand beside each other."""
    leave(language, f"scenario-{run}", sum(step.ok for step in steps), folder)


def told(language: str, generator: str, name: str, folder: Path = PROOFS) -> Row:
    """The row of a language from the facts that its tests left."""
    facts = {path.stem: json.loads(path.read_text()) for path in sorted((folder / name).glob("*.json"))}
    if "absent" in facts:
        return Row(language, generator, *[f"no {facts['absent']} here"] * 3)
    runs = {fact.removeprefix("scenario-"): count for fact, count in facts.items() if fact.startswith("scenario-")}
    passed = f"{min(runs.values())} of {len(STEPS)} ({', '.join(runs)})" if runs else _NOT_RUN
    return Row(language, generator, str(facts.get("warnings", _NOT_RUN)), facts.get("compiled", _NOT_RUN), passed)


def python() -> Row:
    """Python."""
    return told("Python", f"openapi-python-client {generator_version()}", "python")


def typescript() -> Row:
    """TypeScript."""
    used = json.loads((CLIENTS / "typescript" / "package.json").read_text())["devDependencies"]
    return told("TypeScript", f"@hey-api/openapi-ts {used['@hey-api/openapi-ts']}", "typescript")


def go() -> Row:
    """Go."""
    return told("Go", f"openapi-generator {version('openapi-generator-cli')}, go", "go")


def java() -> Row:
    """Java."""
    return told("Java", f"openapi-generator {version('openapi-generator-cli')}, java native", "java")


LANGUAGES: list[Callable[[], Row]] = [python, typescript, go, java]


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    head = ["Language", "Generator", "Warnings without options", "Compiled", "Steps of the scenario passed"]
    cells = [head, ["---"] * len(head)]
    cells += [[row.language, row.generator, row.warnings, row.compiled, row.scenario] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def with_table(page: str, rows: Sequence[Row]) -> str:
    """The page, with these rows in place of those it had."""
    before, _, rest = page.partition(_BEGIN)
    return before + _BEGIN + table(rows) + _END + rest.partition(_END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(), [row() for row in LANGUAGES]))
