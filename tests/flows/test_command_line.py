"""The command `leeway` as a person at a terminal meets it."""

import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.flows.processes import KEY, Process, environment, installed_leeway, leeway, serving, started

TOKEN = re.compile(r"lw_[A-Za-z0-9_-]{48}")
COMMANDS = (
    "serve",
    "worker",
    "migrate",
    "demo",
    "import",
    "openapi",
    "settings",
    "keys",
    "keys create",
    "keys list",
    "keys revoke",
)


def called(*arguments: str, environ: dict[str, str] | None = None) -> Result:
    """The command within this process: enough for what it only reads or refuses."""
    return CliRunner().invoke(app, [*arguments], prog_name="leeway", env=environ)


def status_with(server: Process, key: str, path: str = "/v1/plans", method: str = "GET") -> int:
    """What a key is answered."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.request(method, server.address + path, headers=headers, json={"name": "A"}).status_code


def test_help_names_every_command_and_where_to_begin(tmp_path: Path) -> None:
    done = installed_leeway("--help", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "leeway migrate" in done.stdout
    for command in COMMANDS:
        assert command.split()[0] in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_teaches(command: str) -> None:
    done = called(*command.split(), "--help")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"Usage: leeway {command}" in done.stdout
    assert len(done.stdout.split()) > 15


def test_an_unknown_command_is_a_usage_error() -> None:
    done = called("sevre")
    assert done.exit_code == 2
    assert "sevre" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("port", "eighty", "integer"),
        ("port", "65536", "65535"),
        ("database_url", "mysql://root@localhost/leeway", "must begin with sqlite+aiosqlite:///"),
        ("database_url", "postgresql+asyncpg://host:port/leeway", "is not the address of a database"),
        ("database_url", "sqlite+aiosqlite:///:memory:", "must name a file"),
        ("bootstrap_key", "short", "24 to 200 visible ASCII characters"),
        ("log_level", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("key_cache_seconds", "60", "less than or equal to 5"),
        ("run_loops", "perhaps", "boolean"),
        ("shutdown_grace_seconds", "-1", "greater than or equal to 1"),
    ],
)
def test_a_bad_setting_is_named_in_a_sentence(setting: str, value: str, says: str) -> None:
    done = called("serve", environ={f"LEEWAY_{setting.upper()}": value})
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"LEEWAY_{setting.upper()}: ")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_bad_settings_end_every_command_before_it_does_anything(tmp_path: Path) -> None:
    for command in ("serve", "worker", "migrate", "demo"):
        done = leeway(command, folder=tmp_path, port="eighty", log_level="loud")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 2)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_secret_is_not_repeated() -> None:
    done = called("serve", environ={"LEEWAY_BOOTSTRAP_KEY": "my secret with spaces in it"})
    assert done.exit_code == 2
    assert "secret with" not in done.output


def test_settings_lists_every_setting_with_its_default() -> None:
    done = called("settings")
    assert done.exit_code == 0
    assert "| `LEEWAY_DATABASE_URL` | `sqlite+aiosqlite:///leeway.db` |" in done.stdout


def test_migrate_a_second_time_changes_nothing(empty_database_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = leeway("migrate", folder=tmp_path, database_url=empty_database_url)
        assert done.returncode == 0, done.stderr
    assert leeway("keys", "list", folder=tmp_path, database_url=empty_database_url).returncode == 0


@pytest.mark.parametrize("command", [("migrate",), ("keys", "list")])
@pytest.mark.parametrize(
    "url", ["postgresql+asyncpg://me:hidden@127.0.0.1:1/leeway", "sqlite+aiosqlite:////no/such/folder/leeway.db"]
)
def test_a_database_that_cannot_be_reached_is_told_in_a_line(
    tmp_path: Path, command: tuple[str, ...], url: str
) -> None:
    done = leeway(*command, folder=tmp_path, database_url=url)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(told) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("command", [("keys", "create", "ci")])
def test_keys_on_a_database_without_tables_says_what_to_do(
    empty_database_url: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = leeway(*command, folder=tmp_path, database_url=empty_database_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "leeway migrate" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_first_start_prints_the_admin_key_once_and_only_once(database_url: str, tmp_path: Path) -> None:
    environ = environment(database_url, port=0)
    with started(tmp_path, "serve", environ=environ, is_installed=True) as first:
        found = TOKEN.findall(first.wait_until_ready().printed)
        assert len(found) == 1
        assert status_with(first, found[0]) == 200
        assert found[0] not in first.logged
        first.end()
    with started(tmp_path, "serve", environ=environ) as second:
        second.wait_until_ready()
        assert status_with(second, found[0]) == 200
        assert "lw_" not in second.printed + second.logged


def test_two_replicas_that_start_at_once_make_one_key(empty_database_url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        replicas = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            environ = environment(empty_database_url, port=0)
            replicas.append(stack.enter_context(started(tmp_path / name, "serve", "--migrate", environ=environ)))
        printed = "".join(replica.wait_until_ready().printed for replica in replicas)
        tokens = TOKEN.findall(printed)
        assert len(tokens) == 1
        assert [status_with(replica, tokens[0]) for replica in replicas] == [200, 200]
        assert '"level": "error"' not in replicas[0].logged + replicas[1].logged
    listed = leeway("keys", "list", folder=tmp_path, database_url=empty_database_url)
    assert len(listed.stdout.splitlines()) == 1


def test_the_bootstrap_key_is_used_and_never_shown(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database_url) as server:
        assert status_with(server, KEY) == 200
        assert KEY not in server.printed + server.logged
        assert server.printed == ""
    with serving(tmp_path, database_url, bootstrap_key="another-key-that-comes-too-late") as again:
        assert status_with(again, KEY) == 200
        assert status_with(again, "another-key-that-comes-too-late") == 401


def test_serving_a_database_that_is_not_migrated_yet(empty_database_url: str, tmp_path: Path) -> None:
    environ = environment(empty_database_url, port=0, bootstrap_key=KEY, loop_interval_seconds=0.1)
    with started(tmp_path, "serve", environ=environ) as server:
        refused = server.get("/readyz")
        assert (refused.status_code, refused.json()["code"]) == (503, "not-ready")
        assert "has no tables yet" in refused.json()["detail"]
        assert "leeway migrate" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) >= 1
        assert status_with(server, KEY) == 503
        assert server.get("/livez").status_code == 200
        assert leeway("migrate", folder=tmp_path, database_url=empty_database_url).returncode == 0
        server.wait_until_ready()
        assert status_with(server, KEY) == 200
        assert '"level": "error"' not in server.logged


def test_a_port_that_is_taken_ends_with_the_reason(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database_url) as server:
        second = leeway("serve", folder=tmp_path, database_url=database_url, port=server.port)
        assert second.returncode not in {0, None}
        assert "address already in use" in second.stderr
        assert "Traceback" not in second.stderr


class Keys:
    """`leeway keys` on one database."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.database_url = folder, database_url

    def __call__(self, *arguments: str) -> Any:
        return leeway("keys", *arguments, folder=self.folder, database_url=self.database_url)

    def create(self, *arguments: str) -> str:
        done = self("create", *arguments)
        assert done.returncode == 0, done.stderr
        token: str = done.stdout.strip()
        assert TOKEN.fullmatch(token)
        return token

    def lines(self) -> list[str]:
        listed: list[str] = self("list").stdout.splitlines()
        return listed


@pytest.fixture
def keys(tmp_path: Path, database_url: str) -> Keys:
    """The command on the database of the test."""
    return Keys(tmp_path, database_url)


def test_keys_of_further_workspaces_and_with_scopes(database_url: str, tmp_path: Path, keys: Keys) -> None:
    with serving(tmp_path, database_url) as server:
        reader = keys.create("dashboard", "--scope", "plans:read", "--scope", "variance:read")
        stranger = keys.create("ci", "--workspace", "acme", "--days", "30")
        assert status_with(server, KEY, method="POST") == 201
        plan = httpx.get(f"{server.address}/v1/plans", headers={"Authorization": f"Bearer {KEY}"}).json()["items"][0]
        assert status_with(server, reader, f"/v1/plans/{plan['key']}") == 200
        assert status_with(server, reader, method="POST") == 403
        assert status_with(server, stranger, f"/v1/plans/{plan['key']}") == 404
        assert status_with(server, stranger, method="POST") == 201
        lines = keys.lines()
        assert len(lines) == 3
        assert any("dashboard" in line and "plans:read variance:read" in line for line in lines)
        assert any("acme" in line and "expires 20" in line for line in lines)
        assert not any(reader in line or stranger in line for line in lines)


def test_a_revoked_key_is_refused_within_the_cache_time(database_url: str, tmp_path: Path, keys: Keys) -> None:
    with serving(tmp_path, database_url, key_cache_seconds=1) as server:
        token = keys.create("leaver")
        key_id = next(line.split()[0] for line in keys.lines() if "leaver" in line)
        assert status_with(server, token) == 200
        assert keys("revoke", key_id).stdout == "revoked\n"
        revoked = time.monotonic()
        while status_with(server, token) == 200:
            assert time.monotonic() < revoked + 1.5
            time.sleep(0.05)
        assert status_with(server, token) == 401
        assert any("leaver" in line and "revoked" in line for line in keys.lines())
        again = keys("revoke", key_id)
        assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "ci", "--scope", "plans:fly"), "plans:read"),
        (("create", "ci", "--days", "0"), "greater than or equal to 1"),
        (("create", ""), "1 to 100 printable characters"),
        (("create", "n" * 101), "1 to 100 printable characters"),
        (("create", "bell\a"), "1 to 100 printable characters"),
        (("create", "ci", "--workspace", ""), "letters, digits"),
        (("create", "ci", "--workspace", "w" * 101), "letters, digits"),
        (("create",), "name"),
        (("revoke", "me"), "UUID"),
        (("revoke",), "key_id"),
    ],
)
def test_wrong_arguments_are_usage_errors(arguments: tuple[str, ...], says: str) -> None:
    done = called("keys", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.only_on("sqlite")
def test_a_key_that_does_not_exist_cannot_be_revoked(keys: Keys) -> None:
    done = keys("revoke", "00000000-0000-0000-0000-000000000000")
    assert (done.returncode, done.stderr) == (
        1,
        "API key not found: Check the id; `leeway keys list` lists those there are.\n",
    )
