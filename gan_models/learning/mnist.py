"""MNIST from a folder, through torchvision's dataset class."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from gan_models.paths import ganvas_home

CLASSES = tuple("0123456789")
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
FILES += ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def mnist_folder() -> Path:
    """The folder that holds `MNIST/raw/`: `GANVAS_MNIST`, else `GANVAS_HOME/data`."""
    return Path(os.environ.get("GANVAS_MNIST") or ganvas_home() / "data").expanduser()


def load_digits(train: bool, root: Path | None = None) -> tuple[Tensor, Tensor]:
    """Pictures uint8 [N, 1, 28, 28] and digits int64 [N].

    Args:
        train: those to train on, or those held out.
        root: the folder that holds `MNIST/raw/`; by default `mnist_folder()`.

    Raises:
        ValueError: a file is missing or damaged.
    """
    from torchvision.datasets import MNIST

    root = root or mnist_folder()
    raw = root / "MNIST" / "raw"
    wanted = FILES[:2] if train else FILES[2:]
    missing = [name for name in wanted if not (raw / name).is_file()]
    if missing:
        raise ValueError(
            f"{raw} has no {missing[0]}: unzip MNIST's four files there, or set GANVAS_MNIST to "
            "the folder that holds MNIST/raw/."
        )
    try:
        data = MNIST(str(root), train=train, download=False)
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError, OSError) as error:
        raise ValueError(
            f"The digits in {raw} cannot be read: unzip MNIST's four files there again."
        ) from error
    images, digits = data.data[:, None], data.targets.long()
    if len(images) != len(digits) or images.shape[1:] != (1, 28, 28):
        raise ValueError(f"The digits in {raw} are damaged: unzip MNIST's four files there again.")
    return images.to(torch.uint8), digits
