"""Files become tensors safely, self-describing files become networks; errors name the fault."""

import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from gan_models import networks, weights
from gan_models.weights import CorruptWeightsError, UnsafeWeightsError, WeightsError

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"z_dim": 8, "widths": [16, 8]}
FACTS = {"task": "latent", "title": "Toy", "licence": "MIT", "source": "these tests"}


@pytest.fixture
def toy():
    torch.manual_seed(0)
    return networks.build("dcgan", SMALL).eval()


@pytest.fixture
def saved(toy, tmp_path):
    path = tmp_path / "toy.safetensors"
    weights.save_generator(path, toy, **FACTS)
    return path


def rewrite(path, metadata=None, tensors=None):
    """Save the file again with some metadata or tensors replaced, or removed where None."""
    old, held = weights.read_metadata(path), weights.read_tensors(path)
    new = {k: v for k, v in {**old, **(metadata or {})}.items() if v is not None}
    held = {k: v for k, v in {**held, **(tensors or {})}.items() if v is not None}
    safetensors.torch.save_file(held, path, new)


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["safetensors", "torch", "old torch"])
def test_tensors_are_read_as_they_were_saved(tmp_path, how):
    tensors, path = {"a": torch.rand(3, 4), "b": torch.arange(5)}, tmp_path / "file.pth"
    if how == "safetensors":
        safetensors.torch.save_file(tensors, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=how == "torch")
    read = weights.read_tensors(path)
    assert all(torch.equal(read[name], tensors[name]) for name in tensors)
    assert weights.read_metadata(path) == {}


def test_containers_around_the_tensors_are_read(tmp_path):
    torch.save({"g_ema": {"w": torch.ones(2)}, "epoch": 3}, tmp_path / "x.pt")
    assert weights.read_tensors(tmp_path / "x.pt")["g_ema"]["w"].tolist() == [1, 1]


class Command:
    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("how", ["torch", "old torch", "pickle"])
def test_a_file_that_would_run_code_is_refused_and_nothing_ran(tmp_path, how):
    path, command = tmp_path / "bad.pth", Command()
    Command.path = tmp_path / "it ran"
    if how == "pickle":
        path.write_bytes(pickle.dumps({"w": command}))
    else:
        torch.save({"w": command}, path, _use_new_zipfile_serialization=how == "torch")
    with pytest.raises(UnsafeWeightsError, match=re.escape("torch.save(model.state_dict()")):
        weights.read_tensors(path)
    assert not Command.path.exists()


def test_a_whole_saved_module_is_refused_with_the_way_to_a_safe_file(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(UnsafeWeightsError, match="state dict alone"):
        weights.read_tensors(tmp_path / "model.pt")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>Not found</html>", "is a web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid",
            "is only a Git LFS pointer",
        ),
        (bytes(range(256)) * 9, "is no weights file"),
        (b"just some words", "is no weights file"),
        (b"PK\x03\x04" + bytes(300), "is truncated or damaged"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", "is no weights file"),
        (b"\x02\0\0\0\0\0\0\0{]", "is truncated or damaged"),
    ],
)
@pytest.mark.parametrize("suffix", ["pth", "tar"])
def test_what_is_no_weights_file_is_reported(tmp_path, content, what, suffix):
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(content)
    with pytest.raises(CorruptWeightsError, match=rf"file\.{suffix} {what}.*again"):
        weights.read_tensors(path)


@pytest.mark.parametrize("how", ["safetensors", "torch", "old torch"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.99])
def test_a_truncated_file_is_reported(tmp_path, how, kept):
    tensors, path = {f"w{i}": torch.rand(50, 50) for i in range(9)}, tmp_path / "file.pth"
    if how == "safetensors":
        safetensors.torch.save_file(tensors, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=how == "torch")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(CorruptWeightsError, match="truncated or damaged"):
        weights.read_tensors(path)


def test_a_renamed_pickle_is_reported(tmp_path):
    torch.save({"w": torch.ones(2)}, tmp_path / "x.safetensors")
    with pytest.raises(CorruptWeightsError, match=r"rename it to x\.pth"):
        weights.read_tensors(tmp_path / "x.safetensors")


def test_a_file_without_names_is_reported(tmp_path):
    torch.save([torch.ones(2)], tmp_path / "x.pt")
    with pytest.raises(CorruptWeightsError, match="no tensors by name but a list"):
        weights.read_tensors(tmp_path / "x.pt")


def test_a_torch_file_that_unpacks_to_far_more_is_refused(tmp_path):
    torch.save({"w": torch.zeros(2 << 20)}, tmp_path / "x.pt")
    with (
        zipfile.ZipFile(tmp_path / "x.pt") as plain,
        zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    with pytest.raises(CorruptWeightsError):
        weights.read_tensors(tmp_path / "bomb.pt")


def test_a_path_that_cannot_be_opened_is_reported(tmp_path):
    for path in (tmp_path, tmp_path / "absent.pth"):
        with pytest.raises(WeightsError, match="check the path"):
            weights.read_tensors(path)


@pytest.mark.parametrize("num_entries", range(1, 40))
def test_safetensors_are_recognised_with_any_length_of_header(tmp_path, num_entries):
    path = tmp_path / "x.safetensors"
    metadata = {f"{i:02}": "x" * 8 for i in range(num_entries)}
    safetensors.torch.save_file({"w": torch.ones(1)}, path, metadata)
    assert weights.read_metadata(path) == metadata
    assert weights.read_tensors(path)["w"].tolist() == [1]


# --- files that describe themselves -------------------------------------------------------------


@pytest.mark.parametrize("half", [True, False])
def test_a_network_is_read_with_all_its_metadata(toy, tmp_path, half):
    path, z = tmp_path / "new folder" / "toy.safetensors", torch.randn(2, 8)
    training = {"kimg": 3, "metrics": {"kid": 0.1}}
    weights.save_generator(
        path, toy, **FACTS, classes=("a", "b"), labels=["sky"], training=training, half=half
    )
    network, info = weights.load_checkpoint(path)
    assert info == {
        **FACTS,
        "family": "dcgan",
        "config": toy.config,
        "classes": ["a", "b"],
        "labels": ["sky"],
        "training": training,
    }
    assert not network.training
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert not any(p.requires_grad for p in network.parameters())
    with torch.no_grad():
        assert (network(z) - toy(z)).abs().max() <= (5e-3 if half else 0)
    assert weights.read_metadata(path)["ganvas_format"] == "1"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_half_stores_weights_but_not_what_float16_cannot_represent(toy, tmp_path):
    toy.blocks[0].norm.running_var.fill_(1e-9)
    with torch.no_grad():
        toy.blocks[1].conv.weight[0, 0, 0, 0] = 1e6
    weights.save_generator(tmp_path / "x.safetensors", toy, **FACTS)
    stored = weights.read_tensors(tmp_path / "x.safetensors")
    assert stored["blocks.0.conv.weight"].dtype == torch.float16
    assert stored["blocks.1.conv.weight"].max() == 1e6
    assert stored["blocks.0.norm.running_var"][0] == torch.tensor(1e-9)


class WithConstant(nn.Module):
    """A network with a buffer that no file holds, and one that it shares with itself."""

    family, config = "constant", {}

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 3))
        self.again = self.weight
        self.register_buffer("filter", torch.tensor([1.0, 3.0]), persistent=False)


def test_buffers_that_no_file_holds_are_there(tmp_path, monkeypatch):
    monkeypatch.setitem(networks.FAMILIES, "constant", "unused:unused")
    monkeypatch.setattr(networks, "build", lambda family, config: WithConstant())
    weights.save_generator(tmp_path / "x.safetensors", WithConstant(), **FACTS)
    network, _ = weights.load_checkpoint(tmp_path / "x.safetensors")
    assert network.filter.tolist() == [1, 3]
    assert network.weight.device.type == "cpu"
    assert "filter" not in network.state_dict()


@pytest.mark.parametrize(
    ("tensors", "fault"),
    [
        ({"to_rgb.weight": None}, "the tensor 'to_rgb.weight' is missing"),
        ({"extra": torch.ones(1)}, "the tensor 'extra' has no place"),
        ({"to_rgb.weight": torch.ones(8, 3, 4, 5)}, r"'to_rgb.weight' is \[8, 3, 4, 5\].*not \[8"),
        ({"to_rgb.weight": torch.ones(8, 3, 4, 4, dtype=torch.int32)}, "torch.int32"),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named(saved, tensors, fault):
    rewrite(saved, tensors=tensors)
    with pytest.raises(CorruptWeightsError, match=fault):
        weights.load_checkpoint(saved)


@pytest.mark.parametrize(
    ("metadata", "fault"),
    [
        ({"ganvas_format": None}, "does not describe itself.*gan_models convert"),
        ({"ganvas_format": "2"}, "format '2'.*update Ganvas"),
        ({"family": "stylegan99"}, "unknown family 'stylegan99'"),
        ({"family": None}, "'family' is missing"),
        ({"config": None}, "'config' is missing"),
        ({"task": None}, "'task' is missing"),
        ({"config": "{"}, "not readable JSON"),
        ({"config": "[" * 100_000}, "not readable JSON"),
        ({"config": "[1]"}, "not what it should be"),
        ({"classes": '{"a": 1}'}, "not what it should be"),
        ({"labels": "[1, 2]"}, "not what it should be"),
        ({"training": " " * 2_000_000 + "{}"}, "far too long"),
        ({"config": '{"z_dim": 1e300}'}, "far too large"),
        ({"config": '{"z_dim": NaN}'}, "far too large"),
        ({"config": '{"widths": [99999999999]}'}, "far too large"),
        ({"config": '{"nonsense": 1}'}, "cannot be built.*nonsense"),
        ({"config": '{"z_dim": "many"}'}, "cannot be built"),
        ({"config": '{"z_dim": -4}'}, "far too large"),
    ],
)
def test_metadata_that_cannot_be_trusted_is_refused(saved, metadata, fault):
    rewrite(saved, metadata)
    with pytest.raises(CorruptWeightsError, match=fault):
        weights.load_checkpoint(saved)


@pytest.mark.parametrize("widths", [[1 << 16, 1 << 16], [8] * 100_000, [1 << 12] * 500])
def test_metadata_of_a_huge_network_allocate_nothing(saved, widths):
    rewrite(saved, {"config": json.dumps({"z_dim": 8, "widths": widths})})
    with pytest.raises(CorruptWeightsError, match=r"cannot be built|does not fit"):
        weights.load_checkpoint(saved)
    assert torch.is_grad_enabled()


def test_a_save_that_fails_leaves_the_older_file_unchanged(toy, saved, monkeypatch):
    before = saved.read_bytes()
    full = safetensors.SafetensorError("I/O error: No space left on device (os error 28)")

    def fill_up(tensors, path, metadata):
        Path(path).write_bytes(b"half")
        raise full

    monkeypatch.setattr("safetensors.torch.save_file", fill_up)
    with pytest.raises(WeightsError, match=r"could not be written.*check that the disk has space"):
        weights.save_generator(saved, toy, **FACTS)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


MEASURE = """
import re, sys
sys.path.insert(0, {root!r})
import torch
from gan_models import networks, weights
torch.set_num_threads(1)
networks.build("stylegan2", {{"img_resolution": 8}})  # imports what it needs
def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status).group(1))
open("/proc/self/clear_refs", "w").write("5")
before = peak()
network, _ = weights.load_checkpoint({path!r})
print(peak() - before, "torch._dynamo" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="needs Linux's /proc")
def test_a_512_pixel_stylegan2_loads_without_a_second_copy(tmp_path):
    path, config = tmp_path / "big.safetensors", {"img_resolution": 512}
    with torch.device("meta"):
        network = networks.build("stylegan2", config)
    network = network.to_empty(device="cpu")
    weights.save_generator(path, network, **FACTS, half=False)
    code = MEASURE.format(root=str(ROOT), path=str(path), config=config)
    measured = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert measured.returncode == 0, measured.stderr
    extra, compiler_imported = measured.stdout.split()
    assert path.stat().st_size > 100e6
    assert int(extra) < 1.3 * path.stat().st_size
    assert compiler_imported == "False"
