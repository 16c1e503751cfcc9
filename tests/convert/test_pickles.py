"""Pickles that would run code are refused, and nothing ran."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import os
import pickle
import runpy
import subprocess
import sys

import pytest
import torch

from gan_models import convert
from gan_models.weights import UnsafeWeightsError, WeightsError
from tests.networks import golden

PICKLE = golden.FOLDER / "stylegan2_uncond.nvlabs.pkl"


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *args) -> None:
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def traps(folder):
    """Calls that leave a trace when they run, by name."""
    trace, module = folder / "trace", folder / "ganvas_trap.py"
    module.write_text(f"open({str(trace)!r}, 'w').close()")
    touch = f"touch {trace}"
    return {
        "os.system": Call(os.system, touch),
        "subprocess": Call(subprocess.check_output, touch, -1, None, None, None, None),
        "open": Call(builtins.open, str(trace), "w"),
        "eval": Call(eval, f"open({str(trace)!r}, 'w')"),
        "exec": Call(exec, f"open({str(trace)!r}, 'w')"),
        "import": Call(importlib.import_module, "ganvas_trap"),
        "__import__": Call(__import__, "ganvas_trap"),
        "runpy": Call(runpy.run_path, str(module)),
        "getattr": Call(getattr, "x", "upper"),
        "torch.load": Call(torch.load, str(trace)),
        "numpy": Call(importlib.import_module("numpy").fromfile, str(trace)),
        "torch.hub": Call(torch.hub.load, "owner/repository", "model"),
    }


NAMES = (
    *("os.system", "subprocess", "open", "eval", "exec", "import", "__import__", "runpy"),
    *("getattr", "torch.load", "numpy", "torch.hub"),
)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["alone", "beside"])
def test_a_call_is_refused_and_nothing_ran(tmp_path, monkeypatch, name, protocol, place):
    monkeypatch.syspath_prepend(str(tmp_path))
    trap = traps(tmp_path)[name]
    content = trap if place == "alone" else {"G_ema": {}, "extra": [trap]}
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    with pytest.raises(UnsafeWeightsError, match="not opened"):
        convert.load_generator(path, format="stylegan2-nvlabs")
    with pytest.raises(UnsafeWeightsError):
        convert.guess_format(path)
    assert not (tmp_path / "trace").exists()
    assert "ganvas_trap" not in sys.modules


@pytest.mark.parametrize("name", ["os.system", "import"])
def test_a_trap_inside_a_tensors_bytes_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.syspath_prepend(str(tmp_path))
    inner = pickle.dumps(traps(tmp_path)[name])
    path = tmp_path / "network.pkl"
    content = {"G_ema": Call(torch.storage._load_from_bytes, inner)}
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(UnsafeWeightsError):
        convert.load_generator(path, format="stylegan3-nvlabs")
    assert not (tmp_path / "trace").exists()


def test_source_text_in_a_pickle_is_never_run(tmp_path):
    trace = tmp_path / "trace"
    data = PICKLE.read_bytes()
    source = f"open({str(trace)!r}, 'w').close()".encode()
    marker = b"\x8c\nmodule_src\x94\x8c\x00"  # the name, then an empty text
    assert marker in data
    planted = data.replace(marker, marker[:-2] + b"\x8c" + bytes([len(source)]) + source, 1)
    start = planted.index(b"\x95")  # the frame's length no longer holds: leave the frame out
    path = tmp_path / "network.pkl"
    path.write_bytes(planted[:start] + planted[start + 9 :])
    with contextlib.suppress(WeightsError):
        convert.load_generator(path, format="stylegan2-nvlabs")
    assert not trace.exists()


def test_a_cut_pickle_is_refused(tmp_path):
    path = tmp_path / "network.pkl"
    for length in (0, 10, 1000, 200_000, len(PICKLE.read_bytes()) - 1):
        path.write_bytes(PICKLE.read_bytes()[:length])
        with pytest.raises(WeightsError):
            convert.load_generator(path, format="stylegan2-nvlabs")


def test_a_pickle_without_networks_is_refused(tmp_path):
    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    with pytest.raises(convert.FormatError, match="G_ema"):
        convert.load_generator(path, format="stylegan2-nvlabs")


def test_a_stylegan3_pickle_is_no_stylegan2():
    path = golden.FOLDER / "stylegan3t.nvlabs.pkl"
    with pytest.raises(convert.FormatError, match="looks like stylegan3-nvlabs"):
        convert.load_generator(path, format="stylegan2-nvlabs")


def test_a_pth_that_needs_more_than_tensors_is_refused_with_advice(tmp_path):
    path = tmp_path / "whole_model.pth"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(UnsafeWeightsError, match="state_dict"):
        convert.load_generator(path, format="dcgan-pytorch")
    torch.save({"state_dict": Call(os.system, f"touch {tmp_path / 'trace'}")}, path)
    with pytest.raises(UnsafeWeightsError):
        convert.load_generator(path, format="dcgan-pytorch")
    assert not (tmp_path / "trace").exists()
