"""Sheets of a training say what they show: samples, samples beside data, or data alone."""

from __future__ import annotations

import pytest
from PIL import Image

from gan_models.learning.digits import ClassifierTrainer, DigitTrainer
from gan_models.media.provenance import SAMPLES, SAMPLES_AND_DATA
from gan_models.training.run_folder import write_sheet
from gan_models.training.trainers.cycle import CycleTrainer
from gan_models.training.trainers.finetune import FinetuneTrainer
from gan_models.training.trainers.latent import LatentTrainer
from gan_models.training.trainers.semantic import SemanticTrainer
from gan_models.training.trainers.supervised import SupervisedTrainer
from gan_models.training.trainers.upscaler import UpscalerTrainer
from tests.media.readers import origin, xmp_of


@pytest.mark.parametrize(
    ("shows", "source"),
    [(SAMPLES, "trainedAlgorithmicMedia"), (SAMPLES_AND_DATA, "compositeSynthetic")],
)
def test_a_sheet_with_samples_says_so(tmp_path, shows, source):
    write_sheet(tmp_path / "0000001.png", Image.new("RGB", (40, 40)), shows)
    assert origin(tmp_path / "0000001.png")["source"] == source


def test_a_sheet_of_data_alone_says_nothing(tmp_path):
    write_sheet(tmp_path / "0000001.png", Image.new("RGB", (40, 40)), "")
    assert xmp_of(tmp_path / "0000001.png") is None


def test_every_trainer_names_what_its_sheets_show():
    for trainer in (LatentTrainer, FinetuneTrainer, DigitTrainer):
        assert trainer.SHEET_SHOWS == SAMPLES
    for trainer in (CycleTrainer, SemanticTrainer, UpscalerTrainer):
        assert trainer.SHEET_SHOWS == SAMPLES_AND_DATA
    for trainer in (SupervisedTrainer, ClassifierTrainer):
        assert trainer.SHEET_SHOWS == ""
