"""The published losses, one function each; all return a scalar to minimise.

`logits` may be one tensor or a list of tensors, one for each discriminator or scale: the loss is
summed over the list and averaged over everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

Logits = Tensor | Sequence[Tensor]


def weighted_sum(terms: Mapping[str, Tensor], weights: object) -> Tensor:
    """The sum of the terms, each times the attribute of its name of `weights`."""
    return reduce(torch.add, (getattr(weights, name) * term for name, term in terms.items()))


def _each(logits: Logits) -> Sequence[Tensor]:
    return [logits] if isinstance(logits, Tensor) else logits


def hinge_discriminator(real: Logits, fake: Logits) -> Tensor:
    """Geometric GAN (Lim and Ye 2017, arXiv:1705.02894), equation 13."""
    pairs = zip(_each(real), _each(fake), strict=True)
    return torch.stack([F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in pairs]).sum()


def hinge_generator(fake: Logits) -> Tensor:
    """Geometric GAN (Lim and Ye 2017, arXiv:1705.02894), equation 14."""
    return torch.stack([-f.mean() for f in _each(fake)]).sum()


def nonsaturating_discriminator(real: Logits, fake: Logits) -> Tensor:
    """Generative adversarial nets (Goodfellow et al. 2014, arXiv:1406.2661), equation 1."""
    pairs = zip(_each(real), _each(fake), strict=True)
    terms = [F.softplus(-r).mean() + F.softplus(f).mean() for r, f in pairs]
    return torch.stack(terms).sum()


def nonsaturating_generator(fake: Logits) -> Tensor:
    """Generative adversarial nets (Goodfellow et al. 2014, arXiv:1406.2661), end of section 3."""
    return torch.stack([F.softplus(-f).mean() for f in _each(fake)]).sum()


def r1_penalty(real_logits: Logits, images: Tensor) -> Tensor:
    """Half the squared gradient of the real logits (Mescheder et al. 2018, 1801.04406, eq. 9).

    `images` [N, 3, H, W] must have required gradients before the logits were computed. Applied
    lazily (StyleGAN2, Karras et al. 2020, arXiv:1912.04958, section 3.1): multiply by the interval.
    """
    means = [logits.reshape(len(images), -1).mean(1) for logits in _each(real_logits)]
    total = torch.stack(means).sum()
    (gradient,) = torch.autograd.grad(total, images, create_graph=True)
    return 0.5 * gradient.square().sum(dim=(1, 2, 3)).mean()


def least_squares_discriminator(real: Logits, fake: Logits) -> Tensor:
    """Least squares GAN (Mao et al. 2017, arXiv:1611.04076), equation 2 with a = 0, b = 1."""
    pairs = zip(_each(real), _each(fake), strict=True)
    terms = [0.5 * ((r - 1).square().mean() + f.square().mean()) for r, f in pairs]
    return torch.stack(terms).sum()


def least_squares_generator(fake: Logits) -> Tensor:
    """Least squares GAN (Mao et al. 2017, arXiv:1611.04076), equation 2 with c = 1, unhalved."""
    return torch.stack([(f - 1).square().mean() for f in _each(fake)]).sum()


def cycle_consistency(images: Tensor, back: Tensor) -> Tensor:
    """CycleGAN (Zhu et al. 2017, arXiv:1703.10593), equation 2: L1 after a round trip."""
    return F.l1_loss(back, images)


def identity_mapping(images: Tensor, mapped: Tensor) -> Tensor:
    """CycleGAN (Zhu et al. 2017, arXiv:1703.10593), section 5.2: L1 in the own target domain."""
    return F.l1_loss(mapped, images)


def feature_matching(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """pix2pixHD (Wang et al. 2018, arXiv:1711.11585), equation 4.

    One list of layers for each discriminator; the mean L1 of a layer, summed over layers, averaged
    over discriminators. No gradient flows to the real side.
    """
    terms = [
        F.l1_loss(f, r.detach())
        for reals, fakes in zip(real, fake, strict=True)
        for r, f in zip(reals, fakes, strict=True)
    ]
    return torch.stack(terms).sum() / len(real)


def perceptual(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Perceptual loss (Johnson et al. 2016, arXiv:1603.08155), equation 2, with L1 as in pix2pixHD.

    Feature maps of a frozen network; each scale is divided by its mean absolute value, so that all
    scales have a similar weight.
    """
    terms = [
        F.l1_loss(f, r.detach()) / r.detach().abs().mean().clamp_min(1e-6)
        for r, f in zip(real, fake, strict=True)
    ]
    return torch.stack(terms).mean()


def classification_generator(fake: Tensor, label_map: Tensor) -> Tensor:
    """OASIS (Schönfeld et al. 2021, arXiv:2012.04781), equation 2.

    Logits [N, num_labels + 1, H, W] of a segmentation discriminator, the last class for generated
    pixels; label_map [N, H, W]; or of a classifier, [N, num_classes + 1] and [N]. All labels that
    occur have the same weight, however few pixels they have.
    """
    return _cross_entropy_by_label(fake, label_map)


def classification_discriminator(real: Tensor, label_map: Tensor, fake: Tensor) -> Tensor:
    """OASIS (Schönfeld et al. 2021, arXiv:2012.04781), equation 1; shapes as for the generator."""
    generated = torch.full_like(fake[:, 0], fake.shape[1] - 1, dtype=torch.long)
    return _cross_entropy_by_label(real, label_map) + F.cross_entropy(fake, generated)


def _cross_entropy_by_label(logits: Tensor, label_map: Tensor, least: int = 64) -> Tensor:
    """Cross entropy with labels of equal weight; less for those of fewer than `least` pixels."""
    counts = torch.bincount(label_map.flatten(), minlength=logits.shape[1])
    return F.cross_entropy(logits, label_map, weight=1.0 / counts.clamp_min(least))


def kl_free_bits(mu: Tensor, logvar: Tensor, free_nats: float) -> Tensor:
    """KL divergence to the standard normal, [N, D] -> scalar, with a floor for each component.

    Kingma and Welling 2014 (arXiv:1312.6114), appendix B; free bits as in Kingma et al. 2016
    (arXiv:1606.04934), section C.8: below `free_nats` a component has no gradient.
    """
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar)  # [N, D]
    return kl.mean(0).clamp_min(free_nats).sum()


def mode_seeking(images: Tensor, z: Tensor, side_px: int = 16) -> Tensor:
    """Mode seeking (Mao et al. 2019, arXiv:1903.05628, section 3.2).

    Each picture [N, 3, H, W] is compared with its neighbour in the batch, z [N, D] likewise; the
    loss is the inverse of the ratio of distances. Pictures are compared as layouts: shrunk, with
    mean 0 and deviation 1 each, so that a mere change of brightness is no difference.
    """
    small = F.adaptive_avg_pool2d(images, side_px).flatten(1)
    layout = (small - small.mean(1, keepdim=True)) / (small.std(1, keepdim=True) + 0.05)
    apart = (layout - layout.roll(1, 0)).abs().mean()
    return (z - z.roll(1, 0)).abs().mean() / (apart + 1e-3)
