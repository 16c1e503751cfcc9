"""Torch files with options beside tensors are read as inert data, and none of their code runs."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import importlib
import io
import operator
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import types
import typing
import uuid
import warnings

import numpy as np
import pytest
import torch

from gan_models import convert
from gan_models.weights import UnsafeWeightsError, WeightsError, inert_pickle, read_tensors
from gan_models.weights.inert_pickle import Record
from tests.convert.test_pickles import NAMES as KNOWN_NAMES
from tests.convert.test_pickles import Call
from tests.convert.test_pickles import traps as known_traps

TENSORS = {
    "main.0.weight": torch.arange(6.0).reshape(2, 3),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "part": torch.arange(12.0)[3:9:2],
    "half": torch.arange(4).half(),
    "brain": torch.arange(4).bfloat16(),
    "learned": torch.nn.Parameter(torch.ones(2)),
    "empty": torch.zeros(0, 3),
    "count": torch.tensor(3),
}


class Options(dict):
    """As EasyDict and its kin: a dictionary with attributes."""


class Listed(list):
    """A list of another class."""


class Settings:
    """Options as an object."""

    def __init__(self) -> None:
        self.lr, self.name = 0.1, "run"


class Slotted:
    """Options in slots."""

    __slots__ = ("lr",)

    def __init__(self) -> None:
        self.lr = 0.1


class Stage(enum.Enum):
    """Options as a choice."""

    FIRST = 1


@dataclasses.dataclass(frozen=True)
class Config:
    """Options as a data class."""

    lr: float = 0.1
    sizes: tuple[int, ...] = (4, 8)


OPTIONS = {
    "a namespace": argparse.Namespace(lr=0.1, names=["a"], nested=argparse.Namespace(x=1)),
    "a simple namespace": types.SimpleNamespace(lr=0.1),
    "a dictionary of its own kind": Options(lr=0.1),
    "a list of its own kind": Listed([1, 2]),
    "an object": Settings(),
    "an object with slots": Slotted(),
    "a data class": Config(),
    "paths": [pathlib.PurePosixPath("data/set"), pathlib.PurePosixPath("a")],
    "objects as keys": {pathlib.PurePosixPath("a"): 1, pathlib.PurePosixPath("b"): 2},
    "numpy": {"best": np.float64(0.5), "step": np.int64(3), "curve": np.arange(4.0)},
    "random states": (np.random.RandomState(0).get_state(), np.random.RandomState(1)),
    "dates": [datetime.datetime(2024, 5, 1, 12, 30), datetime.timedelta(seconds=3)],
    "numbers": [decimal.Decimal("0.1"), uuid.UUID(int=5), 3 + 4j, 1 << 70],
    "containers": [
        *({1, 2}, frozenset([3]), collections.defaultdict(list), collections.Counter("aab")),
        *(collections.deque([1], 3), collections.OrderedDict(a=1), range(3), slice(1)),
    ],
    "members of an enumeration": [Stage.FIRST, {Stage.FIRST: 1}],
    "hints": [typing.Optional[int], typing.List[int], list[int], type(None)],  # noqa: UP006, UP045
    "types": [torch.float16, torch.device("cpu"), torch.Size([2]), typing.Any, b"bytes", int],
    "an optimizer": torch.optim.Adam([torch.zeros(2, requires_grad=True)]),
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
@pytest.mark.parametrize("kind", OPTIONS)
def test_tensors_are_read_and_options_are_inert(tmp_path, kind, zipped, protocol):
    path = tmp_path / "checkpoint.pt"
    content = {"g_ema": TENSORS, "args": OPTIONS[kind], "step": 4}
    torch.save(content, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    found = read_tensors(path)
    assert found["step"] == 4
    assert set(found["g_ema"]) == set(TENSORS)
    for key, tensor in found["g_ema"].items():
        assert tensor.dtype == TENSORS[key].dtype
        assert tensor.equal(TENSORS[key])


def test_an_options_values_are_read_as_data(tmp_path):
    torch.save({"a": TENSORS, "args": OPTIONS["a namespace"]}, tmp_path / "a.pt")
    args = read_tensors(tmp_path / "a.pt")["args"]
    assert isinstance(args, Record)
    assert inert_pickle.class_of(args) == "argparse.Namespace"
    assert (args["lr"], args["names"], args["nested"]["x"]) == (0.1, ["a"], 1)


def test_a_class_of_the_training_script_itself_is_inert(tmp_path):
    script = (
        "import torch\nclass Config:\n    def __init__(self): self.lr = 0.1\n"
        f"torch.save({{'g': {{'w': torch.ones(2)}}, 'cfg': Config()}}, {str(tmp_path / 'a.pt')!r})"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    found = read_tensors(tmp_path / "a.pt")
    assert found["cfg"] == {"lr": 0.1}
    assert found["g"]["w"].equal(torch.ones(2))


def test_a_module_that_is_not_installed_is_not_needed(tmp_path, monkeypatch):
    (tmp_path / "ganvas_training_code.py").write_text("class Settings:\n    lr = 0.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    made = importlib.import_module("ganvas_training_code").Settings()
    torch.save({"w": torch.ones(2), "cfg": made}, tmp_path / "a.pt")
    del sys.modules["ganvas_training_code"]
    assert read_tensors(tmp_path / "a.pt")["w"].equal(torch.ones(2))
    assert "ganvas_training_code" not in sys.modules


# --- what stays refused -------------------------------------------------------------------------


def traps(folder):
    """Calls that must not run, by name: each leaves a trace if it does."""
    trace = folder / "trace"
    return known_traps(folder) | {
        "Popen": Call(subprocess.Popen, ["touch", str(trace)]),
        "compile": Call(compile, "1", "a", "eval"),
        "setattr": Call(setattr, argparse.Namespace(), "a", 1),
        "partial": functools.partial(os.system, f"touch {trace}"),
        "attrgetter": operator.attrgetter("__class__"),
        "type": Call(type, "A", (), {}),
        "rmtree": Call(shutil.rmtree, str(folder / "precious")),
        "a path that writes": Call(pathlib.Path.touch, pathlib.PurePosixPath(trace)),
        "a layer": torch.nn.Linear(2, 2),
        "a loss": torch.nn.L1Loss(),
        "a network of its own": Net(),
    }


class Net(torch.nn.Module):
    """A whole network, without a layer of torch's."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(1))


NAMES = (
    *("Popen", "compile", "setattr", "partial", "attrgetter", "type", "rmtree"),
    *("a path that writes", "a layer", "a loss", "a network of its own", *KNOWN_NAMES),
)


def test_every_trap_is_tried(tmp_path):
    assert set(NAMES) == set(traps(tmp_path))


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["alone", "beside", "in options"])
def test_what_would_run_is_refused_and_does_not_run(
    tmp_path, monkeypatch, name, zipped, protocol, place
):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "precious").mkdir()
    trap = traps(tmp_path)[name]
    args = argparse.Namespace(lr=0.1, value=[trap]) if place == "in options" else trap
    content = args if place == "alone" else {"g_ema": TENSORS, "args": args}
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    with pytest.raises(UnsafeWeightsError, match="state dict alone"):
        read_tensors(path)
    assert not (tmp_path / "trace").exists()
    assert (tmp_path / "precious").is_dir()
    assert "ganvas_trap" not in sys.modules


def test_no_memory_is_allocated_because_a_file_says_so(tmp_path):
    args = [argparse.Namespace(), Call(bytearray, 1 << 40), Call(range, 1 << 60)]
    torch.save({"g_ema": TENSORS, "args": args}, tmp_path / "a.pt")
    assert set(read_tensors(tmp_path / "a.pt")["g_ema"]) == set(TENSORS)


@pytest.mark.parametrize(
    "planted", [b"X\1\0\0\0ar\xf0\xff\xff\xff.", b"Nr\0\0\0\x10.", b"Np99999999\n."]
)
def test_no_memory_is_allocated_for_a_large_memo_index(tmp_path, planted):
    with pytest.raises(UnsafeWeightsError, match="memory"):
        inert_pickle.TORCH_PICKLE.load(io.BytesIO(b"\x80\x02" + planted))
    path = tmp_path / "network.pkl"
    path.write_bytes(b"\x80\x02" + planted)
    with pytest.raises(UnsafeWeightsError, match="memory"):
        convert.guess_format(path)
    old = torch.serialization
    parts = (old.MAGIC_NUMBER, old.PROTOCOL_VERSION, {"little_endian": True})
    head = b"".join(pickle.dumps(part, 2) for part in parts)
    path.write_bytes(head + b"\x80\x02cargparse\nNamespace\n0" + planted)
    with pytest.raises(UnsafeWeightsError, match="state dict alone"):
        read_tensors(path)


def test_a_program_of_torchscript_is_refused(tmp_path):
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(torch.nn.ReLU()).save(str(tmp_path / "a.pt"))
    with pytest.raises(UnsafeWeightsError, match="state dict alone"):
        read_tensors(tmp_path / "a.pt")


def test_a_function_cannot_be_changed_by_a_file():
    rebuild = inert_pickle._KNOWN["torch._utils", "_rebuild_tensor_v2"]
    # the function, a state of (None, {"_function": None}) for it, and the order to set that
    planted = b"ctorch._utils\n_rebuild_tensor_v2\n(N}S'_function'\nNstb."
    with pytest.raises(UnsafeWeightsError):
        inert_pickle.TORCH_PICKLE.load(io.BytesIO(planted))
    assert callable(rebuild._function)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
def test_a_cut_file_with_options_is_damaged(tmp_path, zipped):
    path = tmp_path / "a.pt"
    content = {"g_ema": TENSORS, "args": OPTIONS["a namespace"]}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for length in (0, 10, 100, len(whole) // 2, len(whole) - 8):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsError):
            read_tensors(path)


def test_a_tensor_outside_its_storage_is_refused(tmp_path):
    storage = torch.zeros(4).storage()
    rebuild = torch._utils._rebuild_tensor_v2
    for size, stride in (((1 << 30,), (1,)), ((2, 4), (4, 1)), ((-1,), (1,))):
        planted = Call(rebuild, storage, 0, size, stride, False, collections.OrderedDict())
        torch.save({"w": planted, "args": argparse.Namespace()}, tmp_path / "a.pt")
        with pytest.raises(WeightsError):
            read_tensors(tmp_path / "a.pt")
