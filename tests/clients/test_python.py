"""The Python client: generated without a warning, packed as it would be published, and run through the scenario."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from clients.python import generate
from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server
from tests.clients.table import leave, leave_steps

CLIENT = CLIENTS / "python"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("package")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=CLIENT, check=True, capture_output=True, timeout=60)
    with ZipFile(next(folder.glob("leeway_client-*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_package_runs_the_scenario(
    kind: str, package: Path, tmp_path: Path, database_url: str, database_kind: str
) -> None:
    with told_of_server(tmp_path, database_url) as environ:
        command = [sys.executable, str(CLIENT / "scenario.py"), kind]
        steps = steps_of(command, tmp_path, {**environ, "PYTHONPATH": str(package)})
    leave_steps("python", f"{kind} on {database_kind}", steps)
    assert_all_passed(steps)


def test_the_package_tells_its_types(package: Path) -> None:
    assert (package / "leeway_client" / "py.typed").exists()
    assert "Version: 0.1.0" in next(package.glob("*.dist-info/METADATA")).read_text()


def test_the_package_names_all_that_it_imports(package: Path) -> None:
    told = next(package.glob("*.dist-info/METADATA")).read_text()
    modules = [path.read_text() for path in (package / "leeway_client").rglob("*.py")]
    imported = {name for text in modules for name in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)}
    foreign = imported - sys.stdlib_module_names - {"leeway_client"}
    assert foreign == set(re.findall(r"^Requires-Dist: (\w+)", told, re.MULTILINE))


_LOAD_ALL = """
import sys, importlib, pkgutil
package = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(found.name)
"""


def load_all(name: str, folder: Path) -> None:
    """Load each module of a package."""
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-c", _LOAD_ALL, name], env=environ, check=True, timeout=60)


def test_without_options_the_document_generates_without_a_warning_and_loads(tmp_path: Path) -> None:
    warnings = generate.run(tmp_path / "plain")
    leave("python", "warnings", len(warnings))
    assert warnings == []
    load_all("plain", tmp_path)
    leave("python", "compiled", "every module loads")


def test_every_operation_and_model_of_the_package_loads(package: Path) -> None:
    load_all("leeway_client", package)


def _snippets() -> Iterator[str]:
    yield from re.findall(r"^```python\n(.*?)^```$", (CLIENT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.only_on("sqlite")
def test_every_snippet_of_the_readme_runs(package: Path, tmp_path: Path, database_url: str) -> None:
    """One after the other, and then the functions that they define."""
    ends = "\nimport asyncio\nassert asyncio.run(names()) == ['Release 4.0']\nasyncio.run(events())\n"
    refused = "assert receive({}, b'{}', 'whsec_AAAA') == 400\nassert recorder.counts.accepted == 2\n"
    with told_of_server(tmp_path, database_url) as environ:
        program = tmp_path / "readme.py"
        program.write_text("\n".join(_snippets()) + ends + refused)
        command = [sys.executable, str(program)]
        given = {**environ, "PYTHONPATH": str(package)}
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert "plan-not-found" in done.stdout
