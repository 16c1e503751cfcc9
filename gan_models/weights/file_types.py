"""The type of a weights file, by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path


def kind_of(path: Path) -> str:
    """torch, safetensors, pickle, page, pointer, empty or other: a file by its first bytes."""
    with open(path, "rb") as file:
        head = file.read(64)
    if not head:
        return "empty"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32:
        return "safetensors"
    if head.startswith(b"PK\x03\x04"):
        return "torch"
    if re.match(rb"\x80[\x02-\x05]", head):
        # torch's old format is a pickle that starts with its magic number
        return "torch" if b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19" in head else "pickle"
    if head.startswith(b"version https://git-lfs"):
        return "pointer"
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.IGNORECASE):
        return "page"
    return "other"
