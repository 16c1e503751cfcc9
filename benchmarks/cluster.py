"""What a Ray cluster adds to a request: the same sample here and there, by turns.

`python -m benchmarks.cluster` starts a cluster on this machine; it needs requirements-ray.txt.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the page, before torch is imported

import gan_models


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print the median times of single samples, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="faces-64")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    load = gan_models.cluster_pipelines()
    there, here = load(options.model), gan_models.load_pipeline(options.model)
    for seed in range(20):
        there.sample([seed]), here.sample([seed])
    print("| here, ms | cluster, ms | added, ms |\n| --- | --- | --- |")
    for _ in range(options.rounds):
        pairs = [
            (timed(lambda: here.sample([seed])), timed(lambda: there.sample([seed])))  # noqa: B023
            for seed in range(options.requests)
        ]
        mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"| {mine:.1f} | {theirs:.1f} | {theirs - mine:.1f} |")
    load.close()


if __name__ == "__main__":
    main()
