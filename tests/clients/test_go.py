"""The Go client: generated, compiled and run through the scenario, where Go and the one module it needs are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.building import DOCUMENT, generate, once, run
from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server

CLIENT = CLIENTS / "go"
BUILD = CLIENT / "build"
pytestmark = pytest.mark.timeout(600)  # compiling 500 files, on a busy machine
VALIDATOR = "gopkg.in/validator.v2"
DEBIAN = Path("/usr/share/gocode/src") / VALIDATOR


@pytest.fixture(scope="session")
def module() -> Path:
    """The go.mod to build with; without Go 1.23, or the module that generated code needs, nothing can be built."""
    go = shutil.which("go")
    printed = "" if go is None else subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"go(\d+)\.(\d+)", printed)
    if found is None or (int(found[1]), int(found[2])) < (1, 23):
        pytest.skip("no Go toolchain: it needs Go 1.23")
    BUILD.mkdir(exist_ok=True)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(CLIENT / name, BUILD / name)
    if DEBIAN.is_dir():  # as Debian packages it, without its own go.mod
        shutil.copytree(DEBIAN, BUILD / "validator", dirs_exist_ok=True)
        (BUILD / "validator" / "go.mod").write_text(f"module {VALIDATOR}\n")
        run("go", "mod", "edit", "-replace", f"{VALIDATOR}={BUILD / 'validator'}", BUILD / "go.mod", folder=CLIENT)
    elif subprocess.run(["go", "mod", "download"], cwd=CLIENT, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"no Go toolchain: {VALIDATOR} is neither at the module proxy nor installed")
    return BUILD / "go.mod"


def test_it_runs_the_scenario(module: Path, tmp_path: Path, database_url: str) -> None:
    with once(BUILD / "generated.stamp", DOCUMENT, CLIENT / "generator.yaml") as is_new:
        if is_new or not (CLIENT / "generated").is_dir():
            shutil.rmtree(CLIENT / "generated", ignore_errors=True)
            generate(CLIENT, "-c", "generator.yaml")
        run("go", "build", "-modfile", module, "-o", BUILD / "scenario", "./scenario", folder=CLIENT)
    with told_of_server(tmp_path, database_url) as environ:
        assert_all_passed(steps_of([BUILD / "scenario"], tmp_path, environ))
