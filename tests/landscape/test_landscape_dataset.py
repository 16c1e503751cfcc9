"""Data sets of landscapes, and rough label maps."""

import json

import numpy as np
import pytest

from gan_models.landscape import (
    LABELS,
    dataset,
    load_dataset,
    pair_scene,
    random_scene,
    render,
    render_dataset,
    rough_label_map,
)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(dataset, "SHARD_SIZE", 2)


def test_a_data_set_holds_the_pairs_of_its_seeds(tmp_path):
    data = render_dataset(tmp_path / "d", 3, 32, seed=50)
    assert len(data) == 3
    assert data.images.shape == (3, 32, 32, 3)
    assert data.images[np.array([2, 0])].shape == (2, 32, 32, 3)
    assert data.images[1:].shape == (2, 32, 32, 3)
    expected = render(random_scene(52), 32)
    assert np.array_equal(data.images[2], expected.image)
    assert np.array_equal(data.label_maps[-1], expected.label_map)
    with pytest.raises(IndexError):
        data.images[3]
    assert data.scenes[1] == random_scene(51)
    assert data.class_indices[1] == random_scene(51).class_index


def test_a_killed_writer_goes_on_where_it_was(tmp_path):
    whole = render_dataset(tmp_path / "whole", 4, 24, seed=5)
    cut = tmp_path / "cut"
    render_dataset(cut, 4, 24, seed=5)
    (cut / "scenes-000002.json").unlink()
    (cut / "labels-000002.npy").unlink()
    (cut / "labels-000002.npy.part").write_bytes(b"half")
    with pytest.raises(ValueError, match="unfinished: 1 of 2 shards"):
        load_dataset(cut)
    assert len(load_dataset(cut, allow_unfinished=True)) == 2
    kept = (cut / "images-000000.npy").stat().st_mtime_ns
    calls = []
    resumed = render_dataset(cut, 4, 24, seed=5, progress=lambda *counts: calls.append(counts))
    assert calls == [(4, 4)]
    assert (cut / "images-000000.npy").stat().st_mtime_ns == kept
    assert np.array_equal(resumed.images[:], whole.images[:])


def test_processes_write_what_one_process_writes(tmp_path):
    one = render_dataset(tmp_path / "one", 3, 24, seed=9)
    two = render_dataset(tmp_path / "two", 3, 24, seed=9, processes=2)
    assert np.array_equal(one.images[:], two.images[:])
    assert np.array_equal(one.label_maps[:], two.label_maps[:])


def test_another_data_set_in_the_folder_is_refused(tmp_path):
    render_dataset(tmp_path, 1, 24)
    with pytest.raises(ValueError, match="holds another data set"):
        render_dataset(tmp_path, 2, 24)
    with pytest.raises(ValueError, match="Make one with render_dataset"):
        load_dataset(tmp_path / "nowhere")
    assert json.loads((tmp_path / "dataset.json").read_text())["num"] == 1


def test_season_pairs_are_the_same_scenes(tmp_path):
    summer = render_dataset(tmp_path / "s", 2, 24, seed=3, pair_season="summer")
    winter = render_dataset(tmp_path / "w", 2, 24, seed=3, pair_season="winter")
    for a, b in zip(summer.scenes, winter.scenes, strict=True):
        assert a.with_(season="winter") == b
    assert pair_scene(3, "summer") == summer.scenes[0]


def test_rough_maps_are_painted_in_a_few_broad_strokes():
    maps = [rough_label_map(seed, 64) for seed in range(120)]
    assert np.array_equal(maps[7], rough_label_map(7, 64))
    edges = np.mean([(np.diff(m.astype(int), axis=1) != 0).mean() for m in maps])
    assert edges < 0.08
    assert set(np.unique(np.stack(maps))) == set(range(len(LABELS)))
    fine = rough_label_map(7, 256)[2::4, 2::4]
    assert (fine == maps[7]).mean() > 0.95
    with pytest.raises(ValueError, match="Choose a seed"):
        rough_label_map(-1)
