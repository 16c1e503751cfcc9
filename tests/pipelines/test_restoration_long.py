"""A photo of two megapixels at four times its size: bounded memory, no seam."""

import pytest

from benchmarks.restoration import large_picture


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_megapixels_need_less_than_two_gigabytes_and_show_no_seam():
    found = large_picture()
    assert found["peak memory, GB"] < 2
    assert found["step across borders, of that elsewhere"] <= 1.05
