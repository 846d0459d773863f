"""The command line: leeway serve | worker | migrate | demo | import | keys | openapi | settings."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import store
from app.access.service import SCOPE_DESCRIPTIONS, KeyRequest, Scope, create_key, create_workspace, revoke_key
from app.health.readiness import Readiness
from app.kit import logs
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.ids import is_key
from app.kit.problems import MAX_ERRORS, Problem
from app.settings import Settings, environment_table

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Leeway: how far has the execution drifted from the plan, and how much room is left?\n\n"
    "A new database: `leeway migrate`, then `leeway serve`. Settings come from LEEWAY_* environment variables; "
    "`leeway settings` lists them.",
)
keys = typer.Typer(no_args_is_help=True, help="API keys. They are made here only, never over HTTP.")
app.add_typer(keys, name="keys")


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = "LEEWAY_" + "_".join(str(part) for part in problem["loc"]).upper()
            typer.echo(f"{name}: {problem['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from None
    logs.configure(settings.log_level, settings.log_format)
    return settings


@app.command()
def serve(
    migrate_first: Annotated[
        bool, typer.Option("--migrate", help="Migrate the database first; safe when several replicas start.")
    ] = False,
) -> None:
    """Serve the API on LEEWAY_HOST and LEEWAY_PORT until SIGTERM.

    The first start on an empty database makes the workspace `default` and prints its admin key, once.
    """
    settings = _settings()
    if migrate_first:
        _migrate(settings.database_url)
    from app.serving import serve as serve_until_told  # noqa: PLC0415 - other commands need no server

    serve_until_told(settings)


@app.command()
def worker() -> None:
    """Run the housekeeping loops in a process of their own (then serve with LEEWAY_RUN_LOOPS=false)."""
    from app.worker import run_worker  # noqa: PLC0415

    asyncio.run(run_worker(_settings()))


@app.command()
def migrate() -> None:
    """Bring the database to the schema this release needs. Any number of processes may do it at once."""
    _migrate(_settings().database_url)


def _migrate(url: str) -> None:
    """Migrate in a process of its own: the server never loads the migrations' machinery."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = "import sys; from migrations.run import main; sys.exit(main())"
    # -P: a folder `app` or `migrations` where the command is called must not be taken for ours.
    done = subprocess.run([sys.executable, "-P", "-c", code], input=url.encode(), check=False)  # noqa: S603
    if done.returncode:
        raise typer.Exit(done.returncode)


@app.command()
def demo(
    only: Annotated[bool, typer.Option("--no-serve", help="Load and print, and do not serve.")] = False,
) -> None:
    """Load the CPython 3.13 release plan with its real history, print its variance, and serve it.

    Uses LEEWAY_DATABASE_URL, by default a file leeway-demo.db in this folder. A second run finds it there.
    """
    settings = _settings()
    file: Path | None = None
    if settings.database_url == Settings.model_fields["database_url"].default:
        file = Path("leeway-demo.db")
        settings = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{file}"})
    if settings.port == 0:  # the requests that are printed name the port
        settings = settings.model_copy(update={"port": _free_port(settings.host)})
    logs.configure("warning", "text")
    from app.demo.run import loading  # noqa: PLC0415
    from app.serving import serve as serve_until_told  # noqa: PLC0415

    if file is None or file.exists():
        text = _prepare_demo(settings)
    else:
        with loading(file) as unfinished:
            there = {"database_url": f"sqlite+aiosqlite:///{unfinished}"}
            text = _prepare_demo(settings.model_copy(update=there))
    typer.echo(text)
    if not only:
        typer.echo(f"Serving on http://{settings.host}:{settings.port} until you press Ctrl-C.")
        serve_until_told(settings)


def _prepare_demo(settings: Settings) -> str:
    from app.demo.run import Incomplete, prepare  # noqa: PLC0415

    _migrate(settings.database_url)
    try:
        return asyncio.run(prepare(settings))
    except Incomplete as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from None


def _free_port(host: str) -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the service."""
    from app.main import create_app  # noqa: PLC0415
    from app.openapi import document  # noqa: PLC0415

    typer.echo(json.dumps(document(create_app(Settings.model_construct())), indent=2, ensure_ascii=False))


@app.command()
def settings() -> None:
    """List every setting as a table."""
    typer.echo(environment_table())


def _run(work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run one write transaction."""
    return _with_database(lambda database: database.write(work))


def _with_database(use: Callable[[Database], Awaitable[T]]) -> T:
    """Use the database; a problem ends the command with its sentence, and all places that are wrong."""
    settings = _settings()

    async def once() -> T:
        database = Database(settings.database_url, pool_size=1)
        try:
            await Readiness(database, utc_now, _nothing).require_schema()
            return await use(database)
        finally:
            await database.close()

    try:
        return asyncio.run(once())
    except Problem as problem:
        cause = getattr(problem.__cause__, "orig", problem.__cause__)
        typer.echo(f"{problem.title}: {cause or problem.detail}", err=True)
        for error in problem.errors[:MAX_ERRORS]:
            typer.echo(f"  {error.pointer}: {error.detail}", err=True)
        if len(problem.errors) > MAX_ERRORS:
            typer.echo("  … and more", err=True)
        raise typer.Exit(1) from None


async def _nothing() -> None:
    pass


def _key(text: str | None) -> str | None:
    if text is not None and not is_key(text):
        raise typer.BadParameter("letters, digits and . _ ~ - only, at most 100")
    return text


def _zone(text: str | None) -> str | None:
    from app.calendars.rules import known_zone  # noqa: PLC0415

    if text is not None and not known_zone(text):
        raise typer.BadParameter("is no IANA time zone such as Europe/Berlin")
    return text


def _label(text: str) -> str:
    if not (1 <= len(text) <= 100 and text.isprintable() and text.strip()):
        raise typer.BadParameter("must be 1 to 100 printable characters")
    return text


_SCOPE_HELP = "Repeat for several. " + " ".join(f"{s.value}: {text}" for s, text in SCOPE_DESCRIPTIONS.items())


@app.command("import")
def import_file(  # noqa: PLR0913, PLR0917 - a command has the parameters of its operation
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="Primavera .xer, Microsoft Project .xml, .csv, .json …"
        ),
    ],
    plan: Annotated[
        str | None,
        typer.Option(callback=_key, help="Key of the plan to create or update; else made of the project."),
    ] = None,
    workspace: Annotated[str, typer.Option(help="The workspace of the plan.")] = "default",
    time_zone: Annotated[
        str | None, typer.Option(callback=_zone, help="IANA zone of the file's local times, for a new plan.")
    ] = None,
    project: Annotated[str | None, typer.Option(help="Which project, of a file with several.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why: kept with the revision.")] = None,
) -> None:
    """Import a schedule file into a plan, and print what it did. The same as POST /v1/imports."""
    from app.imports.command import import_into, lines  # noqa: PLC0415 - other commands read no files
    from app.imports.uploads import Wanted  # noqa: PLC0415

    wanted = Wanted(plan, time_zone, project, dry_run)
    done = _with_database(lambda database: import_into(database, workspace, file, wanted, reason))
    for line in lines(done):
        typer.echo(line)


@keys.command("create")
def create(
    name: Annotated[
        str, typer.Argument(callback=_label, help="What it is for; written down as the author of its edits.")
    ],
    workspace: Annotated[str, typer.Option(help="Its workspace; made if there is none of this name.")] = "default",
    scope: Annotated[list[Scope] | None, typer.Option(help=_SCOPE_HELP)] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it expires; never if left out.")
    ] = None,
) -> None:
    """Create an API key and print it, once. Without --scope it may do everything (admin)."""
    if not is_key(workspace):
        raise typer.BadParameter("letters, digits and . _ ~ - only, at most 100", param_hint="--workspace")
    now = utc_now()
    expires_at = None if days is None else now + timedelta(days=days)
    wanted = KeyRequest(workspace, name, frozenset(scope or [Scope.admin]), expires_at)

    async def work(tx: AsyncConnection) -> str:
        await create_workspace(tx, workspace, now)
        return (await create_key(tx, wanted, now)).token

    typer.echo(_run(work))


@keys.command("list")
def list_keys() -> None:
    """List all API keys; the keys themselves are not stored."""

    async def work(tx: AsyncConnection) -> list[str]:
        return [_key_line(row) for row in await store.list_keys(tx)]

    for line in _run(work):
        typer.echo(line)


def _key_line(row: Any) -> str:
    state = "valid" if row.expires_at is None else f"expires {row.expires_at:%Y-%m-%d}"
    if row.revoked_at is not None:
        state = "revoked"
    return f"{row.key_id}  {row.hint}…  {row.workspace:<20}  {row.name:<20}  {state:<18}  {row.scopes}"


@keys.command("revoke")
def revoke(key_id: Annotated[UUID, typer.Argument(help="Its id, from `leeway keys list`.")]) -> None:
    """Revoke an API key; every replica refuses it within LEEWAY_KEY_CACHE_SECONDS."""

    async def work(tx: AsyncConnection) -> None:
        await revoke_key(tx, key_id, utc_now())

    _run(work)
    typer.echo("revoked")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
