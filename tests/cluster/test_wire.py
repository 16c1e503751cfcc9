"""Pictures travel as arrays, inside of whatever holds them, and come back the same."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from PIL import Image

from gan_models import CropPreview, Patch
from gan_models.cluster.wire import Pixels, pack, portable, unpack

NOISE = Image.fromarray(np.random.RandomState(3).randint(0, 256, (9, 13, 3)).astype(np.uint8))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I", "F"])
def test_a_picture_of_every_mode_comes_back(mode):
    image = NOISE.convert(mode)
    image.info["note"] = "x"
    made = unpack(pickle.loads(pickle.dumps(pack(image))))
    assert (made.mode, made.size, made.info) == (image.mode, image.size, image.info)
    assert made.tobytes() == image.tobytes()
    assert made.getpalette() == image.getpalette()


def test_pictures_inside_of_lists_and_records_are_arrays_too():
    preview = CropPreview((0, 0, 1, 1), NOISE, NOISE)
    packed = pack(([NOISE], {"a": preview}))
    assert isinstance(packed[0][0], Pixels)
    assert isinstance(packed[1]["a"].after, Pixels)
    assert unpack(packed)[1]["a"].after.tobytes() == NOISE.tobytes()


def test_what_holds_no_picture_is_itself():
    value = {"seeds": [1, 2], "patch": Patch(np.ones((2, 2), bool), 3)}
    assert pack(value) is value


def test_an_array_in_shared_memory_can_be_written_to_again():
    array = np.ones(3)
    array.flags.writeable = False
    assert unpack([array])[0].flags.writeable


class UnpicklableError(ValueError):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def test_an_error_that_cannot_be_pickled_keeps_its_sentence():
    assert repr(portable(UnpicklableError("a", "b"))) == "ValueError('a b')"
