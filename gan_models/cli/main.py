"""Run one command; errors are printed on one line."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence

from gan_models import weights
from gan_models.cli import commands, train
from gan_models.cli.parser import build_parser
from gan_models.media.mark import mark_text

COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "convert": commands.run_convert,
    "list": commands.run_list,
    "fetch": commands.run_fetch,
    "verify": commands.run_verify,
    "sample": commands.run_sample,
    "interpolate": commands.run_interpolate,
    "translate": commands.run_translate,
    "enlarge": commands.run_enlarge,
    "paint": commands.run_paint,
    "train": train.run_train,
    "finetune": train.run_finetune,
    "evaluate": train.run_evaluate,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one line on stderr."""
    arguments = build_parser().parse_args(argv)
    warnings.filterwarnings("ignore", module="PIL")  # of odd metadata in good pictures
    try:
        mark_text()  # refuses a wrong setting before any work
        COMMANDS[arguments.command](arguments)
    except (ValueError, weights.WeightsError, OSError) as error:
        print(f"{' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except MemoryError:
        print("Memory ran out; ask for smaller or fewer pictures.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 0
