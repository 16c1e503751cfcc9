"""Reading the golden vectors: stored inputs and outputs of the reference code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from gan_models import convert

FOLDER = Path(__file__).parent.parent / "golden"
FORMATS = {
    "stylegan2_uncond": "stylegan2-nvlabs",
    "stylegan2_cond": "stylegan2-nvlabs",
    "stylegan2_clamp": "stylegan2-nvlabs",
    "stylegan2_rosinality": "stylegan2-rosinality",
    "stylegan3t": "stylegan3-nvlabs",
    "biggan_deep": "biggan-deep-hf",
    "cyclegan_resnet9": "cyclegan-junyanz",
    "cyclegan_resnet6_dropout": "cyclegan-junyanz",
    "cyclegan_resnet6_legacy": "cyclegan-junyanz",
    "cut_resnet6_antialias": "cyclegan-junyanz",
    "pix2pix_unet256": "pix2pix-junyanz",
    "spade": "spade-nvlabs",
    "spade_vae": "spade-nvlabs",
    "dcgan": "dcgan-pytorch",
}
# what no tensor tells, by the reference's own names
OPTIONS = (
    *("conv_clamp", "num_layers", "margin_size", "channel_base", "channel_max"),
    *("crop_size", "aspect_ratio", "num_upsampling_layers"),
)
TAKEN = {
    "stylegan2-nvlabs": OPTIONS[:1],
    "stylegan3-nvlabs": OPTIONS[:5],
    "spade-nvlabs": OPTIONS[5:],
}


def describe(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def all_cases() -> list[tuple[str, int]]:
    return [(name, i) for name in FORMATS for i in range(len(describe(name)["cases"]))]


def load(name: str, suffix: str = ".weights.safetensors") -> torch.nn.Module:
    given = describe(name)["constructor"]
    taken = () if suffix.endswith(".pkl") else TAKEN.get(FORMATS[name], ())
    options = {key: given[key] for key in taken if key in given}
    return convert.load_generator(FOLDER / f"{name}{suffix}", format=FORMATS[name], **options)


def differences(name: str, index: int, generator: torch.nn.Module) -> dict[str, float]:
    """The largest absolute difference to each stored output of one case."""
    case = describe(name)["cases"][index]
    tensors = load_file(FOLDER / f"{name}.cases.safetensors")
    inputs = {key: tensors[stored].float() for key, stored in case["inputs"].items()}
    outputs = run(name, generator, inputs, case["params"])
    found = {}
    for key, stored in case["outputs"].items():
        ours = outputs["image"][..., ::4, ::4] if key == "image_sub4" else outputs.get(key)
        if ours is not None:
            found[key] = (ours - tensors[stored]).abs().max().item()
    return found


@torch.no_grad()
def run(
    name: str, generator: torch.nn.Module, inputs: dict[str, torch.Tensor], params: dict[str, Any]
) -> dict[str, torch.Tensor]:
    format = FORMATS[name]
    if format.startswith("stylegan"):
        return run_stylegan(generator, inputs, params)
    if format == "biggan-deep-hf":
        image = generator(inputs["z"], inputs["class_vector"], params["truncation"])
        return {"image": image}
    if format == "spade-nvlabs":
        return run_spade(name, generator, inputs)
    if format == "dcgan-pytorch":
        return {"image": generator(inputs["z"])}
    stats = bool(params.get("norm_batch_stats"))
    return {"image": generator(inputs["image"], batch_stats=stats)}


def run_stylegan(
    generator: torch.nn.Module, inputs: dict[str, torch.Tensor], params: dict[str, Any]
) -> dict[str, torch.Tensor]:
    psi = params.get("truncation_psi", params.get("truncation", 1.0))
    options: dict[str, Any] = {}
    if "noise_mode" in params:
        options["noise_mode"] = params["noise_mode"]
    if "truncation_latent" in inputs:
        generator.mapping.w_avg.copy_(inputs["truncation_latent"].flatten())
    if "transform" in inputs:
        generator.synthesis.input.transform.copy_(inputs["transform"])
    outputs = {}
    if "noise_0" in inputs:
        count = sum(key.startswith("noise_") for key in inputs)
        options["noise"] = [inputs[f"noise_{i}"] for i in range(count)]
    ws = inputs.get("ws", inputs.get("latent"))
    if ws is None:
        cutoff = params.get("truncation_cutoff")
        ws = generator.mapping(inputs["z"], inputs.get("c"), psi, cutoff)
        if "z2" in inputs:
            at = params["inject_index"]
            ws = torch.cat([ws[:, :at], generator.mapping(inputs["z2"], None, psi)[:, at:]], dim=1)
        outputs = {"latent": ws, "w": ws if "truncation_psi" in params else ws[:, 0]}
    return outputs | {"image": generator.synthesis(ws, **options)}


def run_spade(
    name: str, generator: torch.nn.Module, inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    planes = describe(name)["constructor"]["semantic_nc"]
    semantic_map = F.one_hot(inputs["label"][:, 0].long(), planes).permute(0, 3, 1, 2).float()
    if "image" not in inputs:
        return {"image": generator(semantic_map, inputs.get("z"))}
    encoder = convert.load_encoder(FOLDER / f"{name}.encoder.weights.safetensors")
    mu, logvar = encoder(inputs["image"])
    z = mu + (0.5 * logvar).exp() * inputs["eps"]
    return {"mu": mu, "logvar": logvar, "z": z, "image": generator(semantic_map, z)}
