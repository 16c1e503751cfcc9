"""A program that calls the page, and a small picture to send."""

from __future__ import annotations

from pathlib import Path

import pytest
from gradio_client import Client
from PIL import Image


@pytest.fixture(scope="module")
def client(page_url, tmp_path_factory):
    """A client of the page of all tests."""
    client = Client(page_url, verbose=False, download_files=tmp_path_factory.mktemp("downloads"))
    yield client
    client.close()


@pytest.fixture
def photo(tmp_path) -> Path:
    """A JPEG of 60 x 44 px."""
    path = tmp_path / "holiday.jpg"
    Image.effect_noise((60, 44), 60).convert("RGB").save(path)
    return path
