"""The landscape renderer: reproducible, with exact label maps."""

import numpy as np
import pytest

from gan_models.landscape import (
    BIOMES,
    CLASSES,
    COMPOSITIONS,
    LABELS,
    SEASONS,
    Camera,
    Scene,
    label_shares,
    random_scene,
    render,
)
from gan_models.landscape.scene import CLOUD, SKY, WATER


def test_a_seed_gives_the_same_pair_bit_for_bit():
    for seed in (0, 123456):
        first, second = render(random_scene(seed), 48), render(random_scene(seed), 48)
        assert np.array_equal(first.image, second.image)
        assert np.array_equal(first.label_map, second.label_map)


def test_a_rendering_is_a_picture_and_its_label_map():
    picture = render(random_scene(3), 40)
    assert picture.image.shape == (40, 40, 3)
    assert picture.image.dtype == np.uint8
    assert picture.label_map.shape == (40, 40)
    assert picture.label_map.dtype == np.uint8
    assert picture.label_map.max() < len(LABELS)


def test_every_label_appears_in_at_least_five_percent_of_scenes():
    seeds = range(900, 960)
    shares = np.array([label_shares(render(random_scene(s), 24).label_map) for s in seeds])
    seen = (shares > 0.004).mean(axis=0)
    assert seen.min() >= 0.05, dict(zip(LABELS, seen.round(3), strict=True))


@pytest.mark.parametrize("biome", BIOMES)
def test_seasons_change_only_the_look_of_a_place(biome):
    summer = random_scene(11, f"{biome}-summer").with_(weather="fair", hour=12.0)
    winter = summer.with_(season="winter")
    a, b = render(summer, 48), render(winter, 48)
    lasting = (SKY, CLOUD, WATER)
    agree = [np.isin(a.label_map, lasting), np.isin(b.label_map, lasting)]
    assert (agree[0] == agree[1]).mean() > 0.95
    assert (winter.seed, winter.camera) == (summer.seed, summer.camera)
    difference = np.abs(a.image.astype(float) - b.image.astype(float)).mean()
    assert difference > 4.0


def test_the_hour_changes_the_light_and_not_the_labels():
    noon = random_scene(5).with_(hour=12.0, weather="clear", season="autumn")
    dusk = noon.with_(hour=18.4)
    a, b = render(noon, 48), render(dusk, 48)
    assert np.array_equal(a.label_map, b.label_map)
    assert a.image.mean() > b.image.mean() + 10.0


def test_colours_step_where_labels_step():
    """Across a label border the colour changes more than within a label."""
    across, within = [], []
    for seed in range(40, 54):
        scene = random_scene(seed).with_(hour=13.0, weather="clear")
        picture = render(scene, 64)
        image = picture.image.astype(float)
        step = np.abs(np.diff(image, axis=0)).mean(axis=-1)
        border = np.diff(picture.label_map.astype(int), axis=0) != 0
        if border.sum() > 20:
            across.append(step[border].mean())
            within.append(step[~border].mean())
    assert np.mean(across) > 2.5 * np.mean(within)
    assert np.mean(np.array(across) > np.array(within)) > 0.9


def test_every_place_renders_in_every_season():
    for biome, compositions in COMPOSITIONS.items():
        for i, composition in enumerate(compositions):
            scene = Scene(seed=i, biome=biome, composition=composition, season=SEASONS[i % 4])
            image = render(scene, 32).image
            assert image.std() > 5.0, (biome, composition)


def test_a_class_can_be_asked_for():
    for index, name in enumerate(CLASSES):
        scene = random_scene(99, name)
        assert (scene.class_name, scene.class_index) == (name, index)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"biome": "moon"}, "Unknown biome 'moon'. Choose one of: alpine"),
        ({"season": "monsoon"}, "Unknown season"),
        ({"weather": "hail"}, "Unknown weather"),
        ({"composition": "dunes"}, "Unknown composition of alpine"),
        ({"hour": 25.0}, "between 0 and 24"),
        ({"hour": float("nan")}, "between 0 and 24"),
        ({"seed": -1}, "seed lies between"),
    ],
)
def test_a_wrong_parameter_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        Scene(seed=1).with_(**changes)


def test_other_wrong_values_are_refused():
    with pytest.raises(TypeError, match="whole number"):
        Scene(seed=1.5)
    with pytest.raises(ValueError, match="fov_degrees"):
        Camera(fov_degrees=170.0)
    with pytest.raises(ValueError, match="Unknown class"):
        random_scene(1, "alpine-monsoon")
    with pytest.raises(ValueError, match="16 to 1024"):
        render(Scene(seed=1), 8)
