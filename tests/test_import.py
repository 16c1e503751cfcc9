"""Importing does nothing: no model, no network, no device."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

CODE = """
import socket, sys

def refuse(*arguments, **options):
    raise AssertionError("the network was touched")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
import builtins, torch
real_load = torch.load
torch.load = refuse
import safetensors.torch
safetensors.torch.load_file = refuse
import app, gan_models
assert "av" not in sys.modules and "torchvision" not in sys.modules
gan_models.list_models()
print("fine")
"""


def test_importing_loads_no_model_and_touches_no_network():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.strip() == "fine", done.stderr
