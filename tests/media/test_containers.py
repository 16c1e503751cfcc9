"""Films are opened by their first bytes; files that refer to other files are no films."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from gan_models.media.containers import HEAD_BYTES, video_kind
from gan_models.media.photos import read_clip

CONTAINERS = {
    "film.mp4": ("mp4", "libx264"),
    "film.mov": ("mov", "mjpeg"),
    "film.mkv": ("matroska", "libx264"),
    "film.webm": ("webm", "libvpx"),
    "film.avi": ("avi", "mpeg4"),
}


def film(path, container="mp4", codec="libx264", num=3):
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for i in range(num):
            frame = Image.fromarray(np.full((48, 64, 3), 60 * i + 40, np.uint8))
            out.mux(stream.encode(av.VideoFrame.from_image(frame)))
        out.mux(stream.encode())
    return path


def references(target):
    """Texts that ffmpeg accepts as films and that refer to another file, by kind."""
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
        "hls by address": f"#EXTM3U\n#EXTINF:1,\nfile://{target}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile {target}\n",
        "concat by a relative name": f"ffconcat version 1.0\nfile {target.name}\n",
        "session": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns={target}\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>",
    }


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm", ".mkv", ".avi", ".MP4"])
@pytest.mark.parametrize("kind", references(Path("a")))
def test_a_text_that_names_another_file_is_no_film(tmp_path, kind, suffix):
    target = film(tmp_path / "secret.mp4")
    path = tmp_path / f"upload{suffix}"
    path.write_text(references(target)[kind])
    with pytest.raises(ValueError, match="no video that can be read"):
        read_clip(path)


def test_ffmpeg_by_itself_would_read_the_other_file(tmp_path):
    target = film(tmp_path / "secret.mp4")
    path = tmp_path / "upload.mp4"
    path.write_text(references(target)["concat by a relative name"])
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 3


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_is_read(tmp_path, name):
    assert len(read_clip(film(tmp_path / name, *CONTAINERS[name])).frames) == 3


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_film_of_a_wrong_name_is_read_as_what_it_is(tmp_path, name):
    path = film(tmp_path / name, *CONTAINERS[name])
    for suffix in (".mp4", ".mkv", ".avi"):
        renamed = path.rename(tmp_path / f"other{suffix}")
        assert len(read_clip(renamed).frames) == 3
        path = renamed


def test_quicktime_without_a_brand_is_read(tmp_path):
    data = film(tmp_path / "film.mov", "mov", "mjpeg").read_bytes()
    length = int.from_bytes(data[:4], "big")
    assert data[4:8] == b"ftyp"
    # the positions of the samples are absolute: an atom of the same length keeps them
    (tmp_path / "old.mov").write_bytes(data[:4] + b"free" + data[8:length] + data[length:])
    assert len(read_clip(tmp_path / "old.mov").frames) == 3


@pytest.mark.parametrize(
    "head", [b"", b"\0", b"free", b"our free text", b"a b free wide moov", b"<svg", b"RIFF1234WEBP"]
)
def test_other_beginnings_are_no_container(head):
    assert video_kind(head[:HEAD_BYTES]) == ""
