"""Write `src/leeway_client/generated` from `openapi/openapi.json`: `python clients/python/generate.py`.

The generator has an environment of its own (`.venv/sdk`, from `requirements-sdk.lock`): it needs older versions of
libraries that Leeway itself uses. Nothing is done where the result is of what it would be made of now.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[1] / "openapi" / "openapi.json"
GENERATED = HERE / "src" / "leeway_client" / "generated"
_REQUIREMENTS = HERE.parents[1] / "requirements-sdk.lock"
_ENVIRONMENT = Path(sys.prefix) / "sdk"
_STAMP = GENERATED / ".made-of"


class GenerationFailed(Exception):
    """The generator did not end well, or said something."""


def main() -> None:
    """Generate, and say what was done."""
    print(f"clients/python: {generate()}")


def generate() -> str:
    """Make the generated part if it is not there or not of now; by one process at a time.

    Raises:
        GenerationFailed: the generator failed, or warned.
    """
    with _alone():
        made_of = _fingerprint()
        if _STAMP.exists() and _STAMP.read_text() == made_of:
            return "up to date"
        with TemporaryDirectory(dir=HERE) as folder:
            new = Path(folder) / "generated"
            options = ["--config", str(HERE / "generator.yaml"), "--custom-template-path", str(HERE / "templates")]
            warnings = run(new, *options)
            if warnings:
                raise GenerationFailed("\n".join(warnings))
            (new / _STAMP.name).write_text(made_of)
            shutil.rmtree(GENERATED, ignore_errors=True)
            new.rename(GENERATED)
        return "generated"


def run(folder: Path, *options: str) -> list[str]:
    """Run the generator into a new folder; answers its warnings.

    Raises:
        GenerationFailed: it ended with an error.
    """
    programs = _generator()
    command = [
        str(programs / "openapi-python-client"),
        "generate",
        "--path",
        str(DOCUMENT),
        "--meta",
        "none",
        *options,
    ]
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*command, "--output-path", str(folder)],
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GenerationFailed(done.stdout + done.stderr)
    return re.findall(r"^WARNING .*", done.stdout + done.stderr, re.MULTILINE)


def generator_version() -> str:
    """Which generator the lock names."""
    found = re.search(r"^openapi-python-client==(\S+)", _REQUIREMENTS.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _generator() -> Path:
    """The programs of the generator's environment, which is made anew when the lock was changed."""
    programs, stamp = _ENVIRONMENT / "bin", _ENVIRONMENT / ".installed"
    wanted = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", _ENVIRONMENT], check=True)
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", _REQUIREMENTS], check=True)
        stamp.write_text(wanted)
    return programs


def _fingerprint() -> str:
    """What the result depends on, in one line."""
    sources = [
        DOCUMENT,
        _REQUIREMENTS,
        HERE / "generator.yaml",
        Path(__file__),
        *sorted((HERE / "templates").rglob("*.jinja")),
    ]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """While no other process generates: the workers of a test run all want it at once."""
    with (HERE / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
