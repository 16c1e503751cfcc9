"""How good our own models are: model, metric, value, and what it is held against.

    python -m benchmarks.quality [MODEL ...] [--num 300] [--folder DIR]

Needs the rendered scenes, which are made the first time (long), and the trained networks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gan_models.metrics.evaluate import CHECKPOINTS, MODELS, Bench, evaluate, table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help=f"of {', '.join(MODELS)}; all by default")
    parser.add_argument("--num", type=int, default=300, help="pictures a side for KID")
    parser.add_argument("--folder", type=Path, default=CHECKPOINTS, help="where the networks lie")
    arguments = parser.parse_args()
    if unknown := set(arguments.models) - set(MODELS):
        parser.error(f"no measures of {', '.join(unknown)}; choose from {', '.join(MODELS)}")
    bench = Bench(arguments.num, arguments.folder, print)
    figures = []
    for name in arguments.models or MODELS:
        try:
            figures += evaluate(name, bench)
        except ValueError as error:
            print(error)
    print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
