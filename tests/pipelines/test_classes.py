"""Class-conditional pipelines: samples, mixtures and morphs."""

import json

import numpy as np
import pytest
import torch

from gan_models import ClassPoint, class_names, get_spec, load_pipeline, networks
from gan_models.pipelines import ClassPipeline, base
from gan_models.seeds import sample_z
from gan_models.zoo import LocalFile, ModelSpec


@pytest.fixture(scope="module")
def eyes():
    return load_pipeline("eyes-128", device="cpu")


def tiny(family: str, config: dict, classes: tuple[str, ...] = ("a", "b", "c")) -> ClassPipeline:
    torch.manual_seed(0)
    network = networks.build(family, config).eval()
    spec = ModelSpec(
        **{"id": "tiny", "title": "Tiny", "task": "class", "family": family, "sha256": None},
        **{"resolution": network.img_resolution, "source": LocalFile("tiny"), "size_bytes": 1},
        **{"licence": "none", "attribution": "none", "trained_on": "nothing", "num_params": 1},
        config=config,
        classes=classes,
    )
    return ClassPipeline(network, spec, "0" * 64)


def tiny_dcgan() -> ClassPipeline:
    return tiny("dcgan", {"z_dim": 8, "widths": (8, 8, 8), "num_classes": 3})


def pixels(image) -> np.ndarray:
    return np.asarray(image).astype(int)


def same(a, b) -> bool:
    return np.abs(pixels(a) - pixels(b)).max() <= 1


def test_eyes_are_those_of_the_reference_layout(eyes):
    """The reference feeds [z, one-hot] to its Sequential; here the layers are called by hand."""
    z, c = sample_z([3, 4], 100), torch.eye(8)[[5, 5]]
    x = torch.cat([z, c], dim=1)[:, :, None, None]
    with torch.no_grad():
        for block in eyes.generator.blocks:
            x = torch.relu(block.norm(block.conv(x)))
        expected = (eyes.generator.to_rgb(x).tanh() + 1) * 127.5
    made = eyes.sample([3, 4], "green")
    for k, image in enumerate(made):
        assert image.size == (128, 128)
        assert np.abs(pixels(image) - expected[k].permute(1, 2, 0).numpy()).max() <= 1


def test_a_seed_keeps_its_composition_and_a_class_changes_the_colour(eyes):
    made = [pixels(eyes.sample([1], name)[0]) for name in eyes.classes]
    grey = [picture.mean(2).ravel() for picture in made]
    alike = np.corrcoef(grey)[np.triu_indices(8, 1)]
    other = np.corrcoef(grey[0], pixels(eyes.sample([2], "amber")[0]).mean(2).ravel())[0, 1]
    assert alike.mean() > max(0.6, other)
    means = {name: m.mean((0, 1)) for name, m in zip(eyes.classes, made, strict=True)}
    assert means["red"][0] - means["red"][2] > means["blue"][0] - means["blue"][2] + 10


def test_one_class_for_all_seeds_or_one_for_each(eyes):
    mixed = eyes.sample([1, 2], ["red", "blue"])
    assert same(mixed[0], eyes.sample([1], "red")[0])
    assert same(mixed[1], eyes.sample([2], "blue")[0])


@pytest.mark.parametrize("b", [("blue", 1), ("red", 2), ("blue", 2)])
def test_a_morph_of_class_or_z_or_both_ends_on_the_plain_samples(eyes, b):
    class_name, seed = b
    start, middle, end = eyes.morphs(
        ClassPoint(1, "red"), ClassPoint(seed, class_name), [0, 0.5, 1]
    )
    assert same(start, eyes.sample([1], "red")[0])
    assert same(end, eyes.sample([seed], class_name)[0])
    assert np.abs(pixels(middle) - pixels(start)).mean() > 1


def test_a_mixture_all_on_one_class_is_that_class(eyes):
    plain = eyes.sample([5], "hazel")[0]
    assert same(eyes.sample_mix([5], {"hazel": 0.3, "red": 0})[0], plain)
    halves = eyes.sample_mix([5], {"hazel": 1, "red": 1})[0]
    assert np.abs(pixels(halves) - pixels(plain)).mean() > 1


def test_nearest_classes_are_others_in_falling_order(eyes):
    found = eyes.nearest_classes("amber", 7)
    assert sorted(name for name, _ in found) == sorted(set(eyes.classes) - {"amber"})
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)


def test_provenances_tell_class_mixture_and_morph():
    pipe = tiny_dcgan()
    provenance = json.loads(pipe.sample([5], "b", 0.7)[0].info["ganvas"])
    assert (provenance["task"], provenance["class_name"], provenance["seed"]) == ("class", "b", 5)
    mixed = json.loads(pipe.sample_mix([5], {"a": 1, "b": 0})[0].info["ganvas"])
    assert mixed["class_weights"] == {"a": 1.0}
    morph = json.loads(
        pipe.morphs(ClassPoint(1, "a"), ClassPoint(2, "b"), [0.25])[0].info["ganvas"]
    )
    assert (morph["class_a"], morph["class_b"], morph["t"]) == ("a", "b", 0.25)


@pytest.mark.parametrize(
    ("family", "config"),
    [
        (
            "stylegan2",
            {"z_dim": 8, "c_dim": 3, "w_dim": 8, "img_resolution": 16, "channel_base": 64}
            | {"channel_max": 8, "num_mapping_layers": 2},
        ),
        (
            "biggan-deep",
            {"layers": [[False, 1, 1], [True, 1, 1]], "z_dim": 8, "channel_width": 8}
            | {"num_classes": 3, "attention_layer_position": 1, "num_stats": 3},
        ),
    ],
)
def test_other_families_are_taken_by_what_they_are(family, config):
    pipe = tiny(family, config)
    if family == "biggan-deep":
        pipe.generator.apply(_plain_statistics)
    a, b = pipe.sample([1, 2], "a"), pipe.sample([1, 2], "b")
    assert same(pipe.sample([2], "a")[0], a[1])
    assert any(not same(x, y) for x, y in zip(a, b, strict=True))
    assert len(pipe.nearest_classes("a")) == 2
    pipe.sample([1], "a", 1.5)


@pytest.mark.parametrize(("asked", "gains"), [(True, True), (True, False), (False, True)])
def test_bfloat16_is_taken_only_where_it_is_asked_for_and_gains(monkeypatch, asked, gains):
    monkeypatch.setattr(base, "bfloat16_gains", lambda device: gains)
    monkeypatch.setenv("GANVAS_BFLOAT16", "1" if asked else "0")
    pipe = tiny("biggan-deep", {"layers": [[True, 1, 1]], "z_dim": 8, "channel_width": 8}
                | {"num_classes": 3, "attention_layer_position": 5})  # fmt: skip
    pipe.sample([1], "a")
    assert (pipe.generator.cached_twin is not None) == (asked and gains)


def _plain_statistics(module):
    for name, buffer in module.named_buffers(recurse=False):
        if name.startswith("running_var"):
            buffer.fill_(1)


def test_a_model_of_a_thousand_classes_has_imagenets_names():
    from dataclasses import replace

    spec = replace(get_spec("eyes-128"), classes=(), config={"num_classes": 1000})
    names = class_names(spec)
    assert len(set(names)) == 1000
    assert names[0] == "tench"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda pipe: pipe.sample([1], "purple"), "no class 'purple'; choose from: a, b, c"),
        (lambda pipe: pipe.sample([1], "x" * 999), "no class"),
        (lambda pipe: pipe.sample([], "a"), "seeds"),
        (lambda pipe: pipe.sample([1, 2], ["a"]), "as many classes"),
        (lambda pipe: pipe.sample([1], "a", 3), "ψ"),
        (lambda pipe: pipe.sample_mix([1], {"a": -1}), "0 or more"),
        (lambda pipe: pipe.sample_mix([1], {"a": float("nan")}), "0 or more"),
        (lambda pipe: pipe.sample_mix([1], {"a": 0}), "above 0"),
        (lambda pipe: pipe.morphs(ClassPoint(1, "a"), ClassPoint(2, "b"), [2]), "position"),
        (lambda pipe: class_names(get_spec("faces-64")), "no classes"),
    ],
)
def test_what_is_out_of_range_is_refused_with_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call(tiny_dcgan())


def test_a_digit_is_drawn_and_has_neighbours():
    pipe = load_pipeline("digits-cgan")
    (picture,) = pipe.sample([3], "7")
    assert picture.size == (28, 28)
    found = pipe.nearest_classes("7", 9)
    assert {name for name, _ in found} == {*"012345689"}
    assert found == sorted(found, key=lambda pair: -pair[1])
