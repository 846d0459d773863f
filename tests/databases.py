"""Databases for tests: a new, migrated one for each test, on SQLite and on PostgreSQL.

A test that uses `database_url` (or a fixture that does) runs once for each of the databases chosen with `--db`,
or on one of them alone with `@pytest.mark.only_on("sqlite")`.
PostgreSQL is the server that LEEWAY_TEST_POSTGRES_URL names, else one of the run's own.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from migrations.run import upgrade
from tests import postgres_server
from tests.postgres_databases import Databases, made

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_CHOICES = {"sqlite": ["sqlite"], "postgres": ["postgres"], "both": ["sqlite", "postgres"]}
_SERVER = pytest.StashKey[postgres_server.Share]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--db`."""
    parser.addoption("--db", choices=list(_CHOICES), default="both", help="the databases to test on")


def pytest_configure(config: pytest.Config) -> None:
    """`@pytest.mark.only_on("postgres")`."""
    config.addinivalue_line("markers", "only_on(kind): run on this kind of database alone, `sqlite` or `postgres`")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that needs a database, once for each database."""
    if "database_kind" in metafunc.fixturenames:
        kinds = _CHOICES[metafunc.config.getoption("--db")]
        for mark in metafunc.definition.iter_markers("only_on"):
            kinds = [kind for kind in kinds if kind in mark.args]
        metafunc.parametrize("database_kind", kinds, indirect=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server ends with its last user."""
    server = config.stash.get(_SERVER, None)
    if server is not None:
        server.release()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs; tests that need it are skipped where it is not."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the shared inputs are not here ({SHARED_DATA.parent.name}/{SHARED_DATA.name})")
    return SHARED_DATA


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """A new database at the newest schema version."""
    url: str = request.getfixturevalue(f"_new_{database_kind}_url")
    return url


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """A new database without any table."""
    url: str = request.getfixturevalue(f"_empty_{database_kind}_url")
    return url


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The PostgreSQL server, at its database for administration."""
    if request.config.getoption("--db") == "sqlite":
        pytest.skip("needs PostgreSQL")
    named = os.environ.get("LEEWAY_TEST_POSTGRES_URL")
    if named:
        return make_url(named).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    folder = tmp_path_factory.getbasetemp()
    server = postgres_server.join(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)
    request.config.stash[_SERVER] = server
    return server.url


@contextmanager
def sqlite_file() -> Iterator[Path]:
    """Where a SQLite database may be: in memory if possible, where a commit waits for no disk."""
    with TemporaryDirectory(prefix="leeway-sqlite-", dir=postgres_server.in_memory(1 << 30)) as folder:
        yield Path(folder) / "leeway.db"


@pytest.fixture
def sqlite_path() -> Iterator[Path]:
    """Where the SQLite database of the test is."""
    with sqlite_file() as path:
        yield path


@pytest.fixture
def _empty_sqlite_url(sqlite_path: Path) -> str:
    return f"sqlite+aiosqlite:///{sqlite_path}"


@pytest.fixture
def _new_sqlite_url(_empty_sqlite_url: str, _sqlite_template: Path, sqlite_path: Path) -> str:
    shutil.copyfile(_sqlite_template, sqlite_path)
    return _empty_sqlite_url


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "leeway.db"
    with ThreadPoolExecutor(1) as thread:  # the event loop of this one belongs to the tests
        thread.submit(upgrade, f"sqlite+aiosqlite:///{path}").result()
    return path


@pytest.fixture
async def _empty_postgres_url(_postgres: AsyncEngine) -> AsyncIterator[str]:
    async with made(_postgres) as url:
        yield url


@pytest.fixture
async def _new_postgres_url(_postgres_databases: Databases) -> AsyncIterator[str]:
    async with _postgres_databases.lend() as url:
        yield url


@pytest.fixture(scope="session")
async def _postgres_databases(_postgres: AsyncEngine) -> AsyncIterator[Databases]:
    async with made(_postgres) as url:
        await asyncio.to_thread(upgrade, url)
        name = make_url(url).database
        assert name is not None
        databases = Databases(_postgres, name)
        yield databases
        await databases.close()


@pytest.fixture(scope="session")
async def _postgres(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(postgres_url, isolation_level="AUTOCOMMIT", pool_size=1)
    yield engine
    await engine.dispose()
