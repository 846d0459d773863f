"""`python -m tests.flows.beating`: the server with a heart that beats in its event loop, told about on request.

For each line of its standard input it prints the longest time since the line before, in milliseconds, for
which the event loop came to nothing else, and forgets it.
"""

import asyncio
import sys
import threading
import time

from app.kit import logs
from app.serving import calm_collector, server
from app.settings import Settings

_BEAT_SECONDS = 0.001


class Heart:
    """The longest pause between two beats, beyond what they are apart."""

    longest_seconds = 0.0

    async def beat(self) -> None:
        """Beat until the process ends."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_BEAT_SECONDS)
            self.longest_seconds = max(self.longest_seconds, time.perf_counter() - before - _BEAT_SECONDS)

    def tell(self) -> None:
        """Answer each line, in a thread that sleeps in between."""
        for _ in sys.stdin:
            longest, self.longest_seconds = self.longest_seconds, 0.0
            sys.stdout.write(f"{longest * 1000:.1f}\n")
            sys.stdout.flush()


async def main() -> None:
    """Serve as `leeway serve` does."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    heart = Heart()
    threading.Thread(target=heart.tell, daemon=True).start()
    beating = asyncio.create_task(heart.beat())
    await server(settings).serve()
    beating.cancel()


if __name__ == "__main__":
    calm_collector()
    asyncio.run(main())
