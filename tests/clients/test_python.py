"""The Python client: generated without a warning, packed as it would be published, and run through the scenario."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from clients.python import generate
from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server

CLIENT = CLIENTS / "python"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("package")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(build, cwd=CLIENT, check=True, capture_output=True, timeout=60)
    with ZipFile(next(folder.glob("leeway_client-*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_package_runs_the_scenario(kind: str, package: Path, tmp_path: Path, database_url: str) -> None:
    with told_of_server(tmp_path, database_url) as environ:
        command = [sys.executable, CLIENT / "scenario.py", kind]
        assert_all_passed(steps_of(command, tmp_path, {**environ, "PYTHONPATH": str(package)}))
