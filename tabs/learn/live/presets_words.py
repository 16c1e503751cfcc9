"""The presets in words: what to look for."""

from __future__ import annotations

PRESETS: dict[str, tuple[str, ...]] = {}
