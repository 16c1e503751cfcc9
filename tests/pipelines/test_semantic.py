"""Semantic pipelines: label maps, styles, patches, provenance."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import Painting, Patch, convert, load_pipeline, networks, weights
from gan_models.media.images import read_provenance, save_png
from gan_models.media.label_maps import palette
from gan_models.media.openraster import Layer, save_openraster
from gan_models.pipelines import SemanticPipeline
from gan_models.pipelines.semantic import PRESETS
from gan_models.zoo import get_spec
from tests.paint_fakes import fake_painter, painter_spec

LABELS = palette("landscape").labels
GOLDEN = Path(__file__).parents[1] / "golden"
SPADE = {"num_labels": 12, "width": 2, "hidden": 8, "crop_size": 64, "z_dim": 8, "spectral": False}
ENCODER = {"width": 4, "z_dim": 8, "img_size": 32, "spectral": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run's folder with a narrow, untrained SPADE and its encoder."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("run")
    facts = {"task": "semantic", "labels": LABELS, "title": "T", "licence": "MIT", "source": "S"}
    for name, family, config in (
        ("generator", "spade", SPADE),
        ("encoder", "spade-encoder", ENCODER),
    ):
        network = networks.build(family, config)
        for parameter in network.parameters():
            if parameter.ndim > 1:
                torch.nn.init.kaiming_normal_(parameter)
        weights.save_generator(folder / f"{name}.safetensors", network, **facts)
    return folder


@pytest.fixture(scope="module")
def pipe(folder):
    return load_pipeline(str(folder / "generator.safetensors"), device="cpu")


@pytest.fixture
def label_map():
    ids = np.zeros((64, 64), int)
    ids[30:], ids[40:, 10:30] = 6, 10
    return ids


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def test_the_same_map_and_style_give_the_same_picture(pipe, label_map):
    assert isinstance(pipe, SemanticPipeline)
    first = pipe.paint(label_map)
    assert first.size == pipe.size == (64, 64)
    assert (pixels(first) == pixels(pipe.paint(label_map, style_seed=0))).all()
    assert (pixels(first) != pixels(pipe.paint(label_map, 1))).any()


def test_all_forms_of_a_map_give_the_same_picture(pipe, label_map, tmp_path):
    wanted = pixels(pipe.paint(label_map, 3))
    grey = Image.fromarray(label_map.astype(np.uint8))
    grey.save(tmp_path / "map.png")
    large = np.kron(label_map, np.ones((5, 5), int))
    colors = pipe.indexed_map(label_map).convert("RGB")
    for form in (
        grey,
        pipe.indexed_map(label_map),
        colors,
        large,
        pipe.read_map(tmp_path / "map.png"),
    ):
        assert (pixels(pipe.paint(form, 3)) == wanted).all()


@pytest.mark.parametrize("shape", [(16, 16), (17, 900), (300, 200)])
def test_a_map_of_any_size_is_painted_at_the_models_own(pipe, shape):
    ids = np.random.RandomState(0).randint(0, 12, shape)
    assert pipe.paint(ids).size == (64, 64)


def test_a_draft_is_the_bases_picture_where_there_is_one(label_map):
    painter = fake_painter()
    whole = pixels(painter.paint(label_map, 3))
    assert (pixels(painter.paint(label_map, 3, draft=True)) == whole).all()
    painter.generator.preview = lambda planes, z: -painter.generator(planes, z)
    assert (pixels(painter.paint(label_map, 3, draft=True)) != whole).any()
    assert (pixels(painter.paint(label_map, 3)) == whole).all()


def test_the_input_of_the_network_is_the_map_id_for_id():
    painter = fake_painter()
    ids = np.random.RandomState(0).randint(0, 12, (64, 64))
    painter.paint(ids, 5)
    assert (painter.generator.label_maps[-1] == ids).all()


def test_a_part_with_its_own_style_leaves_the_rest_as_it_is(pipe, label_map):
    mask = label_map == 10
    whole = pixels(pipe.paint(label_map, 0))
    parted = pixels(pipe.paint(label_map, 0, [Patch(mask, 9)]))
    assert (whole[~mask] == parted[~mask]).all()
    assert (parted[mask] == pixels(pipe.paint(label_map, 9))[mask]).all()
    with pytest.raises(ValueError, match="at most 8"):
        pipe.paint(label_map, 0, [Patch(mask, 1)] * 9)


def test_a_style_comes_from_a_seed_a_picture_or_between_two(pipe, label_map):
    picture = pipe.paint(label_map, 4)
    style = pipe.encode_style(picture)
    assert len(style) == 8
    assert (pixels(pipe.paint(label_map, style)) != pixels(picture)).any()
    assert pipe.mix_styles(4, style, 1) == pytest.approx(style, abs=1e-6)
    start = pixels(pipe.paint(label_map, pipe.mix_styles(4, style, 0)))
    assert (start == pixels(picture)).all()
    assert set(pipe.preset_styles) == set(PRESETS)


@pytest.mark.parametrize(
    "style", [-1, 2**32, [0.0] * 7, [float("nan")] * 8, [1e9] * 8, "sunny", None, 1.5, {"a": 1}]
)
def test_an_invalid_style_raises_a_message(pipe, label_map, style):
    with pytest.raises(ValueError, match=r"[Ss]eed|style"):
        pipe.paint(label_map, style)


def test_mixing_stays_between_the_ends(pipe):
    with pytest.raises(ValueError, match="from 0"):
        pipe.mix_styles(0, 1, 1.5)


def test_a_picture_brings_back_map_style_and_parts(pipe, label_map, tmp_path):
    made = pipe.paint(label_map, pipe.encode_style(pipe.paint(label_map, 2)), [
        Patch(label_map == 10, 7)
    ])  # fmt: skip
    save_png(made, tmp_path / "p.png")
    provenance = read_provenance(tmp_path / "p.png")
    assert provenance["task"] == "semantic"
    again = pipe.restore(provenance)
    assert (again.label_map == label_map).all()
    remade = pipe.paint(again.label_map, again.style, again.patches)
    assert (pixels(remade) == pixels(made)).all()


@pytest.mark.parametrize(
    "change",
    [
        {"task": "latent"},
        {"label_map": "AAAA"},
        {"label_map": 3},
        {"style_seed": -1},
        {"patches": [{"mask": "AAAA"}]},
        {"patches": 3},
    ],
)
def test_a_broken_provenance_is_refused_with_a_sentence(pipe, label_map, change):
    provenance = json.loads(pipe.paint(label_map, 1).info["ganvas"]) | change
    with pytest.raises(ValueError, match=r"\.$"):
        pipe.restore(provenance)


def test_without_an_encoder_only_seeds_are_styles(folder, tmp_path, label_map):
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes((folder / "generator.safetensors").read_bytes())
    pipe = load_pipeline(str(alone), device="cpu")
    assert pipe.preset_styles == {}
    with pytest.raises(ValueError, match="no style encoder"):
        pipe.encode_style(Image.new("RGB", (32, 32)))


def test_a_translator_reads_the_labels_colours():
    class Echo(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.anchor = torch.nn.Parameter(torch.zeros(1))

        def forward(self, images):
            return images

    spec = get_spec("cyclegan-facades-label2photo")
    pipe = SemanticPipeline(Echo(), spec, "0" * 64)
    ids = np.random.RandomState(0).randint(0, 12, (256, 256))
    made = pixels(pipe.paint(ids))
    assert (made == np.asarray(palette("facades").colors)[ids]).all()
    assert not pipe.has_style


@pytest.mark.slow
@pytest.mark.parametrize("golden", ["spade", "spade_vae"])
def test_a_spade_checkpoint_of_ones_own_paints(tmp_path, golden):
    facts = json.loads((GOLDEN / f"{golden}.json").read_text())
    out = tmp_path / "own.safetensors"
    options = facts.get("options", {})
    convert.to_safetensors(
        GOLDEN / f"{golden}.weights.safetensors", "spade-nvlabs", out, title="Mine", **options
    )
    own = load_pipeline(str(out), device="cpu")
    ids = np.random.RandomState(0).randint(0, len(own.labels), (40, 60))
    assert own.paint(ids).size == own.size
    assert own.labels[0] == "label 0"


def test_a_photo_is_segmented_where_there_is_a_segmenter(tmp_path, monkeypatch):
    painter = fake_painter()
    monkeypatch.setattr("gan_models.pipelines.semantic.CHECKPOINTS", tmp_path)
    assert not painter.can_segment
    with pytest.raises(ValueError, match="no segmenter"):
        painter.segment(Image.new("RGB", (300, 200)))
    segmenter = networks.build("segmenter", {"num_classes": 12, "width": 4})
    facts = {"task": "measure", "labels": LABELS, "title": "T", "licence": "M", "source": "S"}
    weights.save_generator(tmp_path / "segmenter.safetensors", segmenter, **facts)
    ids = fake_painter().segment(Image.new("RGB", (300, 200)))
    assert ids.shape == (64, 64)
    assert painter_spec().labels == LABELS


def test_layers_are_an_openraster_file():
    file = io.BytesIO()
    layers = [
        Layer("Picture <1>", Image.new("RGB", (40, 30), "red")),
        Layer("Map", Image.new("RGB", (40, 30), "blue"), visible=False),
    ]
    save_openraster(file, layers)
    with zipfile.ZipFile(file) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        assert b'name="Picture &lt;1&gt;"' in archive.read("stack.xml")
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png")))
        assert merged.getpixel((0, 0)) == (255, 0, 0, 255)
        assert Image.open(io.BytesIO(archive.read("data/layer1.png"))).size == (40, 30)
        assert "Thumbnails/thumbnail.png" in archive.namelist()
    with pytest.raises(ValueError, match="one size"):
        save_openraster(io.BytesIO(), [])


def test_a_painting_is_plain_data():
    assert Painting(np.zeros((2, 2), np.int32)).patches == ()
