"""Typed base classes of the networks.

`nn.Module` gives every attribute the type `Tensor | Module`. These classes declare the types of the
attributes that other packages read, without values. A declared attribute exists only where the
family has it: test optional ones with `hasattr`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from torch import nn

if TYPE_CHECKING:
    from gan_models.networks.mapping import MappingNetwork


ModuleT = TypeVar("ModuleT", bound=nn.Module)


def typed_modules(modules: Iterable[nn.Module], kind: type[ModuleT]) -> list[ModuleT]:
    """The modules of an `nn.ModuleList`, which does not keep their type, as a list of `kind`.

    Nothing is checked or converted.
    """
    return cast("list[ModuleT]", list(modules))


class Synthesis(nn.Module):
    """The synthesis network of a StyleGAN: ws [N, num_ws, w_dim] -> images."""

    w_dim: int
    num_ws: int
    img_resolution: int
    blocks: nn.ModuleList  # StyleGAN2


class Network(nn.Module):
    """A network that `networks.build` makes from `family` and `config`."""

    family: str
    img_channels: int
    num_classes: int  # classes or labels; 0: none

    # latent and class generators
    img_resolution: int
    z_dim: int
    c_dim: int
    w_dim: int
    num_ws: int
    mapping: MappingNetwork
    synthesis: Synthesis

    # translators and restoration networks
    in_channels: int
    out_channels: int
    scale: int  # output size / input size
    factor: int  # the same of `Upscaler`

    # semantic generators and style encoders
    num_labels: int
    crop_size: int
    img_size: int

    if TYPE_CHECKING:  # at run time only the families have it, so `hasattr` tells

        @property
        def config(self) -> dict[str, Any]:
            """The constructor arguments that build this network again."""
            ...
