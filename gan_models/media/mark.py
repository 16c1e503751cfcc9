"""A visible mark on generated pictures, which the host of a page can switch on.

`GANVAS_MARK=1` writes "AI", another value its own text. It is drawn where pictures are written, and
so never into what networks are given by the library.
"""

from __future__ import annotations

import os
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

VARIABLE = "GANVAS_MARK"
USUAL_TEXT = "AI"
MAX_LETTERS = 40
LETTER_SHARE = 1 / 14  # size of the letters, relative to the picture's shorter side
MAX_WIDTH_SHARE = 0.5  # of the mark, relative to the picture's width
MIN_LETTER_PX = 9  # smaller ones cannot be read


def mark_text() -> str:
    """The text of the mark; empty: there is none.

    Raises:
        ValueError: it cannot be drawn: over 40 letters, or others than the font has.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if text in ("", "0"):
        return ""
    if text == "1":
        return USUAL_TEXT
    if len(text) > MAX_LETTERS or not (text.isascii() and text.isprintable()):
        raise ValueError(
            f"{VARIABLE} must be 1, 0, or a text of at most {MAX_LETTERS} letters from A to Z, "
            "digits and signs; set it anew and start Ganvas again."
        )
    return text


def marked(image: Image.Image) -> Image.Image:
    """A copy with the mark in its lower right corner, or the picture itself where it gets none.

    The mark's size is proportional to the picture's shorter side, so that on an enlarged picture
    it lies over the mark that was enlarged. Where its letters would have less than 9 px, which for
    "AI" is below 126 px, they could not be read without covering the picture: there is no mark
    then.

    Raises:
        ValueError: as `mark_text`.
    """
    text = mark_text()
    plate = _plate(text, *image.size) if text else None
    if plate is None:
        return image
    copy = image.copy()
    if copy.mode not in ("L", "RGB", "RGBA"):  # a palette may lack the colours
        copy = copy.convert("RGBA" if copy.has_transparency_data else "RGB")
    copy.paste(plate.convert(copy.mode), (copy.width - plate.width, copy.height - plate.height))
    return copy


@lru_cache(maxsize=64)
def _plate(text: str, width: int, height: int) -> Image.Image | None:
    """The mark for a picture of a size: white letters on black; None: it would be too small."""
    wide = ImageFont.load_default(100).getlength(text) / 100 + 0.5  # with a margin; to the letters
    letters_px = min(min(width, height) * LETTER_SHARE, width * MAX_WIDTH_SHARE / wide)
    if letters_px < MIN_LETTER_PX:
        return None
    plate = Image.new("RGB", (round(wide * letters_px), round(1.25 * letters_px)), "black")
    centre, font = (plate.width / 2, plate.height / 2), ImageFont.load_default(letters_px)
    ImageDraw.Draw(plate).text(centre, text, "white", font, anchor="mm")
    return plate
