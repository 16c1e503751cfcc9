"""/enlarge for programs: results, accepted files, and messages of refusals."""

import io
import json

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image, ImageCms

from gan_models import load_pipeline
from gan_models.media.images import read_provenance
from gan_models.media.photos import normalise
from tests.media.test_photos import BAD_FILES
from tests.test_http import call

FAST = "real-esrgan-fast-x4"


@pytest.fixture(scope="module")
def client(page_url, tmp_path_factory):
    client = Client(page_url, verbose=False, download_files=tmp_path_factory.mktemp("downloads"))
    yield client
    client.close()


def scene(size=(40, 28)) -> Image.Image:
    """Colours, edges and grain."""
    random = np.random.RandomState(7)
    rough = Image.fromarray(random.randint(0, 256, (5, 6, 3)).astype(np.uint8))
    return rough.resize(size, Image.Resampling.NEAREST).rotate(9)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "holiday.png"
    scene().save(path)
    return path


def enlarged(client, path, **options) -> Image.Image:
    file = client.predict(image=handle_file(str(path)), api_name="/enlarge", **options)
    with Image.open(file) as made:
        assert made.format == "PNG"
        made.load()
        return made


def levels_apart(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other)).max())


def test_the_picture_is_what_the_pipeline_makes(client, photo):
    made = enlarged(client, photo, model=FAST)
    expected = load_pipeline(FAST, device="cpu").enlarge(scene())
    assert made.size == (160, 112)
    assert levels_apart(made, expected) <= 1


def test_model_and_factor_may_be_left_out(client, tmp_path):
    path = tmp_path / "small.png"
    scene((20, 16)).save(path)
    file = client.predict(image=handle_file(str(path)), api_name="/enlarge")
    provenance = read_provenance(file)
    assert (provenance["task"], provenance["model"]) == ("restoration", "real-esrgan-x4")
    assert provenance["scale"] == 4
    with Image.open(file) as made:
        assert made.size == (80, 64)


@pytest.mark.parametrize("scale", [2, 3, 4, 2.5])
def test_a_factor_gives_exactly_that_size(client, photo, scale):
    made = enlarged(client, photo, model=FAST, scale=scale)
    assert made.size == (round(40 * scale), round(28 * scale))


def test_a_picture_of_this_page_keeps_its_provenance_as_the_base(client):
    files = client.predict(seeds="42", model="faces-64", api_name="/sample")
    base = files[0] if isinstance(files[0], str) else files[0]["image"]
    file = client.predict(image=handle_file(base), model=FAST, api_name="/enlarge")
    provenance = read_provenance(file)
    assert provenance["model"] == FAST
    assert (provenance["base"]["model"], provenance["base"]["seed"]) == ("faces-64", 42)


def turned() -> dict:
    exif = Image.Exif()
    exif[0x0112] = 6
    return {"exif": exif, "quality": 95}


def profiled() -> dict:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return {"icc_profile": profile.tobytes()}


KINDS = {
    "cmyk.jpg": (lambda: scene().convert("CMYK"), dict),
    "sixteen.png": (
        lambda: Image.fromarray(np.linspace(0, 65535, 1120).reshape(28, 40).astype(np.uint16)),
        dict,
    ),
    "palette.png": (lambda: scene().quantize(8), lambda: {"transparency": 0}),
    "glass.png": (lambda: _glass(), dict),
    "turned.jpg": (lambda: scene(), turned),
    "profiled.png": (lambda: scene(), profiled),
    "grey.png": (lambda: scene().convert("L"), dict),
    "black-and-white.png": (lambda: scene().convert("1"), dict),
}


def _glass() -> Image.Image:
    picture = scene()
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


@pytest.mark.parametrize("name", KINDS)
def test_pictures_of_every_kind_are_taken(client, tmp_path, name):
    picture, options = KINDS[name]
    path = tmp_path / name
    picture().save(path, **options())
    with Image.open(path) as opened:
        read = normalise(opened)
    made = enlarged(client, path, model=FAST)
    assert made.size == (read.width * 4, read.height * 4)
    assert made.mode == read.mode
    coarse = [one.resize((5, 5), Image.Resampling.BOX) for one in (made, read)]
    assert levels_apart(*coarse) < 25  # the same picture, upright
    if name == "turned.jpg":
        assert made.size == (112, 160)


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_get_a_sentence(client, tmp_path, kind):
    name, content, says = BAD_FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(AppError, match=says):
        client.predict(image=handle_file(str(path)), model=FAST, api_name="/enlarge")


@pytest.mark.parametrize("scale", [0, 0.5, -2, 5, 1e9, float("nan"), float("inf"), True, "x"])
def test_a_wrong_factor_is_refused_with_a_message_and_the_next_call_works(
    page_url, client, photo, scale
):
    event, answer = call(page_url, "enlarge", [uploaded(page_url, photo), FAST, scale])
    assert event == "error"
    said = json.loads(answer)
    assert "Errno" not in str(said)
    assert "Traceback" not in str(said)
    if isinstance(scale, bool):
        assert "scale must be a number" in str(said)
    elif isinstance(scale, float | int):
        assert "4 times" in str(said)
    assert enlarged(client, photo, model=FAST, scale=2).size == (80, 56)


def uploaded(page_url: str, path) -> dict:
    files = {"files": (path.name, path.read_bytes())}
    where = httpx.post(f"{page_url}/gradio_api/upload", files=files).json()[0]
    return {"path": where, "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("model", ["faces-64", "nobody", "/etc/passwd", "../x.safetensors", ""])
def test_only_models_that_enlarge_are_taken(client, photo, model):
    with pytest.raises(AppError, match="no such model"):
        client.predict(image=handle_file(str(photo)), model=model, api_name="/enlarge")


def test_what_would_become_too_large_is_refused_before_any_work(client, tmp_path):
    path = tmp_path / "large.png"
    data = io.BytesIO()
    Image.new("L", (5000, 5000)).save(data, "PNG")
    path.write_bytes(data.getvalue())
    with pytest.raises(AppError, match=r"20000x20000, 400 megapixels; at most 256"):
        client.predict(image=handle_file(str(path)), model=FAST, api_name="/enlarge")


def test_no_picture_at_all_gets_a_sentence(page_url):
    event, answer = call(page_url, "enlarge", [None, FAST, None])
    assert event == "error"
    assert "picture first" in str(json.loads(answer))


def test_the_endpoint_is_described(page_url):
    info = httpx.get(f"{page_url}/gradio_api/info").json()["named_endpoints"]["/enlarge"]
    parameters = {one["parameter_name"]: one for one in info["parameters"]}
    assert list(parameters) == ["image", "model", "scale"]
    assert parameters["model"]["parameter_default"] == "real-esrgan-x4"
    assert parameters["scale"]["parameter_has_default"] is True
    assert parameters["scale"]["parameter_default"] is None
