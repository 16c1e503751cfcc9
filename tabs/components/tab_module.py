"""The interface of the modules that lay out a tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class TabModule(Protocol):
    """A module that lays out a tab."""

    @property
    def TITLE(self) -> str:  # noqa: N802 - a constant of the module
        """The label of the tab, and its id."""
        ...

    @property
    def ELEM_ID(self) -> str:  # noqa: N802
        """The element id of the tab."""
        ...

    @property
    def build(self) -> Callable[..., Any]:
        """Lay out the tab inside an open `gr.Tab`; returns what other tabs connect to."""
        ...
