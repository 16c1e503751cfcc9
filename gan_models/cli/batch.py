"""Process many pictures in one call; errors of single pictures are reported at the end."""

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
    """Input pictures and the files to write.

    Args:
        inputs, outputs: in pairs.
        notify: called with each remark on a readable picture, one line.
        faults: error messages by input.
    """

    inputs: Sequence[Path]
    outputs: Sequence[Path]
    notify: Callable[[str], None]
    faults: dict[Path, str] = field(default_factory=dict)

    def check_heads(self) -> None:
        """Read the header of every file before the work starts.

        Raises:
            ValueError: none can be read.
        """
        for path in self.inputs:
            try:
                if not path.is_file():
                    raise ValueError(f"There is no file {path}; check the path.")
                if photos.count_frames(path) > 1:
                    self.notify(f"{path.name} is animated: its first picture is taken.")
            except Fault as error:
                self._add_fault(path, error)
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
                    self.notify(note)
                made = make(photo)
            except Fault as error:
                self._add_fault(path, error)
            else:
                write_png(made, out)

    def report(self) -> None:
        """Report which pictures could not be made.

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

    def _add_fault(self, path: Path, error: Exception) -> None:
        reason = "There is not enough memory for it."
        if not isinstance(error, MemoryError):
            reason = getattr(error, "strerror", None) or str(error)
        named = path.name in reason
        self.faults[path] = reason if named else f"{path.name}: {reason}"
