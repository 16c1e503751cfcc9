"""Numbers of numpy and torch work as those of Python and give the same provenance."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import ClassPoint, networks
from gan_models.pipelines import ClassPipeline, LatentPipeline, SemanticPipeline
from gan_models.zoo import MODELS
from tests.fakes import fake_load
from tests.networks import golden
from tests.paint_fakes import fake_painter
from tests.pipelines.test_classes import tiny_dcgan

KINDS = {
    "numpy": (np.int64, np.float64, np.asarray),
    "numpy, small": (np.uint8, np.float32, lambda values: np.asarray(values, np.float32)),
    "numpy, no dimensions": (np.array, np.array, np.array),
    "torch": (torch.tensor, torch.tensor, torch.tensor),
}
TIMES = [0, 0.25, 0.5, 1]  # exact in any precision


@pytest.fixture(params=KINDS)
def kind(request):
    """Constructors of an integer, a float and a list of floats."""
    return KINDS[request.param]


@pytest.fixture(scope="module")
def styled():
    torch.manual_seed(0)
    config = {"z_dim": 16, "w_dim": 24, "img_resolution": 64, "channel_base": 512}
    generator = networks.build("stylegan2", config | {"num_mapping_layers": 2}).eval()
    spec = dataclasses.replace(MODELS[0], id="tiny", family="stylegan2")
    return LatentPipeline(generator, spec, "0" * 64)


@pytest.fixture
def latent() -> LatentPipeline:
    return fake_load("faces-64")


@pytest.fixture(scope="module")
def classes() -> ClassPipeline:
    return tiny_dcgan()


@pytest.fixture
def painter() -> SemanticPipeline:
    return fake_painter("paint")


def same(made: list[Image.Image], wanted: list[Image.Image]) -> None:
    assert [image.info["ganvas"] for image in made] == [image.info["ganvas"] for image in wanted]
    for image, other in zip(made, wanted, strict=True):
        assert (np.asarray(image) == np.asarray(other)).all()


def test_samples(kind, latent, classes):
    whole, fraction, _ = kind
    same(latent.sample([whole(3), 8], fraction(0.5)), latent.sample([3, 8], 0.5))
    same(classes.sample([whole(3)], "b", fraction(0.5)), classes.sample([3], "b", 0.5))


def test_morphs(kind, latent, classes):
    whole, fraction, several = kind
    wanted = latent.morphs(3, 8, TIMES)
    same(latent.morphs(whole(3), whole(8), several(TIMES)), wanted)
    same([latent.morph(whole(3), 8, t) for t in several(TIMES)], wanted)
    same([latent.morph(3, 8, fraction(0.25))], wanted[1:2])
    a, b = ClassPoint(3, "a"), ClassPoint(8, "c")
    a_too, b_too = ClassPoint(whole(3), "a"), ClassPoint(whole(8), "c")
    same(classes.morphs(a_too, b_too, several(TIMES)), classes.morphs(a, b, TIMES))


def test_walks(kind, latent):
    whole, _, _ = kind
    made = latent.interpolate([whole(3), whole(8)], whole(4))
    for image, other in zip(made, latent.interpolate([3, 8], 4), strict=True):
        assert (np.asarray(image) == np.asarray(other)).all()


def test_mixtures_of_classes(kind, classes):
    whole, fraction, _ = kind
    made = classes.sample_mix([whole(1)], {"a": fraction(0.25), "b": fraction(0.75)})
    same(made, classes.sample_mix([1], {"a": 0.25, "b": 0.75}))
    same(classes.sample_mix([1], {"a": whole(1)}), classes.sample_mix([1], {"a": 1}))


def test_directions(kind, styled):
    whole, fraction, _ = kind
    made = styled.styles.edit(whole(3), {"PCA 1": fraction(1.5), "SeFa 2": whole(0)})
    same([made], [styled.styles.edit(3, {"PCA 1": 1.5})])


def test_styles(kind, painter):
    whole, fraction, several = kind
    ids = np.random.RandomState(0).randint(0, 12, (64, 64))
    same([painter.paint(ids, whole(3))], [painter.paint(ids, 3)])
    z = [0.5, -1.25, 0, 2]
    same([painter.paint(ids, several(z))], [painter.paint(ids, z)])
    mixed = painter.mix_styles(whole(1), 2, fraction(0.5))
    assert mixed == painter.mix_styles(1, 2, 0.5)
    assert {type(number) for number in mixed} == {float}


@pytest.mark.parametrize("wrong", [None, "x", float("nan"), [1, 2], object()])
def test_what_is_no_number_is_refused_with_a_sentence(wrong, latent, classes, painter, styled):
    calls = [
        lambda: latent.sample([wrong]),
        lambda: latent.sample([1], wrong),
        lambda: latent.morph(1, 2, wrong),
        lambda: latent.morph(1, wrong, 0.5),
        lambda: latent.interpolate([1, 2], wrong),
        lambda: classes.sample_mix([1], {"a": wrong}),
        lambda: painter.mix_styles(1, 2, wrong),
        lambda: styled.styles.edit(1, {"PCA 1": wrong}),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"\w"):
            call()


@pytest.mark.parametrize("seeds", [5, None, [None], [float("inf")]])
def test_what_is_no_list_of_seeds_is_refused_with_a_sentence(seeds, latent, classes):
    for call in (latent.sample, lambda seeds: classes.sample(seeds, "a")):
        with pytest.raises(ValueError, match="eeds"):
            call(seeds)


def test_a_negative_psi_mirrors_what_a_positive_one_does(latent, classes, styled):
    for pipeline, options in ((latent, ()), (styled, ()), (classes, ("a",))):
        plus, minus = (pipeline.sample([3], *options, psi)[0] for psi in (0.7, -0.7))
        assert (np.asarray(plus) != np.asarray(minus)).any()
        assert '"truncation_psi": -0.7' in minus.info["ganvas"]
    w_avg = styled.generator.mapping.w_avg
    z = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    plus, minus = (styled.generator.mapping(z, truncation_psi=psi) for psi in (0.7, -0.7))
    assert torch.allclose(plus - w_avg, w_avg - minus, atol=1e-5)


def test_a_negative_psi_of_a_biggan_takes_the_statistics_of_its_size():
    generator = golden.load("biggan_deep")
    seen = []
    generator.register_forward_pre_hook(lambda _, args: seen.append(args[2]))
    spec = dataclasses.replace(
        MODELS[0], id="tiny", task="class", family="biggan-deep",
        classes=tuple(f"class {i}" for i in range(generator.num_classes)),
    )  # fmt: skip
    pipeline = ClassPipeline(generator, spec, "0" * 64)
    for psi in (0.5, -0.5, -2):
        pipeline.sample([1], "class 0", psi)
    assert seen == [0.5, 0.5, 1.0]
