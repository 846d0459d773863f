"""What is logged of a failure holds no secret."""

import json
import subprocess
import sys

FAILING = """
from app.kit.logs import configure, log
configure("info", "{style}")
def fail(password):
    raise RuntimeError("no")
try:
    fail("hunter2-hunter2")
except RuntimeError:
    log.exception("failed", plan="p")
"""


def logged(style: str) -> str:
    """What a process logs of a failure."""
    code = FAILING.replace("{style}", style)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr


def test_a_traceback_in_json_is_one_line_without_local_variables() -> None:
    line = json.loads(logged("json"))
    assert (line["event"], line["plan"], line["exception"][0]["exc_value"]) == ("failed", "p", "no")
    assert "hunter2-hunter2" not in logged("json")


def test_a_traceback_for_a_person_has_none_either() -> None:
    assert "RuntimeError: no" in logged("text")
    assert "password=" not in logged("text").replace('fail("hunter2-hunter2")', "")
