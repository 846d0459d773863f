"""`python networkx_peer.py FILE`: networkx, for the record; for each line of its input, seconds of one run.

It prints the seconds to build the graph, and those to find the length of the longest path in topological
order: a forward pass without calendars, backward pass or floats.
"""

import importlib
import json
import sys
import time
from pathlib import Path

_OF_PREDECESSOR = {"FS": 1, "SS": 0, "FF": 1, "SF": 0}
_OF_SUCCESSOR = {"FS": 0, "SS": 0, "FF": 1, "SF": 1}


def main() -> None:
    nx = importlib.import_module("networkx")  # which may be absent
    given = json.loads(Path(sys.argv[1]).read_text())
    durations = given["durations"]
    for _ in sys.stdin:
        began = time.perf_counter()
        graph = nx.DiGraph()
        graph.add_nodes_from(durations)
        for before, type_, after, lag in given["links"]:
            apart = lag + _OF_PREDECESSOR[type_] * durations[before] - _OF_SUCCESSOR[type_] * durations[after]
            graph.add_edge(before, after, weight=apart)  # from start to start
        built = time.perf_counter()
        nx.dag_longest_path_length(graph)
        print(built - began, time.perf_counter() - built, flush=True)


if __name__ == "__main__":
    main()
