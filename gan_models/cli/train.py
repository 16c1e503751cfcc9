"""The commands that train, fine-tune and measure; one function for each."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from gan_models.cli import outputs
from gan_models.convert.add_user_model import read_options

if TYPE_CHECKING:
    from gan_models.training import Outcome, Progress


def run_train(arguments: argparse.Namespace) -> None:
    """Train a recipe and print its progress."""
    from gan_models.learning import recipes as learning
    from gan_models.training import train

    is_digits = arguments.recipe in (*learning.RECIPES, learning.CLASSIFIER)
    start = learning.train_digits if is_digits else train
    if arguments.out is not None:
        outputs.folder_out(arguments.out)
    _report_training(
        lambda report: start(
            arguments.recipe,
            arguments.out,
            resume=arguments.resume,
            kimg=arguments.kimg,
            device=arguments.device,
            callback=report,
        )
    )


def run_finetune(arguments: argparse.Namespace) -> None:
    """Fine-tune a model in this process and print its progress."""
    from gan_models.finetuning import FinetuneSettings, finetune, saved_settings

    outputs.folder_out(arguments.out)
    saved = saved_settings(arguments.out) if arguments.resume else None
    values = {} if saved is None else asdict(saved)
    values |= read_options(",".join(arguments.set))
    if arguments.preset is not None:
        values["preset"] = arguments.preset
    if arguments.kimg is not None:  # then the preset's time limit does not apply
        values |= {"kimg": arguments.kimg, "seconds": None}
    settings = FinetuneSettings.from_dict(values)
    _report_training(
        lambda report: finetune(
            arguments.base,
            arguments.images,
            arguments.out,
            settings,
            resume=arguments.resume,
            device=arguments.device,
            callback=report,
        )
    )


def _report_training(start: Callable[[Callable[[Progress], None]], Outcome]) -> None:
    """Print the progress of a training that `start` runs with the callback it is given."""
    from gan_models.training import TrainingError

    printed = {"at": 0.0}

    def report(progress: Progress) -> None:
        if progress.message:
            print(progress.message, flush=True)
        elif progress.metrics or time.monotonic() - printed["at"] > 10:
            printed["at"] = time.monotonic()
            print(_progress_line(progress), flush=True)

    try:
        outcome = start(report)
    except TrainingError as error:
        raise ValueError(str(error)) from error
    state = "finished" if outcome.finished else "stopped; --resume goes on"
    print(f"{outcome.folder}: {outcome.kimg:.2f} kimg, {state}")


def _progress_line(progress: Progress) -> str:
    figures = {**progress.losses, **progress.metrics}
    numbers = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
    minutes = progress.eta_seconds / 60
    return (
        f"{progress.kimg:.2f} of {progress.total_kimg:g} kimg, "
        f"{progress.images_per_second:.1f} pictures/s, {minutes:.0f} min to go: {numbers}"
    )


def run_evaluate(arguments: argparse.Namespace) -> None:
    """Print a trained model's measures beside their reference values."""
    from gan_models.learning.evaluate import RECIPES, evaluate_digits
    from gan_models.metrics.evaluate import CHECKPOINTS, Bench, evaluate, table

    is_digits, num = arguments.model in RECIPES, arguments.num
    if num is None:
        num = 1000 if is_digits else 300
    if is_digits:
        figures = evaluate_digits(arguments.model, num)
    else:
        figures = evaluate(arguments.model, Bench(num, CHECKPOINTS, print))
    print("\n".join(table(figures)))
