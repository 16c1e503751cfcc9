"""Films of digits as sheets and planes: what they show, what the files say, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from gan_models.learning.film import thin
from gan_models.learning.film_sheet import (
    draw_enlarged_sheet,
    draw_plane,
    draw_sheet,
    score_text,
)
from gan_models.learning.player import NAMES as ALL_NAMES
from gan_models.learning.player import film_names, open_film
from gan_models.learning.recipes import RECIPES
from gan_models.media.images import provenance_of, read_provenance, save_png
from gan_models.media.provenance import pictures_of
from tests.digit_films import STEPS, only_films

NAMES = ("digits-gan", "digits-dcgan", "digits-cgan")


@pytest.fixture(scope="module", autouse=True)
def _films(tmp_path_factory):
    with only_films(tmp_path_factory.mktemp("films"), *NAMES):
        yield


def test_every_recipe_may_have_a_film():
    assert tuple(RECIPES) == ALL_NAMES


def test_a_sheet_has_the_pictures_of_the_seeds_and_of_the_step():
    film = open_film("digits-dcgan")
    assert film_names() == NAMES
    assert film.steps == STEPS
    sheet = np.asarray(draw_sheet(film, 10, range(4)))
    assert sheet.shape == (56, 56, 3)
    (alone,) = film.draw(10, [3])
    assert np.abs(sheet[28:, 28:].astype(int) - np.asarray(alone)).max() <= 1
    assert (sheet != np.asarray(draw_sheet(film, 100, range(4)))).any()


def test_a_file_says_how_each_picture_was_made(tmp_path):
    sheet = draw_sheet(open_film("digits-cgan"), 10, [5, 6])
    save_png(sheet.convert("L"), tmp_path / "sheet.png")
    first, second = pictures_of(read_provenance(tmp_path / "sheet.png"))
    assert (first["model"], first["step"], first["seed"]) == ("digits-cgan", 10, 5)
    assert (first["task"], first["class_index"], second["class_index"]) == ("digits-film", 0, 1)
    assert len(first["weights_sha256"]) == len(first["film_sha256"]) == 64
    one = provenance_of(open_film("digits-cgan").draw(10, [5], digit=7)[0])
    assert one is not None
    assert one["class_index"] == 7
    assert (
        "class_index"
        not in pictures_of(provenance_of(draw_plane(open_film(NAMES[0]), 1, (0, 1))))[0]
    )


def test_digits_in_turn_stand_in_ten_columns():
    assert draw_sheet(open_film("digits-cgan"), 1, range(20)).size == (280, 56)
    assert draw_sheet(open_film("digits-cgan"), 1, range(20), digit=3).size == (140, 112)


def test_an_enlarged_sheet_has_the_scores_that_were_kept():
    plain = draw_enlarged_sheet(open_film("digits-dcgan"), 1, range(4))
    scored = draw_enlarged_sheet(open_film("digits-dcgan"), 1, range(4), with_scores=True)
    without = draw_enlarged_sheet(open_film("digits-gan"), 1, range(4), with_scores=True)
    assert plain.size == without.size == (168, 168)
    assert scored.size == (168, 208)
    assert np.asarray(scored)[84:104].any()
    assert pictures_of(provenance_of(scored))[3]["seed"] == 3
    assert [score_text(score) for score in (-0.02, 1.26, -3.0)] == ["0.0", "1.3", "−3.0"]


def test_a_plane_goes_through_two_seeds():
    film = open_film("digits-dcgan")
    plane = draw_plane(film, 100, (0, 1))
    assert plane.size == (308, 308)
    assert pictures_of(provenance_of(plane))[5]["at"] == [0.0, 2.0]
    with pytest.raises(ValueError, match="two seeds that differ"):
        draw_plane(film, 100, (4, 4))


def test_shares_of_the_training_find_the_nearest_snapshot():
    film = open_film("digits-dcgan")
    assert [film.nearest_step(share) for share in (0, 0.02, 0.09, 0.4, 1)] == [1, 1, 10, 100, 100]
    assert [film.kimg_at(step) for step in STEPS] == [0.064, 0.64, 6.4]


def test_curves_are_thinned_evenly_on_a_logarithmic_axis():
    curve = [(k, float(k)) for k in range(1, 10_001)] + [(10_001, float("nan"))]
    thinned = thin(curve, 40)
    assert len(thinned) <= 40
    assert thinned[0] == (1, 1.0)
    assert thinned[-1][0] == 10_000
    assert sum(x <= 100 for x, _ in thinned) >= 15  # half of the axis, of which 100 points are
    assert thin([], 40) == []
    assert thin([(1, 2.0)], 40) == [(1, 2.0)]


def test_without_files_the_sentence_says_what_to_get(tmp_path):
    with only_films(tmp_path), pytest.raises(ValueError, match=r"get the files .* again"):
        open_film("digits-dcgan")
    with pytest.raises(ValueError, match="choose from: digits-gan"):
        open_film("faces-64")
