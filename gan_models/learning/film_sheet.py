"""Sheets of digits: many small pictures as one, at their own size or enlarged, with scores."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from gan_models.learning.player import PLANE_SIDE, DigitFilm
from gan_models.media.images import grid

SCALE = 3  # of an enlarged sheet
LETTERS_PX, STRIP_PX = 13, 20  # of a score, and of the strip below a picture that holds it


def draw_sheet(
    film: DigitFilm,
    step: int,
    seeds: Sequence[int],
    digit: int | None = None,
    columns: int | None = None,
) -> Image.Image:
    """The pictures of seeds at a step as one, 28 px each, row by row, with its provenance.

    Args:
        film: whose generator draws.
        step: one of the film's.
        seeds: up to 100 whole numbers from 0 to 2^32-1.
        digit: of a conditional generator; by default the digits 0 to 9 in turn.
        columns: by default as square as can be, and ten where digits go in turn.

    Raises:
        ValueError: as `DigitFilm.draw`.
    """
    return grid(film.draw(step, seeds, digit), columns or _columns(film, digit))


def draw_enlarged_sheet(
    film: DigitFilm,
    step: int,
    seeds: Sequence[int],
    digit: int | None = None,
    columns: int | None = None,
    with_scores: bool = False,
) -> Image.Image:
    """As `draw_sheet`, three times as large without smoothing.

    Args:
        with_scores: the discriminator's logit stands below each picture, where it was kept.

    Raises:
        ValueError: as `DigitFilm.draw`.
    """
    pictures = film.draw(step, seeds, digit)
    scores = film.scores(step, seeds, digit) if with_scores else []
    labels = [score_text(score) for score in scores] or [""] * len(pictures)
    cells = [_cell(*pair) for pair in zip(pictures, labels, strict=True)]
    return grid(cells, columns or _columns(film, digit))


def draw_plane(
    film: DigitFilm, step: int, seeds: tuple[int, int], digit: int | None = None
) -> Image.Image:
    """The 11 x 11 pictures of `DigitFilm.plane` as one of 308 px, with its provenance.

    Raises:
        ValueError: as `DigitFilm.plane`.
    """
    return grid(film.plane(step, seeds, digit), PLANE_SIDE)


def score_text(score: float) -> str:
    """A logit as it stands below a picture, with one decimal and a typographic minus."""
    return f"{round(score, 1) + 0.0:.1f}".replace("-", "−")  # adding 0 makes -0.0 plain


def _columns(film: DigitFilm, digit: int | None) -> int | None:
    return len(film.classes) if film.classes and digit is None else None


def _cell(picture: Image.Image, label: str) -> Image.Image:
    """A picture enlarged, above its label if it has one."""
    side = picture.width * SCALE
    cell = Image.new("RGB", (side, side + (STRIP_PX if label else 0)), "black")
    cell.paste(picture.resize((side, side), Image.Resampling.NEAREST))
    if label:
        font = ImageFont.load_default(LETTERS_PX)
        centre = (side / 2, side + STRIP_PX / 2)
        ImageDraw.Draw(cell).text(centre, label, "white", font, anchor="mm")
    cell.info.update(picture.info)
    return cell
