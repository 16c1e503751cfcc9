"""Types of what networks say of themselves; annotations alone, no values.

`nn.Module` gives every attribute the type `Tensor | Module`; these classes give those that other
packages read their own.
"""

from __future__ import annotations

from typing import Any

from torch import nn


class Network(nn.Module):
    """A network that can be rebuilt from `family` and `config`."""

    family: str
    config: dict[str, Any]
