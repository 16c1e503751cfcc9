"""How good the generators of digits are, on samples and digits that training never saw.

    python -m benchmarks.digits [RECIPE ...] [--num 10000] [--publish RUNS]

Needs MNIST, see docs/running.md. `--publish` first writes finished runs, RUNS/RECIPE, to
`checkpoints/` with their films, and prints what the zoo states of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gan_models.learning.evaluate import evaluate_digits, publish
from gan_models.learning.recipes import RECIPES
from gan_models.metrics.evaluate import table
from gan_models.paths import CHECKPOINTS, sha256_of


def main() -> None:
    """Publish if asked to, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*", help="all that are in checkpoints/ by default")
    parser.add_argument("--num", type=int, default=10_000, help="samples")
    parser.add_argument("--publish", type=Path, metavar="RUNS", help="folder of finished runs")
    arguments = parser.parse_args()
    here = [name for name in RECIPES if (CHECKPOINTS / f"{name}.safetensors").is_file()]
    figures = []
    try:
        for name in arguments.recipes or here:
            if arguments.publish is not None:
                for path in publish(name, arguments.publish / name):
                    print(f'{path.name}: sha256="{sha256_of(path)}", {path.stat().st_size:_} bytes')
            figures += evaluate_digits(name, arguments.num)
    except ValueError as error:
        parser.error(str(error))
    print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
