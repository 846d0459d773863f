"""Databases as in production, in a temporary folder: SQLite files, and a PostgreSQL server that really syncs."""

import asyncio
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from migrations.run import upgrade
from tests.postgres_server import _programs


@dataclass(frozen=True, slots=True)
class Databases:
    """Where databases of one kind are made: a folder of files, or the folder of a server's socket."""

    kind: str
    folder: Path

    def url(self, name: str) -> str:
        """The address of the database with this name, as the service takes it."""
        if self.kind == "sqlite":
            return f"sqlite+aiosqlite:///{self.folder / name}.db"
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"

    def new(self, name: str) -> str:
        """Make a migrated database; answers its address."""
        if self.kind == "postgres":
            asyncio.run(self._administer(f"CREATE DATABASE {name}"))
        upgrade(self.url(name))
        return self.url(name)

    def copy(self, of: str, name: str) -> str:
        """Make a copy of a database that nobody is connected to; answers its address."""
        if self.kind == "postgres":
            asyncio.run(self._administer(f"CREATE DATABASE {name} TEMPLATE {of}"))
        else:
            files = [closing(sqlite3.connect(self.folder / f"{each}.db")) for each in (of, name)]
            with files[0] as source, files[1] as target:
                source.backup(target)
        return self.url(name)

    def settle(self, name: str) -> None:
        """Do now what the server would do in the background after a load: statistics, and writing it out."""
        if self.kind == "postgres":
            for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
                asyncio.run(self._administer(statement, name))

    async def _administer(self, statement: str, name: str = "postgres") -> None:
        connection = await asyncpg.connect(**postgres_arguments(self.url(name)))
        await connection.execute(statement)
        await connection.close()


class Raw:
    """A connection of the raw driver, `$1` standing for a parameter on both databases."""

    def __init__(self, url: str) -> None:
        self._sqlite = open_sqlite(url) if url.startswith("sqlite") else None
        self._runner = asyncio.Runner()
        if self._sqlite is None:
            self._postgres: Any = self._runner.run(asyncpg.connect(**postgres_arguments(url)))

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._sqlite is None:
            self._runner.run(self._postgres.close())
        else:
            self._sqlite.close()
        self._runner.close()

    def fetch(self, *statements: tuple[str, Sequence[Any]]) -> list[list[Any]]:
        """The rows of each statement."""
        if self._sqlite is not None:
            return [self._sqlite.execute(sql.replace("$", "?"), given).fetchall() for sql, given in statements]

        async def fetch() -> list[list[Any]]:
            return [await self._postgres.fetch(sql, *given) for sql, given in statements]

        return self._runner.run(fetch())

    def insert(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for all rows in one transaction."""
        if self._sqlite is not None:
            with self._sqlite:
                self._sqlite.execute("BEGIN IMMEDIATE")
                self._sqlite.executemany(sql.replace("$", "?"), rows)
            return

        async def insert() -> None:
            async with self._postgres.transaction():
                await self._postgres.executemany(sql, rows)

        self._runner.run(insert())


def postgres_arguments(url: str) -> dict[str, Any]:
    """The address as the raw driver takes it."""
    parts = make_url(url)
    return {"host": parts.query["host"], "user": parts.username, "database": parts.database}


def open_sqlite(url: str) -> sqlite3.Connection:
    """A connection of the raw driver to a SQLite database, set up as the service does; usable in any thread."""
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    """A place for databases of this kind."""
    home = folder / kind
    home.mkdir()
    if kind == "sqlite":
        yield Databases(kind, home)
        return
    server = _start_postgres(home)
    try:
        yield Databases(kind, home)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _start_postgres(home: Path) -> subprocess.Popen[bytes]:
    """The server that the tests use, with its defaults: fsync, synchronous commit and full page writes are on."""
    as_user: dict[str, Any] = {"cwd": home, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        home.parent.chmod(0o711)
        shutil.chown(home, nobody.pw_uid, nobody.pw_gid)
        as_user |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    programs, data = _programs(home), home / "data"
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
    subprocess.run([programs / "initdb", "-D", data, *options], check=True, stderr=subprocess.PIPE, **as_user)
    settings = ["-clisten_addresses=", f"-cunix_socket_directories={home}"]
    with (folder_log := home.parent / "postgres.log").open("wb") as log:
        server = subprocess.Popen([programs / "postgres", "-D", data, *settings], stderr=log, **as_user)
    ready = data / "postmaster.pid"
    while not (ready.exists() and ready.read_text().rstrip().endswith("ready")):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{folder_log.read_text()}")
        time.sleep(0.02)
    return server
