"""Whatever a pipeline makes has a provenance, so that it is never written as a plain picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from gan_models import ClassPoint, load_pipeline
from gan_models.media.images import add_provenance, provenance_of
from gan_models.media.provenance import source_type
from tests.paint_fakes import fake_painter


def photo() -> Image.Image:
    return Image.effect_noise((48, 40), 60).convert("RGB")


def latent(name: str) -> Callable:
    return lambda *rest, **facts: getattr(load_pipeline("faces-64", device="cpu"), name)(
        *rest, **facts
    )


def styles():
    return load_pipeline("landscapes", device="cpu").styles


def classes():
    return load_pipeline("eyes-128", device="cpu")


def enlarger():
    return load_pipeline("real-esrgan-fast-x4", device="cpu")


ENDS = ClassPoint(1, "green"), ClassPoint(2, "red")
MADE = {
    "samples": lambda: latent("sample")([1, 2]),
    "a morph": lambda: [latent("morph")(1, 2, 0.3)],
    "a walk": lambda: latent("interpolate")([3, 8, 3], 4),
    "an edit": lambda: [styles().edit(1, {"PCA 1": 2.0})],
    "mixed styles": lambda: list(styles().mix([1, 2], [3])),
    "the sheet of mixed styles": lambda: [styles().sheet([1], [3], list(styles().mix([1], [3])))],
    "samples of a class": lambda: classes().sample([1, 2], "green"),
    "a mixture": lambda: classes().sample_mix([1], {"green": 1, "red": 2}),
    "a morph of classes": lambda: classes().morphs(*ENDS, [0, 0.5, 1]),
    "a painting": lambda: [fake_painter().paint(np.zeros((64, 64), np.int32))],
}
ALTERED = {
    "a translation": lambda image: [load_pipeline("vintage", device="cpu").translate(image)],
    "an enlargement": lambda image: [enlarger().enlarge(image)],
    "a part of one": lambda image: [enlarger().preview(image).after],
    "enlarged frames": lambda image: list(enlarger().enlarge_frames([image, image], 2)),
}


@pytest.mark.parametrize("what", MADE)
def test_what_is_made_is_called_so(what):
    pictures = MADE[what]()
    assert pictures
    for image in pictures:
        provenance = provenance_of(image)
        assert provenance is not None
        assert {"version", "task", "model"} <= set(provenance)
        assert source_type(provenance) == "trainedAlgorithmicMedia"


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_photo_is_called_so_and_an_altered_picture_of_ours_is_still_generated(what):
    for image in ALTERED[what](photo()):
        provenance = provenance_of(image)
        assert provenance is not None
        assert "base" not in provenance
        assert source_type(provenance) != "trainedAlgorithmicMedia"
    ours = {"task": "latent", "model": "faces-64", "seed": 3}
    for image in ALTERED[what](add_provenance(photo(), ours)):
        provenance = provenance_of(image)
        assert provenance is not None
        assert provenance["base"] == ours
        assert source_type(provenance) == "trainedAlgorithmicMedia"


def test_a_walks_frames_are_told_apart_and_can_be_made_again():
    frames = MADE["a walk"]()
    facts = [provenance_of(frame) for frame in frames]
    assert [one["frame"] for one in facts] == [0, 1, 2, 3]
    last = facts[-1]
    again = latent("interpolate")(
        last["seeds"], last["num_frames"], last["space"], last["truncation_psi"]
    )
    assert (np.asarray(again[last["frame"]]) == np.asarray(frames[-1])).all()
