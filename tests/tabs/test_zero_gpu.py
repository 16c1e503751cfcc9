"""On ZeroGPU pipelines answer as without it, though their generators run in forked processes."""

from __future__ import annotations

import functools
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from PIL import Image

import gan_models
from gan_models import ClassPoint, PipelineCache, load_pipeline
from gan_models.media.images import read_provenance
from gan_models.pipelines.directions import StyleTools
from tabs.components import zero_gpu
from tests import fake_spaces

ROOT = Path(__file__).parents[2]
SMALL = Image.fromarray(np.random.RandomState(3).randint(0, 256, (40, 56, 3)).astype(np.uint8))


@pytest.fixture(scope="module")
def load():
    """Pipelines whose generators run in forked processes."""
    fake_spaces.calls.clear()
    cache = PipelineCache(load=functools.partial(load_pipeline, device="cpu"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANVAS_DEVICE", "cpu")
        yield zero_gpu.with_gpu(cache, fake_spaces.GPU)
    fake_spaces.end_workers()


@functools.cache
def local(model):
    return load_pipeline(model, device="cpu")


def finish(steps):
    """What steps give, one after the other, and what they return."""
    given = []
    while True:
        try:
            given.append(next(steps))
        except StopIteration as end:
            return given, end.value


def same(made, wanted):
    assert made.size == wanted.size
    assert (np.asarray(made) == np.asarray(wanted)).all()
    assert made.info == wanted.info, "the provenance comes along"


def map_of(pipeline):
    ids = np.random.RandomState(1).randint(0, 12, (8, 8)).astype(np.int32)
    return pipeline.read_map(ids.repeat(8, 0).repeat(8, 1))


LISTS = {
    "sample": ("landscapes", lambda p: p.sample([3, 2**32 - 1], 0.7)),
    "interpolate": ("faces-64", lambda p: p.interpolate([3, 8], 4)),
    "iter_sample": ("faces-64", lambda p: list(p.iter_sample(range(70)))),
    "iter_frames": ("landscapes", lambda p: list(p.iter_frames([3, 8, 3], 5, "w"))),
    "morph": ("landscapes", lambda p: [p.morph(1, 2, 0.3, 0.9, "w")]),
    "morphs": ("landscapes", lambda p: p.morphs(1, 2, [0, 0.5, 1])),
    "edit": ("landscapes", lambda p: [p.styles.edit(5, {"PCA 1": 2.5}, "middle", 0.7, False)]),
    "mix": ("landscapes", lambda p: list(p.styles.mix([1, 2], [3], "coarse"))),
    "sheet": ("landscapes", lambda p: [p.styles.sheet([1], [3], p.sample([9]))]),
    "class": ("eyes-128", lambda p: p.sample([3, 4], ["green", 0])),
    "class steps": ("eyes-128", lambda p: list(p.iter_sample([3], "green", 0.5))),
    "class mix": ("landscapes-classes", lambda p: p.sample_mix([7], {p.classes[0]: 1, 2: 0.5})),
    "class morphs": (
        "landscapes-classes",
        lambda p: list(p.iter_morph(ClassPoint(1, 0), ClassPoint(2, 3), [0, 0.4, 1])),
    ),
    "translate": ("summer2winter", lambda p: [p.translate(SMALL, 0.5, True)]),
    "paint": ("paint", lambda p: [p.paint(map_of(p), 3), p.paint(map_of(p), draft=True)]),
    "painted parts": (
        "paint",
        lambda p: [p.paint(map_of(p), [0.1] * p.generator.z_dim, [part_of(p)])],
    ),
    "preview": ("real-esrgan-fast-x4", lambda p: [p.preview(SMALL, 2, (8, 8)).before]),
    "enlarge": ("real-esrgan-fast-x4", lambda p: [p.enlarge(SMALL, 3)]),
}


def part_of(pipeline):
    mask = np.zeros(pipeline.size[::-1], bool)
    mask[:9, 5:] = True
    return gan_models.Patch(mask, 77)


@pytest.mark.parametrize("case", LISTS)
def test_pictures_are_those_of_the_page_without_zero_gpu(load, case):
    model, make = LISTS[case]
    fake_spaces.calls.clear()
    made, wanted = make(load(model)), make(local(model))
    assert len(made) == len(wanted)
    for a, b in zip(made, wanted, strict=True):
        same(a, b)
    assert fake_spaces.calls, "nothing ran on the GPU"


@pytest.mark.parametrize(
    ("model", "make"),
    [
        ("winter2summer", lambda p: p.iter_translate(SMALL.convert("RGBA"), 0.25)),
        ("real-esrgan-fast-x4", lambda p: p.iter_enlarge(SMALL)),
    ],
)
def test_steps_give_their_progress_and_return_the_picture(load, model, make):
    given, made = finish(make(load(model)))
    assert given
    assert all(0 <= getattr(step, "fraction", step) <= 1 for step in given)
    same(made, finish(make(local(model)))[1])


def test_what_needs_no_generator_does_not_ask_for_a_gpu(load):
    fake_spaces.calls.clear()
    paint, latent = load("paint"), load("landscapes")
    assert paint.size == local("paint").size
    assert paint.labels == local("paint").labels
    assert paint.encode_style(SMALL) == local("paint").encode_style(SMALL)
    assert paint.preset_styles == local("paint").preset_styles
    assert list(latent.styles.directions) == list(local("landscapes").styles.directions)
    assert load("summer2winter").hint(SMALL) == local("summer2winter").hint(SMALL)
    assert load("eyes-128").nearest_classes("green") == local("eyes-128").nearest_classes("green")
    assert fake_spaces.calls == []


def test_the_speed_is_that_of_the_gpu_and_is_measured_once(load):
    fake_spaces.calls.clear()
    pipeline = load("real-esrgan-fast-x4")
    pipeline._pipeline.seconds_a_pixel = None
    first = pipeline.plan((64, 48), 2)
    assert pipeline.plan((64, 48), 2) == first
    assert first.size == (128, 96)
    assert [arguments[1] for _, arguments, _ in fake_spaces.calls] == ["measure_speed"]
    with pytest.raises(ValueError, match="enlarges 1 to 4 times"):
        pipeline.plan((64, 48), 9)


def sentence_of(ask, pipeline):
    try:
        ask(pipeline)
    except ValueError as error:
        return str(error)
    pytest.fail("it was not refused")


@pytest.mark.parametrize(
    ("model", "ask"),
    [
        ("faces-64", lambda p: p.sample([-1])),
        ("faces-64", lambda p: p.iter_frames([3], 10)),  # at once, not at the first step
        ("eyes-128", lambda p: p.sample([1], "purple")),
        ("landscapes", lambda p: p.styles.edit(1, {"PCA 99": 1})),
        ("paint", lambda p: p.paint(np.full((32, 32), 99))),
        ("summer2winter", lambda p: finish(p.iter_translate(SMALL.resize((4, 4))))),
    ],
)
def test_errors_have_the_sentences_that_they_have_without(load, model, ask):
    wanted, raised = (sentence_of(ask, pipeline) for pipeline in (local(model), load(model)))
    assert raised == wanted


class UnpicklableError(ValueError):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def test_an_error_that_cannot_be_pickled_keeps_its_sentence():
    assert repr(zero_gpu.portable(UnpicklableError("a", "b"))) == "ValueError('a b')"
    error = zero_gpu.portable(KeyError("x"))
    assert isinstance(error, KeyError)
    assert "KeyError" in error.__notes__[0]


def test_steps_that_are_closed_stop_and_the_next_call_works(load):
    frames = load("faces-64").iter_frames([3, 8], 3600)
    next(frames)
    frames.close()
    same(
        next(load("faces-64").iter_frames([4, 5], 9)),
        next(local("faces-64").iter_frames([4, 5], 9)),
    )


def test_a_process_loads_a_model_that_the_page_loaded_after_it_was_started(load):
    load("faces-64").sample([1])
    before = len(fake_spaces.workers)
    same(load("eyes-128").sample([1], "blue")[0], local("eyes-128").sample([1], "blue")[0])
    assert len(fake_spaces.workers) == before


# computed by the page itself, on the processor: small, or without a network
ON_THE_PAGE = {
    *(
        "spec",
        "device",
        "device_title",
        "batch_size",
        "precision",
        "provenance",
        "provenance_after",
        "made_with",
        "generator",
    ),
    *("weights_sha256", "upscaler_sha256", "spaces", "styles", "classes", "nearest_classes"),
    *(
        "finish",
        "hint",
        "size",
        "has_style",
        "has_encoder",
        "read_map",
        "read_map_with_note",
        "indexed_map",
    ),
    *("style_vector", "mix_styles", "encode_style", "preset_styles", "can_segment", "segment"),
    *("restore", "scale", "scales", "plan", "bicubic", "check_scale"),
    *("styles.directions", "styles.layer_slice"),
}
NOT_ON_THE_PAGE = {"enlarge_frames"}  # takes functions; no tab calls it


def test_every_method_of_a_pipeline_is_known_to_run_here_or_there():
    kinds = (gan_models.LatentPipeline, gan_models.ClassPipeline, gan_models.TranslationPipeline)
    kinds += (gan_models.SemanticPipeline, gan_models.RestorationPipeline)
    names = {name for kind in kinds for name, _ in inspect.getmembers(kind) if name[0] != "_"}
    names |= {f"styles.{name}" for name, _ in inspect.getmembers(StyleTools) if name[0] != "_"}
    on_gpu = {*zero_gpu.CALLS, *zero_gpu.STEPS}
    assert names - on_gpu - ON_THE_PAGE == NOT_ON_THE_PAGE
    assert not on_gpu - names


def test_a_process_shares_out_work_though_the_page_has_done_so_before_the_fork(load):
    """The threads of the page do not exist in the process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        wanted = local("real-esrgan-fast-x4").enlarge(SMALL)
        fresh = zero_gpu.with_gpu(local, fake_spaces.GPU)  # with processes of its own
        same(fresh("real-esrgan-fast-x4").enlarge(SMALL), wanted)
    finally:
        torch.set_num_threads(threads)


def test_calls_state_how_long_they_may_take(load):
    fake_spaces.calls.clear()
    list(load("faces-64").iter_frames([3, 8], 2))
    load("faces-64").sample([1])
    assert [seconds for *_, seconds in fake_spaces.calls] == [120, 30]


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zero_url(load, own_home):
    """The address of a page on ZeroGPU."""
    from app import create_app, launch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPACES_ZERO_GPU", "true")
        patch.setenv("SPACE_ID", "someone/ganvas")
        app = create_app(load)
        _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
        yield url.rstrip("/")
        app.close()


def answers(url, folder, name, *data):
    """The files that an endpoint answers with, as bytes."""
    client = Client(url, verbose=False, download_files=folder)
    try:
        files = client.predict(*data, api_name=name)
    finally:
        client.close()
    return [Path(file).read_bytes() for file in (files if isinstance(files, list) else [files])]


@pytest.fixture
def label_map(tmp_path):
    path = tmp_path / "map.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) % 12).resize((64, 64), 0).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("/sample", ["0-3, 42", "faces-64", 0.9]),
        ("/interpolate", ["3, 8, 3", "landscapes", 6]),
        ("/class_sample", ["green", "7, 8", "eyes-128", 1]),
        ("/translate", ["picture", "summer2winter"]),
        ("/paint", ["map", "paint", 12]),
        ("/enlarge", ["picture", "real-esrgan-fast-x4", 2]),
    ],
)
def test_every_endpoint_answers_as_without_zero_gpu(
    page_url, zero_url, tmp_path, label_map, name, data
):
    SMALL.save(tmp_path / "picture.png")
    files = {"picture": tmp_path / "picture.png", "map": label_map}
    given = [handle_file(str(files[v])) if v in files else v for v in data]
    fake_spaces.calls.clear()
    made = answers(zero_url, tmp_path / "zero", name, *given)
    assert fake_spaces.calls, "nothing ran on the GPU"
    assert made == answers(page_url, tmp_path / "plain", name, *given)


def test_the_same_models_are_listed(page_url, zero_url):
    rows = [Client(u, verbose=False).predict(api_name="/list_models") for u in (page_url, zero_url)]
    assert rows[0] == rows[1]


def test_a_bad_value_is_refused_with_its_sentence_and_the_next_call_works(zero_url):
    from tests.test_http import call

    event, answer = call(zero_url, "class_sample", ["purple", "1", "eyes-128", 1])
    assert event == "error"
    assert "choose from" in json.loads(answer)["error"]
    assert call(zero_url, "class_sample", ["blue", "1", "eyes-128", 1])[0] == "complete"


def test_fine_tuning_is_not_offered_and_a_sentence_says_why(zero_url):
    from tests.test_http import call

    config = json.dumps(httpx.get(f"{zero_url}/config").json(), ensure_ascii=False)
    assert "Fine-tuning is not offered here" in config
    client = Client(zero_url, verbose=False)
    picture = handle_file(str(ROOT / "docs" / "sample.webp"))
    with pytest.raises(Exception, match="Fine-tuning is not offered here"):
        client.predict([picture], "landscapes", "quick", "", api_name="/finetune_start")
    assert "not offered here" in call(zero_url, "finetune_resume", ["x", "y"])[1]


def test_the_page_imports_spaces_before_cuda_and_decorates_before_the_launch(tmp_path):
    """In a process of its own, as `python app.py` on a Space."""
    (tmp_path / "spaces.py").write_text(
        "import torch\n"
        "assert not torch.cuda.is_initialized()\n"
        "from tests.fake_spaces import GPU, decorated, calls, end_workers\n"
    )
    code = (
        "import app, spaces\n"
        "page = app.create_app()\n"
        "assert [task.__name__ for task in spaces.decorated] == ['_call', '_iterate']\n"
        "_, url, _ = app.launch(page, server_port=None, prevent_thread_lock=True, quiet=True)\n"
        "from gradio_client import Client\n"
        "files = Client(url, verbose=False).predict('1-2', 'faces-64', 1, api_name='/sample')\n"
        "assert len(files) == 2 and len(spaces.calls) == 1, spaces.calls\n"
        "print('file', files[0])\n"
        "spaces.end_workers()\n"
        "page.close()\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), str(ROOT), os.getenv("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": path}
    env |= {"SPACES_ZERO_GPU": "1", "SPACE_ID": "someone/ganvas", "GANVAS_DEVICE": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (file,) = (line for line in done.stdout.splitlines() if line.startswith("file "))
    assert read_provenance(file.removeprefix("file "))["seed"] == 1


def test_elsewhere_pipelines_are_those_of_the_library(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert isinstance(zero_gpu.shared_pipelines(), PipelineCache)
    assert not zero_gpu.on_zero_gpu()
