"""The columns of a sheet."""

import pytest

from tabs.components.preview import columns_without_orphan


@pytest.mark.parametrize("count", range(2, 65))
def test_no_picture_is_alone_in_the_last_row(count):
    columns = columns_without_orphan(count)
    assert columns <= count
    assert count % columns != 1 or columns == 1
