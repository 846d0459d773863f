"""The servers that are measured, each in a process of its own that ends with its `with` block."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import TOKEN

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    port: int
    pid: int
    start_seconds: float

    def memory_megabytes(self) -> float:
        """Resident memory."""
        return int(self._status("VmRSS").split()[0]) / 1024

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system, by the process and its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        ticks = 0
        for pid in (self.pid, *children):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> str:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(line.partition(":")[2] for line in lines if line.startswith(name))


@contextmanager
def leeway(url: str, folder: Path, **settings: str) -> Iterator[Server]:
    """Leeway with its default settings on a migrated database; it writes its log as in production."""
    port = _free_port()
    environment = {
        "LEEWAY_DATABASE_URL": url,
        "LEEWAY_PORT": str(port),
        "LEEWAY_BOOTSTRAP_KEY": TOKEN,
        **{f"LEEWAY_{name.upper()}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    with _serve(command, port, folder / "leeway.log", environment) as server:
        yield server


@contextmanager
def floor(url: str, folder: Path) -> Iterator[Server]:
    """The bare route of `benchmarks/floor.py`."""
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.floor", url, str(port)]
    with _serve(command, port, folder / "floor.log", {}) as server:
        yield server


@contextmanager
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    """A connection to a server, kept alive."""
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    kept.connect()
    kept.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield kept
    finally:
        kept.close()


class PeerMissing(Exception):
    """A program to compare with cannot be had here."""


def environment(folder: Path, name: str, *packages: str) -> Path:
    """A virtual environment of its own with these packages; answers its folder of programs.

    Raises:
        PeerMissing: they could not be installed.
    """
    home = folder / f"{name}-environment"
    programs = home / "bin"
    if not home.exists():
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for command in ([sys.executable, "-m", "venv", str(home)], [*pip, *packages]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise PeerMissing(f"{' '.join(packages)} could not be installed: {done.stderr.strip()[-300:]}")
    return programs


@contextmanager
def django(url: str, folder: Path, programs: Path) -> Iterator[Server]:
    """The Django REST Framework endpoint of `benchmarks/django_app.py` under gunicorn, one process as the others."""
    port = _free_port()
    workers = ["--workers", "1", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "30"]
    command = [
        str(programs / "gunicorn"),
        *workers,
        "--bind",
        f"127.0.0.1:{port}",
        "benchmarks.django_app:application",
    ]
    with _serve(command, port, folder / "django.log", {"BENCHMARK_DATABASE_URL": url}) as server:
        yield server


@contextmanager
def _serve(command: Sequence[str], port: int, log: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, log)
        yield Server(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until it answers /livez (a server without that path: 404)."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if connection.recv(12) in {b"HTTP/1.1 200", b"HTTP/1.1 404"}:
                    return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
