"""The Go client: generated, compiled and run through the scenario, where Go and the one module it needs are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.building import DOCUMENT, generate, need, once, run
from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server
from tests.clients.table import leave, leave_steps

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
    need("go", "Java", is_here=shutil.which("java") is not None)
    need("go", "Go 1.23 or newer", is_here=found is not None and (int(found[1]), int(found[2])) >= (1, 23))
    BUILD.mkdir(exist_ok=True)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(CLIENT / name, BUILD / name)
    if DEBIAN.is_dir():  # as Debian packages it, without its own go.mod
        shutil.copytree(DEBIAN, BUILD / "validator", dirs_exist_ok=True)
        (BUILD / "validator" / "go.mod").write_text(f"module {VALIDATOR}\n")
        use_debian(BUILD / "go.mod")
    else:
        need("go", f"module {VALIDATOR}", is_here=_is_loaded())
    return BUILD / "go.mod"


def _is_loaded() -> bool:
    """Whether the module is in Go's cache, or its proxy answers."""
    try:
        loaded = subprocess.run(["go", "mod", "download"], cwd=CLIENT, capture_output=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return False
    return loaded.returncode == 0


def use_debian(module: Path) -> None:
    """Let a go.mod take the module from where it was copied to."""
    run("go", "mod", "edit", "-replace", f"{VALIDATOR}={BUILD / 'validator'}", module, folder=BUILD)


def test_it_runs_the_scenario(module: Path, tmp_path: Path, database_kind: str, database_url: str) -> None:
    with once(BUILD / "generated.stamp", DOCUMENT, CLIENT / "generator.yaml") as is_new:
        if is_new or not (CLIENT / "generated").is_dir():
            shutil.rmtree(CLIENT / "generated", ignore_errors=True)
            generate(CLIENT, "-c", "generator.yaml")
        run("go", "build", "-modfile", module, "-o", BUILD / "scenario", "./scenario", folder=CLIENT)
    with told_of_server(tmp_path, database_url) as environ:
        steps = steps_of([BUILD / "scenario"], tmp_path, environ)
    leave_steps("go", database_kind, steps)
    assert_all_passed(steps)


def test_the_document_generates_with_one_option_and_compiles(module: Path, tmp_path: Path) -> None:
    """The constants of all enumerations share one name space in Go: `enumClassPrefix` is what cannot be left out."""
    with once(BUILD / "plain.stamp", DOCUMENT) as is_new:
        if is_new:
            option = ("--additional-properties", "enumClassPrefix=true")
            warnings = generate(tmp_path, "-g", "go", "-i", DOCUMENT, "-o", "plain", *option)
            if DEBIAN.is_dir():
                use_debian(tmp_path / "plain" / "go.mod")
            run("go", "build", ".", folder=tmp_path / "plain")
            leave("go", "warnings", warnings)
            leave("go", "compiled", "go build, with `enumClassPrefix`")
