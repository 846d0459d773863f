"""The TypeScript client: generated, compiled, tested on its own, and run through the scenario."""

import json
import re
from pathlib import Path

import pytest

from tests.clients.building import DOCUMENT, TOOLS, once, run
from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server
from tests.clients.table import leave, leave_steps

CLIENT = CLIENTS / "typescript"
BUILD = CLIENT / "build"
NODE = TOOLS / "node"
_SOURCES = ("src/*.ts", "tests/*", "*.ts", "*.mjs", "*.json")


@pytest.fixture(scope="session")
def tools() -> None:
    """What package-lock.json names is installed."""
    with once(BUILD / "installed.stamp", CLIENT / "package-lock.json") as is_new:
        if is_new or not (CLIENT / "node_modules").is_dir():
            run("npm", "ci", "--prefer-offline", folder=CLIENT)


@pytest.fixture(scope="session")
def built(tools: None) -> None:
    """The client is generated and compiled, its tests and the runner of the scenario as well."""
    sources = sorted(path for pattern in _SOURCES for path in CLIENT.glob(pattern))
    with once(BUILD / "built.stamp", DOCUMENT, *sources) as is_new:
        if is_new or not (CLIENT / "dist").is_dir():
            run("npm", "run", "build", folder=CLIENT)
            run("npm", "run", "build:tests", folder=CLIENT)


def test_its_own_tests_pass(built: None) -> None:
    """Retries, pages, the recorder, webhooks and the stream, each against a server of its own."""
    run(NODE, "--test", *sorted((BUILD / "tests").glob("*.test.js")), folder=CLIENT)


def test_it_runs_the_scenario(built: None, tmp_path: Path, database_kind: str, database_url: str) -> None:
    with told_of_server(tmp_path, database_url) as environ:
        steps = steps_of([NODE, "build/scenario.js"], CLIENT, environ)
    leave_steps("typescript", database_kind, steps)
    assert_all_passed(steps)


def test_the_document_generates_without_options_and_compiles(tools: None, tmp_path: Path) -> None:
    tool = CLIENT / "node_modules" / ".bin"
    options = ["--strict", "--noEmit", "--target", "ES2022", "--module", "ES2022", "--moduleResolution", "bundler"]
    with once(BUILD / "plain.stamp", DOCUMENT, CLIENT / "package-lock.json") as is_new:
        if is_new:
            printed = run(tool / "openapi-ts", "--input", DOCUMENT, "--output", "plain", folder=tmp_path)
            assert "warn" not in (printed.stdout + printed.stderr).lower()
            run(tool / "tsc", *options, "plain/index.ts", folder=tmp_path)
    leave("typescript", "warnings", 0)
    leave("typescript", "compiled", "tsc --strict")


def test_every_snippet_of_the_readme_compiles(built: None, tmp_path: Path) -> None:
    """One after the other, as one module that uses the package by its name."""
    snippets = re.findall(r"^```ts\n(.*?)^```$", (CLIENT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert snippets
    given = "let savedCursor = ''; async function handle(item: unknown) {}\n"
    (tmp_path / "readme.mts").write_text(given + "\n".join(snippets))
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "leeway-client").symlink_to(CLIENT)
    (tmp_path / "node_modules" / "@types").symlink_to(CLIENT / "node_modules" / "@types")
    options = ["--strict", "--noEmit", "--target", "ES2022", "--module", "NodeNext", "--skipLibCheck"]
    run(CLIENT / "node_modules" / ".bin" / "tsc", *options, "readme.mts", folder=tmp_path)


def test_the_package_holds_what_is_needed_and_no_more(built: None) -> None:
    packed = run("npm", "pack", "--dry-run", "--json", "--ignore-scripts", folder=CLIENT)
    files = {entry["path"] for entry in json.loads(packed.stdout)[0]["files"]}
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/generated/sdk.gen.js"} <= files
    assert all(path.startswith("dist/") for path in files - {"README.md", "package.json"})
    assert "dependencies" not in json.loads((CLIENT / "package.json").read_text())


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (CLIENT / "package-lock.json").read_text()
