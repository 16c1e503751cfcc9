"""Frames to a moving picture: MP4, animated GIF or animated WebP, by the file's suffix."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

SUFFIXES = (".mp4", ".gif", ".webp")
MAX_FPS = 60
_MAX_BYTES_IN_MEMORY = 2_000_000_000


class VideoWriter:
    """A moving picture written frame by frame; use as a context manager.

    MP4 (H.264, through PyAV) is encoded as frames come; GIF and WebP keep them until the end. The
    file appears only when all went well.

    Raises:
        ValueError: another suffix, fps outside 1 to 60, or a GIF or WebP too large to hold.
    """

    def __init__(self, path: Path | str, fps: int = 24, num_frames: int = 0) -> None:
        self.path = Path(path)
        self.fps = int(fps)
        self._num_frames = num_frames
        check_video(self.path, self.fps)
        self._frames: list[Image.Image] = []
        self._container = self._stream = None
        self._part = self.path.with_name(self.path.stem + ".part" + self.path.suffix)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
                self._part.replace(self.path)
        finally:
            if self._container is not None:
                self._container.close()
            self._part.unlink(missing_ok=True)

    def add(self, frame: Image.Image) -> None:
        """Append one frame; all have the first one's size."""
        if self.path.suffix != ".mp4":
            self._check_memory(frame)
            self._frames.append(frame.convert("RGB"))
            return
        import av  # takes a while to load, and only videos need it

        if self._container is None:
            self._open(frame.size)
        packets = self._stream.encode(av.VideoFrame.from_image(_even(frame)))
        self._container.mux(packets)

    def _open(self, size: tuple[int, int]) -> None:
        import av

        self._container = av.open(str(self._part), "w", options={"movflags": "+faststart"})
        self._stream = self._container.add_stream("libx264", rate=self.fps)
        self._stream.width, self._stream.height = (side + side % 2 for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "14", "preset": "medium"}

    def _finish(self) -> None:
        if self._container is not None:
            self._container.mux(self._stream.encode())
            self._container.close()
            self._container = None
        elif self._frames:
            extra = {"quality": 90, "method": 2} if self.path.suffix == ".webp" else {}
            self._frames[0].save(
                self._part,
                save_all=True,
                append_images=self._frames[1:],
                duration=self._durations_ms(),
                loop=0,
                **extra,
            )
        else:
            raise ValueError("A moving picture needs frames; none were made.")

    def _durations_ms(self) -> list[int]:
        """How long each frame stands; GIF counts in hundredths, so the rounding is spread out.

        Browsers slow GIF frames under 20 ms down to 100 ms, so 50 a second is the most there.
        """
        gif = self.path.suffix == ".gif"
        unit, fps = (10, min(self.fps, 50)) if gif else (1, self.fps)
        ends = [round((k + 1) * 1000 / fps / unit) * unit for k in range(len(self._frames))]
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]

    def _check_memory(self, frame: Image.Image) -> None:
        width, height = frame.size
        count = max(self._num_frames, len(self._frames) + 1)
        if width * height * 3 * count > _MAX_BYTES_IN_MEMORY:
            raise ValueError(
                f"{count} frames of {width}x{height} are too many for {self.path.suffix}; "
                "choose .mp4 or fewer frames."
            )


def check_video(path: Path, fps: int) -> None:
    """Refuse a moving picture that cannot be written, before any frame is made.

    Raises:
        ValueError: the suffix is not .mp4, .gif or .webp, or fps is not 1 to 60.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path.name} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    if not 1 <= fps <= MAX_FPS:
        raise ValueError(f"Frames per second go from 1 to {MAX_FPS}, not {fps}.")


def write_video(frames: Iterable[Image.Image], path: Path | str, fps: int = 24) -> None:
    """Write all frames to `path`; see `VideoWriter`."""
    with VideoWriter(path, fps) as writer:
        for frame in frames:
            writer.add(frame)


def _even(frame: Image.Image) -> Image.Image:
    """H.264 with 4:2:0 colour takes even sides only: repeat the last row or column."""
    width, height = frame.size
    if width % 2 == height % 2 == 0:
        return frame.convert("RGB")
    padded = Image.new("RGB", (width + width % 2, height + height % 2))
    padded.paste(frame.convert("RGB").resize(padded.size, Image.Resampling.NEAREST))
    padded.paste(frame, (0, 0))
    return padded
