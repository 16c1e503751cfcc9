"""Find the generator's state dict in a checkpoint, which may be nested in several ways.

Every dictionary of tensors, up to `MAX_DEPTH` levels deep, is a candidate, and so are the tensors
under one prefix of a flat dictionary ("generator.main.0.weight"). Of those whose names fit the
format, the running average comes first, then the generator itself by its usual keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gan_models.convert.reading import SIGNATURES, FormatError, Tensors, looks_like

MAX_DEPTH = 3
MOST_NAMED = 12  # keys in an error
WRAPPERS = ("module.", "_orig_mod.")  # of nn.DataParallel and torch.compile
ENCODER = "spade-nvlabs encoder"
_SIGNATURES = SIGNATURES | {ENCODER: r"fc_mu\.weight"}

# the words of a key, in lower case
AVERAGES = {"ema", "gema", "averaged", "average", "avg", "running", "shadow", "swa"}
GENERATORS = (
    *({"generator"}, {"g", "gen"}, {"netg"}, {"model", "net", "network"}, {"state", "params"}),
    {"weights"},
)
OTHERS = {"d", "dis", "disc", "discriminator", "netd", "critic", "e", "encoder", "nete"}
OPTIMISERS = ("optim", "opt_", "sched")  # parts of their keys


@dataclass(frozen=True)
class Candidate:
    """One state dict: the keys that lead to it, and its tensors without wrappers' prefixes."""

    path: tuple[str, ...]
    tensors: Tensors

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Sort key, the best first: not another network, an average, a usual key."""
        words = set().union(*map(_words, self.path))
        averages = sum(bool(AVERAGES & _words(key)) for key in self.path)
        usual = [place for place, names in enumerate(GENERATORS) if names & words]
        place = min(usual, default=len(GENERATORS))
        return bool(OTHERS & words), -averages, place

    @property
    def is_named(self) -> bool:
        """Whether its keys say that it is a generator."""
        other, averages, place = self.rank
        return not other and (averages < 0 or place < len(GENERATORS))

    def fits(self, format: str | None) -> bool:
        """Whether it has the names of a format; None: of any."""
        if format not in _SIGNATURES:
            return looks_like(self.tensors) is not None
        return any(re.fullmatch(_SIGNATURES[format], key) for key in self.tensors)


def holds_tensors(content: Any) -> bool:
    """Whether there is a state dict in a file's content."""
    return any(True for _ in _candidates(content, ()))


def unwrap(content: Any, format: str | None = None) -> tuple[Tensors, dict[str, Any]]:
    """Find the generator's tensors in a file's content, and the entries beside them.

    Args:
        content: what the file holds.
        format: whose names are searched; None: those of any format.

    Returns:
        The tensors, and the entries beside them at every level, the nearest first.

    Raises:
        FormatError: there is no state dict, or it is ambiguous which is the generator's; the
            message lists the keys.
    """
    candidates = list(_candidates(content, ()))
    if not candidates:
        raise FormatError(
            f"This file holds no state dict{_keys_here(content)}. Save the generator's "
            "`state_dict()` and try again."
        )
    chosen = _choose(candidates, format)
    if chosen is None:
        raise FormatError(
            f"This file holds no state dict that has the names of {_wanted(format)}"
            f"{_keys_here(content)}. Save the generator's `state_dict()` under 'generator', or "
            "alone, and try again."
        )
    return chosen.tensors, _beside(content, chosen.path)


def _choose(candidates: list[Candidate], format: str | None) -> Candidate | None:
    """The generator's state dict; None: there is none.

    Raises:
        FormatError: several are.
    """
    fitting = [one for one in candidates if one.fits(format)]
    if not fitting:
        whole = [one for one in candidates if one.path in ((), ("state_dict",))]
        named = [one for one in candidates if one.is_named]
        known = [one for one in candidates if one.fits(None)]
        if len(candidates) == 1 and (whole or format):
            return candidates[0]
        if format and (known or named):  # the format's loader reports what does not fit
            return min(known or named, key=lambda one: one.rank)
        return None
    best = min(one.rank for one in fitting)
    first = [one for one in fitting if one.rank == best]
    if len(first) > 1:
        names = ", ".join(repr(".".join(one.path)) for one in first[:MOST_NAMED])
        raise FormatError(
            f"This file holds several generators, under {names}. Save the one you want alone, with "
            "`torch.save(checkpoint[key], ...)`, and open that."
        )
    return first[0]


def _candidates(content: Any, path: tuple[str, ...]) -> Iterator[Candidate]:
    """The state dicts in a dictionary and in those inside it."""
    if not isinstance(content, Mapping) or "_parameters" in content:  # of a whole network
        return
    if path and any(part in f"{path[-1]}_".lower() for part in OPTIMISERS):
        return
    entries = content.items()
    tensors = {key: v for key, v in entries if isinstance(key, str) and isinstance(v, Tensor)}
    if tensors:
        tensors = _without_wrappers(tensors)
        whole = Candidate(path, tensors)
        yield whole
        if not whole.fits(None):
            yield from _prefixed(tensors, path)
    if len(path) < MAX_DEPTH:
        for key, value in entries:
            yield from _candidates(value, (*path, str(key)))


def _prefixed(tensors: Tensors, path: tuple[str, ...], levels: int = 2) -> Iterator[Candidate]:
    """The tensors under each first part of their keys that have the names of a known format."""
    groups: dict[str, Tensors] = {}
    for key, tensor in tensors.items():
        prefix, dot, rest = key.partition(".")
        if dot:
            groups.setdefault(prefix, {})[rest] = tensor
    for prefix, group in groups.items():
        one = Candidate((*path, prefix), _without_wrappers(group))
        if one.fits(None):
            yield one
        elif levels > 1:
            yield from _prefixed(one.tensors, one.path, levels - 1)


def _without_wrappers(tensors: Tensors) -> Tensors:
    """Keys without the prefixes that all of them have from wrappers."""
    for prefix in WRAPPERS * 2:
        if all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return tensors


def _words(key: str) -> set[str]:
    """The words of a key in lower case: "netG_A2B" has "netg" and "a2b"."""
    apart = re.sub(r"(?<=ema)(?=[A-Z])|(?<=[a-z])(?=(EMA|Ema)\b)", "_", key)
    return {word for word in re.split(r"[\W_]+", apart.lower()) if word}


def _beside(content: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The entries beside a state dict, and beside the dictionaries that contain it."""
    beside: dict[str, Any] = {}
    level: Any = content
    for step in path:
        if not isinstance(level, Mapping):
            break
        beside |= {key: value for key, value in level.items() if str(key) != step}
        level = level.get(step)
    return beside


def _wanted(format: str | None) -> str:
    return f"a {format} generator" if format in SIGNATURES else "a generator that is known here"


def _keys_here(content: Any) -> str:
    """The keys of a file, with the type of each value and the first key of dictionaries."""
    if not isinstance(content, Mapping) or not content:
        return ""
    listed = [f"{key!r} ({_what(value)})" for key, value in list(content.items())[:MOST_NAMED]]
    more = f" and {len(content) - MOST_NAMED} more" if len(content) > MOST_NAMED else ""
    return f"; the keys here are {', '.join(listed)}{more}"


def _what(value: Any) -> str:
    if isinstance(value, Mapping) and value:
        return f"a dictionary that begins with {next(iter(value))!r}"
    return "a tensor" if isinstance(value, Tensor) else type(value).__name__
