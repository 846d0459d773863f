"""The Java client: generated, compiled and run through the scenario, where a JDK and the libraries it needs are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.building import DOCUMENT, QUICK_START, generate, need, once, run
from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server
from tests.clients.table import leave, leave_steps

CLIENT = CLIENTS / "java"
BUILD = CLIENT / "build"
pytestmark = pytest.mark.timeout(600)  # compiling 500 classes, on a busy machine
REPOSITORY = Path.home() / ".m2" / "repository"
JACKSON = "com/fasterxml/jackson"
ALONE = ("com/google/code/findbugs/jsr305", "javax/annotation/javax.annotation-api")

# What a plain generation needs besides is in no repository here: the same names, so that it compiles.
NULLABLE = """package org.openapitools.jackson.nullable;
public final class JsonNullable<T> {
  public static <T> JsonNullable<T> of(T value) { return null; }
  public static <T> JsonNullable<T> undefined() { return null; }
  public T get() { return null; }
  public T orElse(T other) { return other; }
  public boolean isPresent() { return false; }
}
"""
NULLABLE_MODULE = """package org.openapitools.jackson.nullable;
public class JsonNullableModule extends com.fasterxml.jackson.databind.module.SimpleModule {}
"""


def newest(artifact: str, version: str = "") -> Path | None:
    """The newest jar of an artifact in the local Maven repository whose version begins so."""
    found = (REPOSITORY / artifact).glob(f"{version}*/*[0-9].jar")
    return max(found, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)], default=None)


@pytest.fixture(scope="session")
def libraries() -> str:
    """The class path of what the client needs; without a JDK or without a library there is nothing to test."""
    need("java", "JDK 17 or newer", is_here=_java_version() >= 17)
    times = newest(f"{JACKSON}/datatype/jackson-datatype-jsr310")
    minor = "none" if times is None else re.findall(r"\d+\.\d+", times.parent.name)[0]
    core = [newest(f"{JACKSON}/core/jackson-{name}", minor) for name in ("core", "databind", "annotations")]
    jars = [times, *core, *(newest(artifact) for artifact in ALONE)]
    need("java", "Jackson, JSR 305 or javax.annotation in the local Maven repository", is_here=None not in jars)
    return ":".join(map(str, jars))


def _java_version() -> int:
    """Of the compiler; 0 where there is none."""
    if shutil.which("java") is None or shutil.which("javac") is None:
        return 0
    told = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", told.stdout + told.stderr)[0])


def java_compiler(libraries: str, classes: Path, *arguments: str | Path) -> None:
    """Compile."""
    options = (f"-J{QUICK_START}", "-proc:none", "-nowarn", "-d", classes, "-cp", libraries)
    run("javac", *options, *arguments, folder=CLIENT)


@pytest.fixture(scope="session")
def classes(libraries: str) -> Path:
    """The client and the runner of the scenario, compiled."""
    inputs = (DOCUMENT, CLIENT / "generator.yaml", CLIENT / "Scenario.java")
    with once(BUILD / "built.stamp", *inputs) as is_new:
        if is_new or not (BUILD / "classes").is_dir():
            for old in ("generated", "build/classes"):
                shutil.rmtree(CLIENT / old, ignore_errors=True)
            generate(CLIENT, "-c", "generator.yaml")
            sources = CLIENT / "generated" / "src" / "main" / "java"
            needed = ("-implicit:class", "-sourcepath", sources, CLIENT / "Scenario.java")
            java_compiler(libraries, BUILD / "classes", *needed)
    return BUILD / "classes"


def test_it_runs_the_scenario(
    classes: Path, libraries: str, tmp_path: Path, database_kind: str, database_url: str
) -> None:
    """Its HTTP client asks for HTTP/2 with every request (`Upgrade: h2c`): bodies arrive all the same."""
    with told_of_server(tmp_path, database_url) as environ:
        command = ["java", QUICK_START, "-cp", f"{classes}:{libraries}", "Scenario"]
        steps = steps_of(command, tmp_path, environ)
    leave_steps("java", database_kind, steps)
    assert_all_passed(steps)


def test_the_document_generates_without_options_and_compiles(libraries: str, tmp_path: Path) -> None:
    with once(BUILD / "plain.stamp", DOCUMENT) as is_new:
        if is_new:
            warnings = generate(tmp_path, "-g", "java", "--library", "native", "-i", DOCUMENT, "-o", "plain")
            stand_ins = {"JsonNullable": NULLABLE, "JsonNullableModule": NULLABLE_MODULE}
            for name, text in stand_ins.items():
                (tmp_path / f"{name}.java").write_text(text)
            listed = tmp_path / "sources"
            sources = [*tmp_path.glob("*.java"), *(tmp_path / "plain" / "src" / "main").rglob("*.java")]
            listed.write_text("\n".join(map(str, sources)))
            java_compiler(libraries, tmp_path / "classes", f"@{listed}")
            leave("java", "warnings", warnings)
            leave("java", "compiled", "javac")
