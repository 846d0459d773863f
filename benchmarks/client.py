"""What the Python client costs: its recorder beside a loop of httpx by hand, its import beside that of httpx."""

import os
import resource
import subprocess
import sys
import time

import httpx

from benchmarks.load import TOKEN
from benchmarks.measures import Bench, Row
from benchmarks.servers import ROOT, Server
from clients.python.generate import generate

SOURCE = ROOT / "clients" / "python" / "src"
BATCHES, BATCH_SIZE = 10, 500
PLAN = "plan-0000"


def recording(bench: Bench) -> list[Row]:
    """Events a second: the recorder's, as a share of those of a loop that posts the same batches."""
    generate()
    sys.path.insert(0, str(SOURCE))
    figures = []
    with bench.leeway("recording") as server:
        for number in range(bench.rounds + 1):
            by_hand, recorded = _by_hand(server, f"h{number}"), _recorded(server, f"r{number}")
            if number:
                figures.append(by_hand / recorded)
    return [Row("client: events/s of the recorder / a loop of httpx by hand", figures, at_least=0.7)]


def _by_hand(server: Server, run: str) -> float:
    """Seconds for all batches, each made and posted by hand."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60) as client:
        began = time.perf_counter()
        for first in range(0, BATCHES * BATCH_SIZE, BATCH_SIZE):
            batch = [_event(f"{run}-{number}") for number in range(first, first + BATCH_SIZE)]
            answer = client.post("/v1/events/batch", json=batch)
            if answer.status_code != 207 or answer.json()["accepted"] != BATCH_SIZE:
                raise RuntimeError(f"a batch by hand was not taken: {answer.text[:300]}")
        return time.perf_counter() - began


def _event(name: str) -> dict[str, object]:
    what = {"type": "note.added", "occurred_at": "2026-01-05T10:00:00Z", "data": {"text": "A note"}}
    return {"plan": PLAN, "id": name, "source": "benchmark", **what}


def _recorded(server: Server, run: str) -> float:
    """Seconds for the same events by the recorder, until all are answered."""
    from leeway_client import EventRecorder, connect  # noqa: PLC0415 - it is generated first

    with connect(f"http://127.0.0.1:{server.port}", TOKEN) as client:
        began = time.perf_counter()
        with EventRecorder(client, source="benchmark", batch_size=BATCH_SIZE) as recorder:
            for number in range(BATCHES * BATCH_SIZE):
                moment, data = "2026-01-05T10:00:00Z", {"text": "A note"}
                recorder.record(PLAN, "note.added", id=f"{run}-{number}", occurred_at=moment, data=data)
        seconds = time.perf_counter() - began
        if recorder.counts.accepted != BATCHES * BATCH_SIZE:
            raise RuntimeError(f"the recorder lost events: {recorder.counts}")
        return seconds


def importing(bench: Bench) -> list[Row]:
    """Processor time of importing the client, as a multiple of that of importing httpx."""
    generate()
    figures = []
    for number in range(bench.rounds + 1):
        ours, theirs = import_seconds("leeway_client"), import_seconds("httpx")
        if number:
            figures.append(ours / theirs)
    return [Row("client: processor time of import leeway_client / import httpx", figures, at_most=3)]


def import_seconds(name: str) -> float:
    """Processor time of a new interpreter that imports this and ends, less that of one that imports nothing."""
    return _cpu_seconds(f"import {name}") - _cpu_seconds("pass")


def _cpu_seconds(program: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", program], env=environ, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


ALL = {"recording": recording, "importing": importing}
