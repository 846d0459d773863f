"""Processes of the command that begin after its imports, which take longer than most of what is tested with them.

One process imports all that the command needs, and forks for each that is wanted: a process of its own as any other,
with its environment, folder, files and exit status; nothing of it has run before.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["app.cli", "app.serving", "app.demo.run", "app.imports.command", __name__])


class Forked:
    """A process of the command, with what is used here of `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str], files: Sequence[Path]
    ) -> None:
        """Start it; `files`, which are made here, take its standard output and what it logs."""
        for file in files:
            file.touch()
        given = (arguments, folder, dict(environ), files)
        self._process = _CONTEXT.Process(target=_run, args=given, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit status; negative the signal that ended it, None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("leeway", timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _run(arguments: Sequence[str], folder: Path, environ: Mapping[str, str], files: Sequence[Path]) -> None:
    """In the new process: what a shell does before a command, and the command."""
    for number, file in enumerate(files, 1):
        opened = os.open(file, os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["leeway", *arguments]
    from app.cli import main  # noqa: PLC0415 - imported long ago, in the process that this one was forked from

    main()
