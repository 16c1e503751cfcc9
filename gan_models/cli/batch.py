"""Many pictures in one call: a bad one is told at the end, and the others are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from gan_models.cli.outputs import write_png
from gan_models.media import photos

Fault = ValueError, OSError, MemoryError  # of one picture


@dataclass
class Batch:
    """Pictures on their way to their outputs.

    Args:
        inputs, outputs: in pairs.
        say: hears what is worth knowing of a good picture, a line each.
    """

    inputs: Sequence[Path]
    outputs: Sequence[Path]
    say: Callable[[str], None]
    faults: dict[Path, str] = field(default_factory=dict)  # by input

    def check_heads(self) -> None:
        """Look at every file before the work begins.

        Raises:
            ValueError: none can be read.
        """
        for path in self.inputs:
            try:
                if not path.is_file():
                    raise ValueError(f"There is no file {path}; check the path.")
                if photos.count_frames(path) > 1:
                    self.say(f"{path.name} is animated: its first picture is taken.")
            except Fault as error:
                self._note(path, error)
        if len(self.faults) == len(self.inputs):
            self.report()

    def run(self, make: Callable[[Image.Image], Image.Image]) -> None:
        """Make each picture and write it.

        Raises:
            WeightsError: an output cannot be written.
        """
        for path, out in zip(self.inputs, self.outputs, strict=True):
            if path in self.faults:
                continue
            try:
                photo = photos.read_photo(path)
                if note := photos.depth_note(path, photo):
                    self.say(note)
                made = make(photo)
            except Fault as error:
                self._note(path, error)
            else:
                write_png(made, out)

    def report(self) -> None:
        """Say which pictures were not made.

        Raises:
            ValueError: there are some.
        """
        if not self.faults:
            return
        reasons = " ".join(self.faults.values())
        count, bad = len(self.inputs), len(self.faults)
        if count == 1:
            raise ValueError(reasons)
        rest = f" The other {count - bad} are in {self.outputs[0].parent}." if bad < count else ""
        raise ValueError(f"{bad} of {count} pictures could not be made. {reasons}{rest}")

    def _note(self, path: Path, error: Exception) -> None:
        reason = "There is not enough memory for it."
        if not isinstance(error, MemoryError):
            reason = getattr(error, "strerror", None) or str(error)
        named = path.name in reason
        self.faults[path] = reason if named else f"{path.name}: {reason}"
