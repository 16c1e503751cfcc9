"""Every format states what a file is and how it was made, to our reader and to others."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import av
import numpy as np
import pytest
from PIL import Image

from gan_models.media import provenance as data
from gan_models.media.images import (
    add_provenance,
    grid,
    provenance_of,
    read_provenance,
    save_picture,
    save_png,
)
from gan_models.media.openraster import Layer, save_openraster
from gan_models.media.photos import count_frames, read_clip, read_photo
from gan_models.media.video import VideoWriter
from tests.media.readers import TERMS, origin, xmp_of

AWKWARD = {"task": "latent", "model": "x", "seed": 7, "note": "ψ 雪 <&\"' ]]> \x01 \\u0041 &amp;"}
STILLS = {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP"}
FILMS = (".gif", ".mp4", ".webp")


def noise(seed: int = 0, size: tuple[int, int] = (48, 40), mode: str = "RGB") -> Image.Image:
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    shape = (size[1], size[0], *channels)
    return Image.fromarray(np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8))


def write(path, *provenances, **facts):
    """A still of one provenance, or a film of several."""
    if len(provenances) == 1 and path.suffix in STILLS:
        save_picture(add_provenance(noise(), provenances[0]), path, STILLS[path.suffix])
    else:
        with VideoWriter(path, 8, **facts) as writer:
            for k, one in enumerate(provenances):
                writer.add(add_provenance(noise(k), one))
    return path


ALL = [*((suffix, 1) for suffix in STILLS), *((suffix, 3) for suffix in FILMS)]


@pytest.mark.parametrize(("suffix", "count"), ALL)
def test_every_format_states_its_origin_and_gives_its_provenance_back(tmp_path, suffix, count):
    path = write(tmp_path / f"a{suffix}", *[AWKWARD] * count)
    assert origin(path) == {"tool": "Ganvas", "source": "trainedAlgorithmicMedia"}
    assert read_provenance(path) == AWKWARD
    assert (len(read_clip(path).frames) if count > 1 else count_frames(path)) == count


@pytest.mark.parametrize(("suffix", "count"), ALL)
def test_the_same_picture_gives_the_same_bytes(tmp_path, suffix, count):
    first, second = (write(tmp_path / f"{name}{suffix}", *[AWKWARD] * count) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(("suffix", "count"), ALL)
def test_a_picture_of_unknown_origin_gets_no_statement(tmp_path, suffix, count):
    path = tmp_path / f"a{suffix}"
    if count == 1:
        save_picture(noise(), path, STILLS[suffix])
    else:
        with VideoWriter(path) as writer:
            for k in range(count):
                writer.add(noise(k))
    assert xmp_of(path) is None
    assert b"digitalsourcetype" not in path.read_bytes()
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(path)


def test_the_text_chunk_of_a_png_is_as_it_was(tmp_path):
    path = write(tmp_path / "a.png", AWKWARD)
    with Image.open(path) as picture:
        assert picture.text["ganvas"] == json.dumps(AWKWARD, ensure_ascii=False, sort_keys=True)
        assert (np.asarray(picture) == np.asarray(noise())).all()


def test_players_show_the_origin_of_an_mp4_in_its_comment(tmp_path):
    with av.open(str(write(tmp_path / "a.mp4", *[AWKWARD] * 2))) as film:
        assert f"{TERMS}trainedAlgorithmicMedia" in film.metadata["comment"]


@pytest.mark.parametrize("suffix", FILMS)
def test_a_film_has_the_provenance_of_its_last_frame_or_the_one_given(tmp_path, suffix):
    frames = [{"task": "semantic", "frame": k} for k in range(3)]
    assert read_provenance(write(tmp_path / f"a{suffix}", *frames))["frame"] == 2
    given = {"task": "translation", "model": "vintage"}
    path = write(tmp_path / f"b{suffix}", *frames, provenance=given)
    assert read_provenance(path) == given
    assert origin(path)["source"] == "compositeWithTrainedAlgorithmicMedia"


TERM_OF = [
    ({"task": "latent"}, "trainedAlgorithmicMedia"),
    ({"task": "class"}, "trainedAlgorithmicMedia"),
    ({"task": "semantic"}, "trainedAlgorithmicMedia"),
    ({"task": "translation"}, "compositeWithTrainedAlgorithmicMedia"),
    ({"task": "restoration"}, "algorithmicallyEnhanced"),
    ({"task": "restoration", "base": {"task": "latent"}}, "trainedAlgorithmicMedia"),
    ({"task": "translation", "base": {"task": "class"}}, "trainedAlgorithmicMedia"),
    (
        {"task": "restoration", "base": {"task": "translation"}},
        "compositeWithTrainedAlgorithmicMedia",
    ),
    (
        {"task": "translation", "base": {"task": "restoration"}},
        "compositeWithTrainedAlgorithmicMedia",
    ),
    ({"task": "samples"}, "trainedAlgorithmicMedia"),
    ({"task": "samples-and-data"}, "compositeSynthetic"),
    (
        {"task": "restoration", "grid": [{}, {"base": {"task": "latent"}}]},
        "trainedAlgorithmicMedia",
    ),
    ({"task": "restoration", "base": [1], "grid": "x"}, "algorithmicallyEnhanced"),
    ({"task": ["x"]}, "trainedAlgorithmicMedia"),
    ({}, "trainedAlgorithmicMedia"),
]


@pytest.mark.parametrize(("provenance", "wanted"), TERM_OF)
def test_the_term_is_that_of_the_task_and_of_what_went_in(tmp_path, provenance, wanted):
    assert origin(write(tmp_path / "a.png", provenance))["source"] == wanted


def test_a_sheet_has_the_provenances_of_its_pictures(tmp_path):
    each = [{"task": "latent", "seed": k, "psi": 0.7} for k in range(5)]
    save_png(
        grid([add_provenance(noise(k), one) for k, one in enumerate(each)]), tmp_path / "a.png"
    )
    found = read_provenance(tmp_path / "a.png")
    assert found == {"task": "latent", "psi": 0.7, "grid": [{"seed": k} for k in range(5)]}
    assert data.pictures_of(found) == each
    assert provenance_of(grid([noise(), noise(1)])) is None


def test_before_an_enlargement_there_were_the_originals():
    originals = [{"task": "latent", "model": "m", "seed": k} for k in (3, 9)]
    large = [{"task": "restoration", "scale": 4, "base": one} for one in originals]
    assert data.before_task(large[0], "restoration") == originals[0]
    assert data.pictures_of(data.before_task(data.combined(large), "restoration")) == originals
    assert data.before_task(originals[1], "restoration") == originals[1]
    photo = {"task": "restoration", "scale": 4}
    assert data.before_task(photo, "restoration") == photo


@pytest.mark.parametrize("suffix", [*STILLS, ".gif"])
def test_a_picture_that_is_read_again_still_has_its_provenance(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", AWKWARD)
    assert provenance_of(read_photo(path)) == AWKWARD


@pytest.mark.parametrize("suffix", FILMS)
def test_the_frames_of_a_clip_have_its_provenance(tmp_path, suffix):
    clip = read_clip(write(tmp_path / f"a{suffix}", *[AWKWARD] * 3))
    assert [provenance_of(frame) for frame in clip.frames] == [AWKWARD] * 3


def test_a_jpeg_leaves_out_a_provenance_that_it_cannot_hold(tmp_path):
    large = {"task": "semantic", "label_map": "A" * 70_000}
    path = write(tmp_path / "a.jpg", large)
    assert origin(path) == {"tool": "Ganvas", "source": "trainedAlgorithmicMedia"}
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(path)
    for suffix in (".png", ".webp", ".gif"):
        assert read_provenance(write(tmp_path / f"a{suffix}", large)) == large


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_all_kinds_of_pixels_can_be_written(tmp_path, suffix, mode):
    picture = add_provenance(noise(mode=mode), AWKWARD)
    save_picture(picture, tmp_path / f"a{suffix}", STILLS[suffix])
    assert read_provenance(tmp_path / f"a{suffix}") == AWKWARD


def test_a_layered_file_states_it_of_its_generated_pictures_alone():
    file = io.BytesIO()
    layers = [Layer("Picture", add_provenance(noise(), AWKWARD)), Layer("Map", noise(1))]
    save_openraster(file, layers)
    with zipfile.ZipFile(file) as archive:
        found = {}
        for name in archive.namelist():
            if name.endswith(".png"):
                with Image.open(archive.open(name)) as picture:
                    found[name] = picture.info.get("xmp")
    assert found.pop("data/layer1.png") is None
    assert len(found) == 3
    assert all(b"trainedAlgorithmicMedia" in packet for packet in found.values())


def test_a_gif_with_a_table_of_colours_and_one_without_keep_their_frames(tmp_path):
    for name, frames in {"a": [noise(k, mode="L") for k in range(3)], "b": [noise()]}.items():
        path = tmp_path / f"{name}.gif"
        with VideoWriter(path, provenance=AWKWARD) as writer:
            for frame in frames:
                writer.add(frame)
        with av.open(str(path)) as film:
            assert sum(1 for _ in film.decode(video=0)) == len(frames)
        assert read_provenance(path) == AWKWARD


# --- files from outside -----------------------------------------------------------------------


def packet(body: str, namespace: str = "urn:ganvas:provenance#") -> bytes:
    return (
        f'<?xpacket begin=""?><x:xmpmeta xmlns:g="{namespace}">{body}</x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def with_packet(path, content: bytes):
    """A file of ours whose packet is another."""
    if path.suffix == ".webp" or path.suffix == ".jpg":
        noise().save(path, xmp=content)
    elif path.suffix == ".gif":
        noise().save(path)
        plain, block = path.read_bytes(), b"!\xff\x0bXMP DataXMP" + content
        path.write_bytes(plain[:-1] + block + bytes([1, *range(255, -1, -1), 0]) + b";")
    else:
        with VideoWriter(path) as writer:
            writer.add(noise())
        uuid = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
        box = struct.pack(">I", 24 + len(content)) + b"uuid" + uuid + content
        path.write_bytes(path.read_bytes() + box)
    return path


ELEMENT = '<g:provenance>{"seed": 3, "a": "&lt;&#x41;&quot;&amp;lt;"}</g:provenance>'
REWRITTEN = {
    "another prefix": ELEMENT,
    "an attribute": "<r:D g:provenance='{&quot;seed&quot;: 3, &quot;a&quot;: &quot;"
    "&lt;&#65;\\&quot;&amp;lt;&quot;}'/>",
}
HOSTILE = {
    "no XML": b"<<<<>>>>",
    "no UTF-8": b"\xff\xfe" * 40,
    "no end": packet('<g:provenance>{"seed": 3}'),
    "another namespace": packet('<g:provenance>{"seed": 3}</g:provenance>', "urn:other"),
    "wrong JSON": packet("<g:provenance>{seed: 3</g:provenance>"),
    "a list": packet("<g:provenance>[1, 2]</g:provenance>"),
    "deep JSON": packet(f"<g:provenance>{'[' * 20_000}</g:provenance>"),
    "a vast number": packet(f"<g:provenance>{{&quot;a&quot;: {'9' * 9000}}}</g:provenance>"),
    "an entity": packet("<g:provenance>&a;</g:provenance>"),
}


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".gif", ".mp4"])
@pytest.mark.parametrize("kind", REWRITTEN)
def test_a_packet_that_another_program_wrote_again_is_read(tmp_path, suffix, kind):
    text = REWRITTEN[kind].replace('&quot;&amp;lt;"', '\\&quot;&amp;lt;"')
    path = with_packet(tmp_path / f"a{suffix}", packet(text))
    assert read_provenance(path) == {"seed": 3, "a": '<A"&lt;'}


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".gif", ".mp4"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_packet_is_no_provenance(tmp_path, suffix, kind):
    path = with_packet(tmp_path / f"a{suffix}", HOSTILE[kind])
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(path)
    if suffix != ".mp4":
        assert read_photo(path).size == (48, 40)


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".mp4"])
def test_entities_are_not_expanded_and_large_packets_not_read(tmp_path, suffix):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    text = bomb + ']><g:provenance>{"seed": "&i;"}</g:provenance>'
    assert read_provenance(with_packet(tmp_path / f"a{suffix}", packet(text))) == {"seed": "&i;"}
    large = packet(f'<g:provenance>{{"a": "{"x" * (4 << 20)}"}}</g:provenance>')
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(with_packet(tmp_path / f"b{suffix}", large))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif", ".mp4"])
def test_a_file_cut_anywhere_gives_its_provenance_or_a_sentence(tmp_path, suffix):
    whole = write(tmp_path / f"a{suffix}", AWKWARD, AWKWARD) if suffix in FILMS else None
    whole = whole or write(tmp_path / f"a{suffix}", AWKWARD)
    content, cut = whole.read_bytes(), tmp_path / f"cut{suffix}"
    for length in {*range(1, 64, 5), *np.linspace(64, len(content) - 1, 40).astype(int).tolist()}:
        cut.write_bytes(content[:length])
        said = found = None
        try:
            found = read_provenance(cut)
        except ValueError as error:
            said = str(error)
        assert found == AWKWARD if said is None else said.endswith("."), length


@pytest.mark.parametrize("size", [0, 1, 7, 2**31, 2**32 - 1])
def test_boxes_with_impossible_lengths_end_the_search(tmp_path, size):
    path = write(tmp_path / "a.mp4", AWKWARD)
    content = path.read_bytes()
    path.write_bytes(content[:32] + struct.pack(">I", size) + content[36:])
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(path)


def test_a_file_over_the_limit_of_uploads_is_refused(tmp_path):
    path = write(tmp_path / "a.mp4", AWKWARD)
    with open(path, "ab") as file:
        file.truncate(51_000_000)
    with pytest.raises(ValueError, match="at most 50 MB"):
        read_provenance(path)
