"""Write frames to MP4, GIF and WebP, and decode them."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan_models.media.video import VideoWriter
from tests.media.films import write_film


def frames_of(count: int, size: tuple[int, int] = (32, 32)) -> list[Image.Image]:
    shades = np.linspace(20, 230, count)
    return [Image.new("RGB", size, (int(shade), 90, 255 - int(shade))) for shade in shades]


def decode(path) -> list[np.ndarray]:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with Image.open(path) as picture:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
@pytest.mark.parametrize("size", [(32, 32), (33, 17)])
def test_every_frame_is_decoded_close_to_the_original(tmp_path, suffix, size):
    frames = frames_of(12, size)
    path = tmp_path / f"walk{suffix}"
    write_film(frames, path, fps=25)
    back = decode(path)
    assert len(back) == 12
    for frame, array in zip(frames, back, strict=True):
        inside = array[: size[1], : size[0]].astype(int)
        assert np.abs(inside.mean((0, 1)) - np.asarray(frame).mean((0, 1))).max() < 8


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_no_file_is_left_when_writing_fails(tmp_path, suffix):
    def broken():
        yield frames_of(1)[0]
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_film(broken(), tmp_path / f"walk{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_gif_durations_add_up_to_the_frame_rate(tmp_path):
    path = tmp_path / "walk.gif"
    write_film(frames_of(30), path, fps=30)
    with Image.open(path) as picture:
        total = sum(frame.info["duration"] for frame in ImageSequence.Iterator(picture))
    assert total == 1000


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (29.97, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (12.5, Fraction(25, 2)),
        (25, Fraction(25)),
        (1, Fraction(1)),
    ],
)
def test_rates_need_not_be_whole(tmp_path, fps, rate):
    write_film(frames_of(12), tmp_path / "walk.mp4", fps=fps)
    with av.open(str(tmp_path / "walk.mp4")) as container:
        assert container.streams.video[0].average_rate == rate
    for suffix in (".gif", ".webp"):
        write_film(frames_of(12), tmp_path / f"walk{suffix}", fps=fps)
        shown = sum(durations_ms(tmp_path / f"walk{suffix}"))
        fastest = 50 if suffix == ".gif" else 60  # of a GIF in browsers
        assert shown == pytest.approx(12_000 / min(fps, fastest), abs=10)


@pytest.mark.parametrize("name", ["WALK.MP4", "Walk.Gif", "walk.WEBP"])
def test_suffixes_are_accepted_in_any_case(tmp_path, name):
    write_film(frames_of(3), tmp_path / name, fps=5)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    clip = tmp_path / name.lower()
    (tmp_path / name).rename(clip)
    assert len(decode(clip)) == 3


TIMES_MS = [[3000] * 4, [100, 100, 100, 5000], [40, 1200, 20, 700], [80] * 6, [1001 / 30] * 9]


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
@pytest.mark.parametrize("times", TIMES_MS)
def test_every_frame_keeps_its_own_time(tmp_path, suffix, times):
    path = tmp_path / f"slides{suffix}"
    with VideoWriter(path) as writer:
        for frame, time in zip(frames_of(len(times)), times, strict=True):
            writer.add(frame, time)
    shown = durations_ms(path)
    assert len(shown) == len(times)
    unit = {".mp4": 0.1, ".gif": 10, ".webp": 1}[suffix]
    assert np.abs(np.subtract(shown, times)).max() <= unit
    assert sum(shown) == pytest.approx(sum(times), abs=unit)
    assert len(decode(path)) == len(times)


def durations_ms(path) -> list[float]:
    """How long each frame of a film lasts."""
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            length = container.duration / 1000
            starts = [1000 * frame.time for frame in container.decode(video=0)]
        return np.diff([*starts, length]).tolist()
    with Image.open(path) as picture:
        shown = []
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            shown.append(frame.info["duration"])
        return shown


@pytest.mark.parametrize(
    ("name", "fps"),
    [("a.avi", 24), ("a.mp4", 0), ("a.mp4", 61), ("a.gif", 60.5), ("a.mp4", float("nan"))],
)
def test_what_cannot_be_written_is_refused_at_once(tmp_path, name, fps):
    with pytest.raises(ValueError, match=r"must end in|per second"):
        VideoWriter(tmp_path / name, fps)


def test_a_gif_too_large_for_memory_is_refused_at_the_first_frame(tmp_path):
    with (
        pytest.raises(ValueError, match=r"choose \.mp4"),
        VideoWriter(tmp_path / "a.gif", 24, num_frames=3600) as writer,
    ):
        writer.add(Image.new("RGB", (1024, 1024)))
