"""Which network enlarges a picture, the forecast, and what is refused."""

import pytest
from PIL import Image

from tabs.components import upscalers
from tabs.components.upscalers import (
    AUTOMATIC,
    BY_QUALITY,
    FAST,
    PATIENCE_SECONDS,
    Enlarger,
    choose,
    forecast,
)
from tests.restoration_fakes import fake_upscaler, planned

BEST = BY_QUALITY[0]


def finish(steps):
    """The result of steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture
def ready(monkeypatch):
    """The models that are on the machine."""
    names = {BEST, FAST}
    monkeypatch.setattr(upscalers, "is_ready", lambda name: name in names)
    return names


@pytest.fixture
def load():
    """Loads fakes: the best takes a millisecond a pixel, the others a hundredth of that."""
    pipelines = {}

    def load(model, progress=None, cancelled=None):
        speed = 1e-3 if model == BEST else 1e-5
        return pipelines.setdefault(model, planned(fake_upscaler(model), speed))

    return load


def chosen(load, model, *sizes, scale=None):
    return finish(choose(load, model, sizes, scale, lambda *_, **__: None)).spec.id


def test_the_automatic_choice_is_the_best_that_takes_the_picture_in_time(ready, load):
    side = int((PATIENCE_SECONDS * 1000) ** 0.5)
    assert chosen(load, AUTOMATIC, (side - 1, side - 1)) == BEST
    assert chosen(load, AUTOMATIC, (side + 1, side + 1)) == FAST
    assert chosen(load, AUTOMATIC, *[(side // 2, side // 2)] * 3) == BEST
    assert chosen(load, AUTOMATIC, *[(side // 2, side // 2)] * 5) == FAST


def test_the_automatic_choice_takes_only_models_that_are_here(ready, load):
    assert chosen(load, AUTOMATIC, (200, 200)) == FAST
    ready.add("real-esrgan-general-x4")
    assert chosen(load, AUTOMATIC, (200, 200)) == "real-esrgan-general-x4"
    ready.clear()
    assert chosen(load, AUTOMATIC, (16, 16)) == FAST


def test_a_model_by_name_has_no_time_limit(ready, load):
    assert chosen(load, BEST, (2000, 2000)) == BEST
    with pytest.raises(ValueError, match="no such model"):
        chosen(load, "faces-64", (64, 64))


def test_a_forecast_adds_up_the_pictures(load):
    coming = forecast(load(BEST), [(100, 50), (100, 50), (40, 40)], 2)
    assert coming.seconds == pytest.approx(1e-3 * (2 * 100 * 50 + 40 * 40))
    assert coming.pixels == 4 * (2 * 100 * 50 + 40 * 40)
    assert "3 pictures become 0.05 megapixels: about 12 s" in coming.sentence("3 pictures")


def test_a_forecast_names_what_is_refused_and_goes_on_with_the_rest(load):
    coming = forecast(load(FAST), [(64, 64), (7000, 7000)], 4)
    assert coming.pixels == 256 * 256
    assert len(coming.refused) == 1
    assert "28000x28000" in coming.sentence("2 pictures")


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ([(7000, 7000)], "at most 256"),
        ([(3800, 4000)] * 5, "at most 1024 are made at once"),
        ([(8, 8)], "16 px"),
    ],
)
def test_too_large_results_are_refused_before_any_work(load, sizes, says):
    with pytest.raises(ValueError, match=says):
        forecast(load(FAST), sizes, 4)


def test_an_enlarger_enlarges_if_it_has_a_network():
    image = Image.new("RGB", (24, 20), "white")
    assert finish(Enlarger(None, 1).enlarge(image)) is image
    pipeline = fake_upscaler(FAST)
    made = finish(Enlarger(pipeline, 2).enlarge_all([image, image]))
    assert [picture.size for picture in made] == [(96, 80)] * 2


def test_an_enlarger_yields_so_that_the_event_can_be_cancelled():
    pipeline = fake_upscaler(FAST, seconds=0.4)
    steps = Enlarger(pipeline, 1).enlarge(Image.new("RGB", (300, 300)))
    for _ in range(5):
        next(steps)
    steps.close()
    made = pipeline.generator.steps_made
    assert made < 10
    assert pipeline.generator.passes_stopped == 1


def test_a_long_sheet_is_announced(monkeypatch):
    told = []
    monkeypatch.setattr(upscalers.gr, "Info", lambda text, **_: told.append(text))
    image = Image.new("RGB", (100, 100))
    finish(Enlarger(planned(fake_upscaler(FAST), 1e-3), 3).enlarge(image))
    assert not told
    finish(Enlarger(planned(fake_upscaler(FAST), 1e-2), 3).enlarge(image))
    assert "3 pictures of 100x100" in told[0]
    assert "5 min" in told[0]
