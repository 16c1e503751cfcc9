"""Check `--out`: a file or a folder, and never one of the inputs."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from gan_models.media.images import save_png
from gan_models.weights.errors import disk_errors

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic")
FILMS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v", ".apng")
OTHERS = (".zip", ".safetensors", ".pth", ".pt", ".ckpt", ".pkl", ".json", ".csv")
KNOWN_SUFFIXES = (*PICTURES, *FILMS, *OTHERS)


def names_file(out: Path) -> bool:
    """Whether `--out` names a file: it has a known suffix, in any case, and is no folder yet."""
    return out.suffix.lower() in KNOWN_SUFFIXES and not out.is_dir()


def file_out(out: Path, suffixes: Sequence[str]) -> Path:
    """`--out` as a file of one of some kinds.

    Raises:
        ValueError: it is a folder, or has another suffix.
    """
    wanted = " or ".join(suffixes)
    if out.is_dir():
        raise ValueError(f"--out {out} names a folder; name a file that ends in {wanted}.")
    if out.suffix.lower() not in suffixes:
        what = "must" if names_file(out) else "names a folder; name a file: it must"
        raise ValueError(f"--out {out} {what} end in {wanted}.")
    return out


def folder_out(out: Path) -> Path:
    """`--out` as a folder, there already or not.

    Raises:
        ValueError: it is a file, or has a file's suffix.
    """
    if names_file(out):
        raise ValueError(f"--out {out} must be a folder, not a {out.suffix.lower()} file.")
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out} is a file; name a folder.")
    return out


def refuse_overwriting(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that are inputs, by whatever name: links, letter case, `..`.

    Raises:
        ValueError: one is; the sentence names both.
    """
    present = {_identity(path): path for path in inputs if path.exists()}
    for out in outputs:
        path = present.get(_identity(out)) if out.exists() else None
        if path is not None:
            same = "" if out == path else f", which is {path},"
            raise ValueError(
                f"{out}{same} is an input and would be overwritten; choose another --out."
            )


def _identity(path: Path) -> tuple[int, int]:
    """Device and inode of a file, the same under every name."""
    found = path.stat()
    return found.st_dev, found.st_ino


def pngs_named_after(inputs: Sequence[Path], folder: Path) -> list[Path]:
    """The output PNG in a folder for each input, named by its stem.

    Raises:
        ValueError: two inputs would give one file, or an output is an input.
    """
    stems = [unicodedata.normalize("NFC", path.stem) for path in inputs]
    folded = [stem.casefold() for stem in stems]
    if len(set(folded)) < len(set(stems)) and _ignores_case(folder):
        stems = folded
    for k, stem in enumerate(stems):
        if stem in stems[:k]:
            raise ValueError(
                f"Two inputs are named {inputs[k].stem}, {inputs[stems.index(stem)]} and "
                f"{inputs[k]}: rename one, or use two calls with different folders."
            )
    outputs = [folder / f"{path.stem}.png" for path in inputs]
    refuse_overwriting(outputs, inputs)
    return outputs


def _ignores_case(folder: Path) -> bool:
    """Whether the file system treats names that differ only in case as the same."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
    try:
        with tempfile.NamedTemporaryFile(prefix="ganvas-case-", dir=there) as file:
            probe = Path(file.name)
            return probe.with_name(probe.name.upper()).exists()
    except OSError:  # not writable, which writing the output will report
        return False


def write_png(image: Image.Image, path: Path) -> None:
    """Write a PNG with its provenance atomically; make its folder if needed.

    Raises:
        WeightsError: the disk is full or may not be written; an existing file stays intact.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part.png")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            save_png(image, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
