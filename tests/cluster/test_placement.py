"""Small models share replicas, larger ones have their own."""

from __future__ import annotations

import pytest

from gan_models import get_spec
from gan_models.cluster.placement import SHARED, application_of, num_bytes


def test_models_share_up_to_a_size():
    size = get_spec("eyes-128").size_bytes / 1e6
    assert application_of("eyes-128", size) == SHARED
    assert application_of("eyes-128", size - 1) == "ganvas-eyes-128"
    assert application_of("biggan-deep-128", 64) == "ganvas-biggan-deep-128"
    assert application_of("faces-64", 0) == "ganvas-faces-64"


def test_files_are_placed_by_their_size(tmp_path):
    path = tmp_path / "my model.safetensors"
    path.write_bytes(bytes(2_000_000))
    assert num_bytes(str(path)) == 2_000_000
    assert application_of(str(path), 2) == SHARED
    own = application_of(str(path), 1)
    assert own.startswith("ganvas-file-")
    assert own != application_of(str(path.with_name("other.safetensors")), -1)
    assert num_bytes(str(tmp_path / "missing.safetensors")) == 0


def test_an_unknown_model_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="faces-63"):
        application_of("faces-63", 64)
