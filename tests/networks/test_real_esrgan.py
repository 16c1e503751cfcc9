"""RRDBNet and SRVGGNetCompact: the fast path equals the plain path, and can be interrupted."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from gan_models import networks
from gan_models.networks.fast import compact, rrdb
from gan_models.networks.fast.workers import share_out
from gan_models.networks.inference import result_of
from tests.reference import real_esrgan as reference

SIZES = [(16, 16), (17, 31), (64, 4), (5, 70), (1, 9), (33, 65)]


def built(tensors, family, **config):
    network = networks.build(family, config)
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def rrdbnet():
    tensors = reference.rrdbnet_tensors(2, 64, 32, seed=5)
    return built(tensors, "rrdbnet", num_blocks=2), tensors


@pytest.fixture(scope="module")
def small_compact():
    tensors = reference.compact_tensors(4, 24, seed=5)
    return built(tensors, "srvgg", num_convs=4, num_feat=24), tensors


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_dense_blocks_by_winograd_give_what_plain_ones_give(rrdbnet, size, threads):
    network, tensors = rrdbnet
    torch.set_num_threads(threads)
    images = torch.rand(1, 3, *size)
    assert rrdb.is_faster(network, images)
    wanted = reference.run(tensors, images)
    assert (network(images) - wanted).abs().max() < 1e-5


def test_adjacent_blocks_of_tiles_have_no_seam(rrdbnet, monkeypatch):
    network, tensors = rrdbnet
    monkeypatch.setattr("gan_models.networks.fast.planes.TILES_A_BLOCK", 3)
    images = torch.rand(1, 3, 30, 41)
    assert (network(images) - reference.run(tensors, images)).abs().max() < 1e-5


def test_strips_of_the_last_convolutions_have_no_seam(rrdbnet, monkeypatch):
    network, tensors = rrdbnet
    monkeypatch.setattr(rrdb, "STRIP_PIXELS", 1)
    images = torch.rand(1, 3, 23, 20)
    assert (network(images) - reference.run(tensors, images)).abs().max() < 1e-5


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_compact_network_in_bands_gives_what_the_plain_one_gives(small_compact, size, threads):
    network, tensors = small_compact
    torch.set_num_threads(threads)
    images = torch.rand(1, 3, *size)
    assert compact.is_faster(network, images)
    assert (network(images) - reference.run(tensors, images)).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["rrdbnet", "small_compact"])
def test_a_batch_is_each_picture_by_itself(name, request):
    network, tensors = request.getfixturevalue(name)
    images = torch.rand(3, 3, 20, 24)
    assert (network(images) - reference.run(tensors, images)).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["rrdbnet", "small_compact"])
def test_steps_yield_their_progress_and_return_the_same(name, request):
    network, _ = request.getfixturevalue(name)
    images = torch.rand(1, 3, 24, 20)
    with torch.inference_mode():
        told = []

        def watched():
            return (yield from network.steps(images))

        steps = watched()
        while True:
            try:
                told.append(next(steps))
            except StopIteration as end:
                made = end.value
                break
        assert torch.equal(made, network(images))
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] <= 1
    assert max(b - a for a, b in pairwise(told)) < 0.3


@pytest.mark.parametrize("name", ["rrdbnet", "small_compact"])
def test_a_network_in_training_has_gradients(name, request):
    tensors = request.getfixturevalue(name)[1]
    config = {"num_blocks": 2} if name == "rrdbnet" else {"num_convs": 4, "num_feat": 24}
    network = networks.build("rrdbnet" if name == "rrdbnet" else "srvgg", config)
    network.load_state_dict(tensors)
    images = torch.rand(2, 3, 12, 12, requires_grad=True)
    made = network(images)
    made.square().mean().backward()
    assert images.grad.abs().sum() > 0
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert (made.detach() - reference.run(tensors, images.detach())).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["rrdbnet", "small_compact"])
def test_changed_weights_count_at_once(name, request):
    network, tensors = request.getfixturevalue(name)
    images = torch.rand(1, 3, 16, 16)
    key = "body.0.rdb1.conv1.weight" if name == "rrdbnet" else "body.2.weight"
    network(images)
    with torch.no_grad():
        network.state_dict()[key].mul_(1.5)
    try:
        wanted = reference.run(tensors | {key: tensors[key] * 1.5}, images)
        assert (network(images) - wanted).abs().max() < 1e-5
    finally:
        with torch.no_grad():
            network.state_dict()[key].copy_(tensors[key])


@pytest.mark.parametrize("name", ["rrdbnet", "small_compact"])
def test_double_precision_uses_the_plain_path(name, request):
    network, tensors = request.getfixturevalue(name)
    images = torch.rand(1, 3, 16, 16, dtype=torch.float64)
    doubled = {key: tensor.double() for key, tensor in tensors.items()}
    twin = networks.build(network.family, network.config).double().eval()
    twin.load_state_dict(doubled)
    made = result_of(twin.requires_grad_(False).steps(images))
    assert made.dtype == torch.float64
    assert (made - reference.run(doubled, images)).abs().max() < 1e-12


@pytest.mark.parametrize("scale", [2, 1])
@pytest.mark.parametrize("size", [(17, 20), (18, 19), (21, 23)], ids=str)
def test_sides_that_are_not_divisible_are_mirrored_up(scale, size):
    tensors = reference.rrdbnet_tensors(1, 16, 16, scale=scale)
    network = built(tensors, "rrdbnet", scale=scale, num_feat=16, num_grow_ch=16, num_blocks=1)
    images, side = torch.rand(1, 3, *size), network.unshuffle
    missing = (0, -size[1] % side, 0, -size[0] % side)
    padded = torch.nn.functional.pad(images, missing, mode="reflect")
    wanted = reference.run(tensors, padded)[:, :, : scale * size[0], : scale * size[1]]
    made = network(images)
    assert made.shape == (1, 3, scale * size[0], scale * size[1])
    assert (made - wanted).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("family", "config"),
    [
        ("rrdbnet", {"scale": 3}),
        ("srvgg", {"scale": 0}),
        ("srvgg", {"scale": 1000}),
        ("srvgg", {"act_type": "gelu"}),
        ("srvgg", {"in_channels": 1}),
    ],
    ids=str,
)
def test_an_impossible_configuration_is_refused(family, config):
    with pytest.raises(ValueError, match=r"factor|act_type|channels"):
        networks.build(family, config)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_shared_work_is_done_once_and_errors_are_raised(threads):
    torch.set_num_threads(threads)
    done = []
    share_out(lambda piece, worker: done.append((piece, worker)), 20)
    assert sorted(piece for piece, _ in done) == list(range(20))
    assert {worker for _, worker in done} <= set(range(threads))
    with pytest.raises(ZeroDivisionError):
        share_out(lambda piece, _: 1 / (piece - 3), 8)
    assert torch.get_num_threads() == threads
