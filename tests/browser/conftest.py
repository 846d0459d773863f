"""A real browser, on a real server on loopback, with everything else cut off and counted."""

import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright

from tests.flows.processes import KEY, Process, environment, make_plan, started

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PHONE = {"width": 390, "height": 844}
Open = Callable[..., Coroutine[Any, Any, "Tab"]]


class Tab:
    """A tab of the browser, and what went wrong or was asked of others in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.asked_elsewhere: list[str] = []
        self.errors: list[str] = []

    async def cut_off(self) -> None:
        """Refuse whatever is not asked of the server; note that, and what the page complains of."""
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        await self.page.route("**/*", self._pass)

    async def _pass(self, route: Route) -> None:
        if urlsplit(route.request.url).scheme in {"data", "blob"} or route.request.url.startswith(self.address):
            await route.continue_()
        else:
            self.asked_elsewhere.append(route.request.url)
            await route.abort()

    async def visit(self, path: str) -> Page:
        """Open a page, and wait for the reference to be there."""
        await self.page.goto(self.address + path)
        if path.startswith("/docs"):
            await self.page.wait_for_selector(".opblock-tag", timeout=60_000)
        return self.page


@pytest.fixture(scope="session")
def program() -> str:
    """The browser; tests are skipped where there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip(f"there is no browser here: none of {', '.join(PROGRAMS)}")
    return found


@pytest.fixture(scope="session")
async def server(program: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    """A server with a plan."""
    folder: Path = tmp_path_factory.mktemp("browser")
    environ = environment(f"sqlite+aiosqlite:///{folder}/leeway.db", port=0, bootstrap_key=KEY, run_loops="false")
    with started(folder, "serve", "--migrate", environ=environ) as process:
        async with process.wait_until_ready().client() as client:
            await make_plan(client, "python-3.13")
            await client.get("/openapi.json")  # made when it is first asked for
        yield process


@pytest.fixture(scope="session")
async def browser(program: str) -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A profile of its own for each test."""
    made = await browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    await made.close()


@pytest.fixture
def new_tab(context: BrowserContext, server: Process) -> Open:
    """Open tabs of that profile."""

    async def open_tab() -> Tab:
        tab = Tab(await context.new_page(), server.address)
        await tab.cut_off()
        return tab

    return open_tab


@pytest.fixture
async def tab(new_tab: Open) -> AsyncIterator[Tab]:
    """A tab in which nothing may go wrong, and nothing may be asked of anybody else."""
    opened = await new_tab()
    yield opened
    assert opened.asked_elsewhere == []
    assert opened.errors == []


@pytest.fixture
def key() -> str:
    """An API key that may do everything."""
    return KEY
