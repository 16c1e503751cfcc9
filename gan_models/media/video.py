"""Write frames to an MP4, animated GIF or animated WebP, by the file's suffix."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from gan_models.media import xmp, xmp_files
from gan_models.media.images import provenance_of
from gan_models.media.mark import marked
from gan_models.media.provenance import Provenance

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer
    from av.video.stream import VideoStream

SUFFIXES = (".mp4", ".gif", ".webp")
MAX_FPS = 60
_MAX_BYTES_IN_MEMORY = 2_000_000_000
_TICK = Fraction(1, 90_000)  # of a second: the clock of MPEG
_TICK_MS = 1000 * _TICK


class VideoWriter:
    """A moving picture written frame by frame; use as a context manager.

    MP4 (H.264, through PyAV) is encoded as frames come; GIF and WebP hold them until the end. The
    file appears only when everything was written.

    A film with a provenance states it and its origin in XMP, an MP4 the origin in its comment, too;
    its frames get the visible mark that the host has switched on.

    Args:
        path: ends in .mp4, .gif or .webp, in any letter case.
        fps: frames a second where frames have no duration of their own, 1 to 60, whole or not.
        num_frames: how many will come, if that is known.
        provenance: of the film; by default that of the last frame that has one.

    Raises:
        ValueError: another suffix, fps outside 1 to 60, or a GIF or WebP too large to hold.
    """

    def __init__(
        self,
        path: Path | str,
        fps: float = 24,
        num_frames: int = 0,
        provenance: Provenance | None = None,
    ) -> None:
        self.path = Path(path)
        self.fps = check_video(self.path, fps)
        self._given, self._provenance = provenance, provenance
        self._num_frames = num_frames
        self._suffix = self.path.suffix.lower()
        self._frames: list[Image.Image] = []
        self._ends_ms = [0.0]  # when the frames so far end
        self._encoder: _Encoder | None = None
        self._part = self.path.with_name(f".{self.path.stem}.{os.getpid()}.part{self._suffix}")

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
                self._part.replace(self.path)
        finally:
            if self._encoder is not None:
                self._encoder.close()
            self._part.unlink(missing_ok=True)

    def add(self, frame: Image.Image, duration_ms: float | None = None) -> None:
        """Append one frame; all have the first one's size.

        Args:
            duration_ms: how long it lasts; None: as `fps` gives.
        """
        if duration_ms is not None:
            duration_ms = max(float(duration_ms), 1.0)
        self._provenance = self._given or provenance_of(frame) or self._provenance
        if self._provenance is not None:
            frame = marked(frame)
        end_ms = self._ends_ms[-1] + (duration_ms or float(1000 / self.fps))
        if self._suffix == ".mp4":
            if self._encoder is None:
                comment = "" if self._provenance is None else _comment(self._provenance)
                self._encoder = _Encoder(self._part, self.fps, comment)
            span_ms = None if duration_ms is None else (self._ends_ms[-1], end_ms)
            self._encoder.add(frame, span_ms)
        else:
            self._check_memory(frame)
            self._frames.append(frame.convert("RGB"))
        self._ends_ms.append(end_ms)

    def _finish(self) -> None:
        packet = None if self._provenance is None else xmp.packet(self._provenance)
        if self._encoder is not None:
            self._encoder.finish()
            self._encoder = None
            if packet is not None:
                xmp_files.add_to_mp4(self._part, packet)
        elif self._frames:
            extra: dict[str, Any] = {}
            if self._suffix == ".webp":
                extra = {"quality": 90, "method": 2} | ({"xmp": packet} if packet else {})
            self._frames[0].save(
                self._part,
                save_all=True,
                append_images=self._frames[1:],
                duration=self._durations_ms(),
                loop=0,
                **extra,
            )
            if packet is not None and self._suffix == ".gif":
                xmp_files.add_to_gif(self._part, packet)
        else:
            raise ValueError("A moving picture needs frames; none were made.")

    def _durations_ms(self) -> list[int]:
        """How long each frame lasts; GIF counts in hundredths, so the rounding is spread out.

        Browsers slow GIF frames under 20 ms down to 100 ms, so those get 20.
        """
        unit, least, most = (10, 20, 655_350) if self._suffix == ".gif" else (1, 1, 2**24 - 1)
        durations, elapsed = [], 0
        for end in self._ends_ms[1:]:
            wanted = round((end - elapsed) / unit) * unit
            durations.append(min(max(wanted, least), most))
            elapsed += durations[-1]
        return durations

    def _check_memory(self, frame: Image.Image) -> None:
        width, height = frame.size
        count = max(self._num_frames, len(self._frames) + 1)
        if width * height * 3 * count > _MAX_BYTES_IN_MEMORY:
            raise ValueError(
                f"{count} frames of {width}x{height} are too many for {self._suffix}; "
                "choose .mp4 or fewer frames."
            )


def check_video(path: Path, fps: float) -> Fraction:
    """Refuse a moving picture that cannot be written, before any frame is made; return its rate.

    The rates of television, 23.976, 29.97 and so on, become 24000/1001, 30000/1001 and so on.

    Raises:
        ValueError: the suffix is not .mp4, .gif or .webp, or fps is not 1 to 60.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path.name} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    if not 1 <= fps <= MAX_FPS:  # also refuses NaN
        raise ValueError(f"Frames per second go from 1 to {MAX_FPS}, not {fps}.")
    television = Fraction(1000 * round(fps * 1.001), 1001)
    if fps != round(fps) and abs(television - Fraction(fps)) < 0.005:
        return television
    return Fraction(fps).limit_denominator(1001)


def _comment(provenance: Provenance) -> str:
    """What players show of a film's origin."""
    return f"Made with {xmp.CREATOR}. Digital source type: {xmp.term(provenance)}"


class _Encoder:
    """An MP4 file that is encoded frame by frame.

    Args:
        path: of the file.
        fps: frames a second.
        comment: for the file's metadata; empty: none.
    """

    def __init__(self, path: Path, fps: Fraction, comment: str) -> None:
        import av  # takes a while to load, and only videos need it

        options = {"movflags": "+faststart"}
        self._fps = fps
        self._container: OutputContainer = av.open(str(path), "w", format="mp4", options=options)
        if comment:
            self._container.metadata["comment"] = comment
        self._stream: VideoStream | None = None
        self._ticks: dict[int, int] = {}  # duration of the frame that begins at a tick

    def add(self, frame: Image.Image, span_ms: tuple[float, float] | None) -> None:
        """Encode a frame.

        Args:
            span_ms: when it begins and ends; None: at the stream's rate.
        """
        from av import VideoFrame

        if self._stream is None:
            self._stream = self._add_stream(frame.size, timed=span_ms is not None)
        picture = VideoFrame.from_image(_even(frame))
        if span_ms is not None:
            start, end = (round(time / _TICK_MS) for time in span_ms)
            picture.pts, picture.time_base = start, _TICK
            self._ticks[start] = end - start
        self._mux(self._stream.encode(picture))

    def _add_stream(self, size: tuple[int, int], timed: bool) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._fps)
        stream.width, stream.height = (side + side % 2 for side in size)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "14", "preset": "medium"}
        if timed:  # without B-frames the last packet is the last frame, whose duration counts
            stream.codec_context.time_base = _TICK
            stream.options |= {"bf": "0"}
        return stream

    def finish(self) -> None:
        """Encode what is pending and close the file."""
        if self._stream is not None:
            self._mux(self._stream.encode())
        self.close()

    def close(self) -> None:
        """Close the file, complete or not."""
        self._container.close()

    def _mux(self, packets: Iterable[av.Packet]) -> None:
        for packet in packets:
            if self._ticks and packet.pts is not None:
                packet.duration = self._ticks[packet.pts]
            self._container.mux(packet)


def _even(frame: Image.Image) -> Image.Image:
    """H.264 with 4:2:0 colour takes even sides only: repeat the last row or column."""
    width, height = frame.size
    if width % 2 == height % 2 == 0:
        return frame.convert("RGB")
    padded = Image.new("RGB", (width + width % 2, height + height % 2))
    padded.paste(frame.convert("RGB").resize(padded.size, Image.Resampling.NEAREST))
    padded.paste(frame, (0, 0))
    return padded
