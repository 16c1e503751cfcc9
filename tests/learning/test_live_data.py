"""Data, measures, settings, pictures and films of the live trainings."""

from __future__ import annotations

import base64
from dataclasses import fields, replace

import numpy as np
import pytest

from gan_models.learning.live import film, pictures
from gan_models.learning.live.data import DATA, DEVIATION, EXTENT, REACH, drawn
from gan_models.learning.live.measures import coverage, measure
from gan_models.learning.live.objectives import OBJECTIVES
from gan_models.learning.live.run import Run
from gan_models.learning.live.settings import WHOLE, Settings
from gan_models.learning.live.training import Training

DOT = ((0.5, -0.5),)


@pytest.mark.parametrize("name", DATA)
def test_data_lies_near_its_modes_and_within_the_picture(name):
    data = DATA[name]
    points = data.draw(np.random.RandomState(3), 4000)
    assert points.shape == (4000, data.dim)
    assert np.abs(points).max() < EXTENT
    found = coverage(points, data)
    assert found.modes_covered == found.num_modes
    assert found.share_near > 0.85


def test_the_ring_is_that_of_the_literature():
    ring = DATA["ring"]
    assert np.linalg.norm(ring.modes, axis=1) == pytest.approx([2] * 8)
    assert len({tuple(mode) for mode in ring.modes.round(6)}) == 8
    points = ring.draw(np.random.RandomState(0), 20_000)
    distance = points[:, None] - ring.modes
    nearest = distance[np.arange(len(points)), (distance**2).sum(-1).argmin(1)]
    assert nearest.std(axis=0) == pytest.approx([0.05, 0.05], rel=0.03)
    assert DATA["grid"].modes.shape == (25, 2)


def test_a_mode_counts_with_two_percent_within_reach():
    ring = DATA["ring"]
    far, near = np.zeros((3920, 2), np.float32), np.tile(ring.modes[0], (80, 1)).astype(np.float32)
    near[:, 0] += 0.19
    found = coverage(np.concatenate([far, near]), ring)
    assert (found.modes_covered, found.share_near) == (1, 0.02)
    assert coverage(np.concatenate([far, near[1:]]), ring).modes_covered == 0
    near[:, 0] += 0.02
    assert coverage(np.concatenate([far, near]), ring).share_near == 0


def test_numbers_that_overflowed_cover_nothing():
    found = coverage(np.full((100, 2), np.nan, np.float32), DATA["ring"])
    assert (found.modes_covered, found.share_near) == (0, 0)


def test_a_density_sums_to_one():
    for name in ("bump", "bumps"):
        total = np.trapezoid(DATA[name].density(np.linspace(-6, 6, 4001)), dx=12 / 4000)
        assert total == pytest.approx(1, abs=1e-6)
    points = DATA["bump"].draw(np.random.RandomState(0), 4000)
    found = pictures.kernel_density(points[:, 0])
    assert np.trapezoid(found, pictures.AXIS) == pytest.approx(1, abs=0.01)
    assert found == pytest.approx(DATA["bump"].density(pictures.AXIS), abs=0.06)


def test_drawn_points_are_learned_with_noise():
    data = drawn(np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.05]]))
    points = data.draw(np.random.RandomState(0), 3000)
    assert coverage(points, data).share_near > 0.99
    assert len(data.modes) == 2  # the third point is near the second
    assert points.std(axis=0).min() > DEVIATION
    many = np.random.RandomState(0).uniform(-3, 3, (500, 2))
    assert len(drawn(many).modes) == 24
    assert REACH == 0.2


@pytest.mark.parametrize(("name", "bounds"), WHOLE.items())
def test_whole_numbers_out_of_range_are_refused_with_the_range(name, bounds):
    for good in bounds:
        assert getattr(Settings.read({name: good}), name) == good
    for wrong in (bounds[0] - 1, bounds[1] + 1, 1.5, "1", None, True, float("nan"), [1]):
        with pytest.raises(ValueError, match=f"from {bounds[0]} to {bounds[1]}, not"):
            Settings.read({name: wrong})


@pytest.mark.parametrize("name", ["generator_rate", "discriminator_rate"])
@pytest.mark.parametrize("wrong", [0, -1, 0.6, float("nan"), float("inf"), "0.1", None, True, [1]])
def test_rates_out_of_range_are_refused_with_the_range(name, wrong):
    with pytest.raises(ValueError, match=r"learning rate is from 0.000001 to 0.5, not"):
        Settings.read({name: wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, 7, [], "ring", {"objective": "best"}, {"data": ["ring"]}, {"optimizer": 1}),
        *({"batch": 5}, {"x" * 10_000: 1}, {"data": "drawn"}, {"data": "drawn", "points": []}),
        *({"points": 5}, {"points": [[1]]}, {"points": [[1, "2"]]}, {"points": [[0, True]]}),
        *({"points": [[float("nan"), 0]]}, {"points": [[0, 3.5]]}, {"points": [[0, 0]] * 501}),
        {"data": "drawn", "points": [[0, 10**400]]},
    ],
)
def test_wrong_settings_get_one_sentence(wrong):
    with pytest.raises(ValueError, match=r"[.]$") as found:
        Settings.read(wrong)
    assert len(str(found.value)) < 200


def test_settings_from_json_are_read():
    found = Settings.read({"data": "drawn", "points": [[1, 2]], "seed": 3.0, "width": 8})
    assert found == Settings(data="drawn", points=((1.0, 2.0),), seed=3, width=8)
    assert {field.name for field in fields(Settings)} > set(WHOLE)


@pytest.mark.parametrize("data", [*DATA, "drawn"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_learns_every_data(objective, data):
    points = DOT if data == "drawn" else ()
    run = Run(Settings(objective=objective, data=data, points=points, width=4))
    for _ in range(3):
        run.step()
    picture = run.look()
    assert picture.step == 3
    assert np.isfinite(picture.fake).all()
    flat = run.training.data.dim == 1
    assert (picture.surface is None) == flat
    assert (picture.density is not None) == flat
    assert (picture.distance is not None) == objective.startswith("wgan")


def test_looking_does_not_change_a_training():
    watched, alone = Run(Settings(seed=5)), Training(Settings(seed=5))
    for _ in range(30):
        watched.step()
        watched.look()
        alone.step()
    assert (watched.training.generator.flat == alone.generator.flat).all()
    assert (watched.training.discriminator.flat == alone.discriminator.flat).all()
    assert measure(alone) == watched.look().coverage


def test_arrows_point_to_where_the_loss_falls():
    training = Training(Settings(seed=1), dtype=np.float64)
    for _ in range(20):
        training.step()
    noise = training.draw_noise(50)
    descent, norm = pictures.gradients(training, noise, np.random.RandomState(0))
    points = training.generator(noise)
    loss = lambda x: training.loss_at(x, x, training.objective.generator)[0]
    assert loss(points + 1e-4 * descent) < loss(points)
    assert norm > 0


def test_a_picture_for_the_page_can_be_read_back():
    run = Run(Settings(seed=2))
    made = pictures.as_json(run.look())
    fake = np.frombuffer(base64.b64decode(made["fake"]), "<u2").reshape(-1, 2)
    assert fake / 65535 * 2 * EXTENT - EXTENT == pytest.approx(run.look().fake, abs=1e-4)
    surface = np.frombuffer(base64.b64decode(made["surface"]), np.uint8)
    assert len(surface) == pictures.GRID**2


def test_the_surface_has_its_top_row_first():
    training = Training(Settings())
    training.discriminator.flat[:] = 0
    for weight in training.discriminator.weights:
        weight[0, 0] = 1.0
    training.discriminator.weights[0][:, 0] = (0, 1)  # the logit is y where that is positive
    found = pictures.surface(training)
    assert found[0].mean() > 230
    assert found[-1].mean() < 128
    assert (found[0] == found[0, 0]).all()


def test_the_film_has_every_recorded_step():
    runs = [Run(Settings(width=4)), Run(Settings(width=4, objective="r1"))]
    for run in runs:
        for _ in range(75):
            run.step()
    frames = list(film.frames(runs))
    assert len(frames) == film.num_frames(runs) == 4
    assert len({frame.size for frame in frames}) == 1
    assert np.ptp(np.asarray(frames[0], int) - np.asarray(frames[-1], int)) > 100
    flat = Run(replace(Settings(width=4), data="bumps"))
    assert len(list(film.frames([flat]))) == 1
