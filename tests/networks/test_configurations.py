"""Checkpoints of other sizes than the golden ones: configuration and pictures are read back."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from gan_models import convert
from tests.reference import textbook, textbook_translators


def randomise(network: nn.Module, seed: int = 0) -> nn.Module:
    """Give every norm and bias random values."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, nn.InstanceNorm2d) and module.affine:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    return network.eval()


def converted(network: nn.Module, folder, format: str, **options) -> nn.Module:
    path = folder / "foreign.safetensors"
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)
    assert convert.guess_format(path) == format
    return convert.load_generator(path, format=format, **options)


def seeded(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)))


def one_hot_map(planes: int, height: int, width: int, batch: int = 1) -> torch.Tensor:
    """Blocks of labels with a noisy corner, so that borders and insides both occur."""
    source = torch.Generator().manual_seed(planes)
    coarse = torch.randint(0, planes, (batch, 1, height // 8, width // 8), generator=source)
    labels = F.interpolate(coarse.float(), (height, width), mode="nearest")[:, 0].long()
    corner = torch.randint(0, planes, (batch, height // 4, width // 4), generator=source)
    labels[:, : height // 4, : width // 4] = corner
    return F.one_hot(labels, planes).permute(0, 3, 1, 2).float()


def assert_same(ours: torch.Tensor, theirs: torch.Tensor, allowed: float = 1e-4) -> None:
    assert ours.shape == theirs.shape
    scale = max(1.0, theirs.abs().max().item())
    assert (ours - theirs).abs().max().item() <= allowed * scale


class DCGAN(nn.Module):
    """DCGAN in pytorch/examples' names."""

    def __init__(self, inputs: int, widths: list[int], colours: int, dropout: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(zip([inputs, *widths[:-1]], widths, strict=True)):
            conv = nn.ConvTranspose2d(a, b, 4, 2 if i else 1, 1 if i else 0, bias=False)
            layers += [conv, nn.BatchNorm2d(b), nn.ReLU()]
            layers += [nn.Dropout(0.2)] if dropout and i == 0 else []
        layers += [nn.ConvTranspose2d(widths[-1], colours, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.main(z[:, :, None, None])


@pytest.mark.parametrize(
    ("z_dim", "widths", "colours", "classes", "dropout"),
    [
        (100, [32, 16, 8], 1, 0, False),
        (16, [24, 12, 6, 4, 2], 3, 5, True),
        (64, [8], 1, 10, False),
    ],
)
def test_dcgan_of_any_size_with_classes_and_in_grey(
    tmp_path, z_dim, widths, colours, classes, dropout
):
    theirs = randomise(DCGAN(z_dim + classes, widths, colours, dropout))
    ours = converted(theirs, tmp_path, "dcgan-pytorch", num_classes=classes)
    z, c = seeded(3, z_dim), torch.eye(classes)[:3] if classes else None
    assert_same(ours(z, c), theirs(z if c is None else torch.cat([z, c], 1)))
    assert ours.img_resolution == 4 * 2 ** len(widths)
    assert (ours.num_classes, ours.img_channels) == (classes, colours)


@pytest.mark.parametrize(
    ("channels", "options"),
    [
        ([12, 10, 8, 6], {"z_dim": 24, "w_dim": 32, "depth": 2}),
        ([8, 8], {"z_dim": 16, "w_dim": 16, "colours": 1, "c_dim": 7}),
        ([20, 16, 16, 8, 8, 4], {"z_dim": 32, "w_dim": 48, "depth": 5, "c_dim": 2}),
    ],
)
def test_stylegan2_of_any_size_with_classes_and_in_grey(tmp_path, channels, options):
    torch.manual_seed(0)
    theirs = textbook.StyleGAN2(channels, **options).eval()
    ours = converted(theirs, tmp_path, "stylegan2-nvlabs")
    c_dim = options.get("c_dim", 0)
    z, c = seeded(3, options["z_dim"]), torch.eye(c_dim)[[0, 1, 0]] if c_dim else None
    assert_same(ours(z, c), theirs(z, c))
    assert ours.config["channels"] == channels
    assert ours.mapping.w_avg.equal(theirs.mapping.w_avg)


PLANS = {
    "128": [(False, 4, 4), (True, 4, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1)],
    "32": [(False, 2, 2), (True, 2, 1), (False, 1, 1), (True, 1, 1)],
}


@pytest.mark.parametrize(
    ("plan", "width", "z_dim", "classes", "attention"),
    [("128", 16, 12, 7, 4), ("32", 32, 6, 3, 2), ("32", 16, 6, 3, 8)],
)
def test_biggan_deep_of_any_size(tmp_path, plan, width, z_dim, classes, attention):
    torch.manual_seed(0)
    theirs = textbook.settle(textbook.BigGANDeep(PLANS[plan], width, z_dim, classes, attention))
    ours = converted(theirs, tmp_path, "biggan-deep-hf")
    z, c = seeded(2, z_dim), torch.eye(classes)[[0, 2]]
    with torch.no_grad():
        assert_same(ours(z, c, 1.0), theirs(z, c))
        assert_same(ours(z, c, 0.5), theirs(z, c, 25))
    assert ours.layer_plan == PLANS[plan]


@pytest.mark.parametrize(
    "options",
    [
        {"width": 6, "blocks": 3},
        {"width": 4, "blocks": 6, "inputs": 1, "outputs": 1, "dropout": True},
        {"width": 4, "blocks": 2, "inputs": 1, "outputs": 3, "norm": "batch"},
        {"width": 5, "blocks": 4, "antialias": True, "dropout": True},
        {"width": 4, "blocks": 1, "norm": "batch", "antialias": True},
    ],
    ids=str,
)
def test_resnet_translators_of_any_configuration(tmp_path, options):
    torch.manual_seed(0)
    theirs = randomise(textbook_translators.ResNet(**options))
    ours = converted(theirs, tmp_path, "cyclegan-junyanz")
    images = seeded(2, options.get("inputs", 3), 28, 36).tanh()
    with torch.no_grad():
        assert_same(ours(images), theirs(images))
    assert ours.config["num_blocks"] == options["blocks"]
    assert ours.config["dropout"] == options.get("dropout", False)


def test_the_vintagify_layout(tmp_path):
    torch.manual_seed(0)
    theirs = randomise(
        textbook_translators.ResNet(6, 3, norm="instance-affine", block_name="block")
    )
    ours = converted(theirs, tmp_path, "cyclegan-vintagify")
    images = seeded(1, 3, 32, 40).tanh()
    with torch.no_grad():
        assert_same(ours(images), theirs(images))


@pytest.mark.parametrize(
    "options",
    [
        {"width": 4, "downs": 7, "inputs": 3, "outputs": 1},
        {"width": 2, "downs": 5, "inputs": 1, "outputs": 3},
        {"width": 3, "downs": 6, "norm": "instance"},
    ],
    ids=str,
)
def test_unet_translators_of_any_configuration(tmp_path, options):
    torch.manual_seed(0)
    theirs = randomise(textbook_translators.UNet(**options))
    ours = converted(theirs, tmp_path, "pix2pix-junyanz")
    side = 2 ** options["downs"]
    images = seeded(2, options.get("inputs", 3), side, 2 * side).tanh()
    with torch.no_grad():
        assert_same(ours(images), theirs(images))
        theirs.train()
        assert_same(ours(images, batch_stats=True), theirs(images))


@pytest.mark.parametrize(
    "options",
    [
        {"labels": 5, "width": 2, "crop": 64},
        {"labels": 3, "width": 2, "crop": 64, "style": 16, "kernel": 1},
        {"labels": 9, "width": 2, "crop": 128, "layers": "more", "norm": "instance"},
        {"labels": 4, "width": 2, "crop": 128, "layers": "most", "style": 8},
    ],
    ids=str,
)
def test_spade_of_any_configuration(tmp_path, options):
    torch.manual_seed(0)
    theirs = textbook.settle(textbook_translators.Spade(**options))
    layers = options.get("layers", "normal")
    given = {} if "style" in options else {"crop_size": options["crop"]}
    ours = converted(theirs, tmp_path, "spade-nvlabs", num_upsampling_layers=layers, **given)
    z = seeded(2, options["style"]) if "style" in options else None
    for size in (options["crop"], options["crop"] // 2):
        semantic_map = one_hot_map(options["labels"], size, size, batch=2)
        with torch.no_grad():
            assert_same(ours(semantic_map, z), theirs(semantic_map, z))
    assert ours.config["crop_size"] == options["crop"]


def test_a_map_that_is_not_one_hot_goes_through_the_convolutions(tmp_path):
    torch.manual_seed(0)
    theirs = textbook.settle(textbook_translators.Spade(5, 2, 64))
    ours = converted(theirs, tmp_path, "spade-nvlabs", crop_size=64)
    soft = one_hot_map(5, 64, 64) * 0.7 + 0.06
    with torch.no_grad():
        assert_same(ours(soft), theirs(soft))
