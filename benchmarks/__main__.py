"""`python -m benchmarks`: run the suite and print one table of ratios against their bounds."""

import argparse
import signal
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import client, deviations, measures, portfolio, schedules
from benchmarks.databases import databases
from benchmarks.servers import PeerMissing

MEASURES = {**measures.ALL, **schedules.ALL, **deviations.ALL, **portfolio.ALL, **client.ALL}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--db", choices=("sqlite", "postgres", "both"), default="both", help="where to measure")
    parser.add_argument("--only", choices=list(MEASURES), action="append", help="only this; may be repeated")
    parser.add_argument("--rounds", type=int, default=15, help="how often each pair is run in turns")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that every process is stopped
    kinds = ("sqlite", "postgres") if options.db == "both" else (options.db,)
    chosen = [MEASURES[name] for name in options.only or MEASURES]
    print(f"{'':62} {'':9} {'median':>7} {'min':>7} {'max':>7}  bound")
    with tempfile.TemporaryDirectory(prefix="leeway-benchmark-") as folder:
        for kind in kinds:
            with databases(kind, Path(folder)) as here:
                bench = measures.Bench(here, Path(folder), options.rounds)
                measures.seed(bench)
                for measure in chosen:
                    try:
                        for row in measure(bench):
                            show(kind, row)
                    except (PeerMissing, RuntimeError) as reason:
                        print(f"not measured on {kind}: {reason}")


def show(kind: str, row: measures.Row) -> None:
    median = statistics.median(row.figures)
    bound = ""
    if row.at_least is not None:
        bound = f">= {row.at_least:<4} {'met' if median >= row.at_least else 'MISSED'}"
    if row.at_most is not None:
        bound = f"<= {row.at_most:<4} {'met' if median <= row.at_most else 'MISSED'}"
    figures = " ".join(f"{figure:7.2f}" for figure in (median, min(row.figures), max(row.figures)))
    print(f"{row.name:62} {kind:9} {figures}  {bound}", flush=True)


if __name__ == "__main__":
    main()
