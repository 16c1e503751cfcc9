"""Exports of a job: film, card, layer swap, upload to the Hub."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
import torch
from huggingface_hub import ModelCard, constants
from PIL import Image

from gan_models import convert, load_pipeline, weights
from gan_models.jobs import JobError
from gan_models.zoo.spec import LocalFile, ModelSpec
from tests.jobs import upload_hub
from tests.jobs.conftest import BASE


@pytest.fixture
def done(jobs, start_job):
    """Key, id and folder of a job with two sheets and a generator unlike the base."""
    key = jobs.new_key()
    job = start_job(jobs, key)
    folder = jobs._database.job_folder(job)
    sheets = folder / "run" / "sheets"
    sheets.mkdir(parents=True)
    for step, colour in ((5, "red"), (20, "blue")):
        Image.new("RGB", (33, 32), colour).save(sheets / f"{step:07d}.png")
    generator, info = weights.load_checkpoint(base_path(jobs))
    for parameter in generator.parameters():
        parameter.add_(1)
    facts = {key: info[key] for key in ("task", "licence", "source")}
    training = {"kimg": 0.04, "metrics": {"kid_effl0": 0.125}}
    out = folder / "run" / "generator.safetensors"
    weights.save_generator(out, generator, title="Tiny, fine-tuned", training=training, **facts)
    jobs._database.change(job, state="finished", title="My *garden* | <b>")
    return key, job, folder


def base_path(jobs):
    return jobs._database.folder.parent / "models" / f"{BASE}.safetensors"


def test_the_film_shows_every_sheet_and_is_made_once(jobs, done):
    key, job, folder = done
    path = jobs.film(key, job)
    with av.open(str(path)) as film:
        frames = [frame.to_image() for frame in film.decode(video=0)]
    red, blue = frames[0].getpixel((9, 9)), frames[-1].getpixel((9, 9))
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]
    stamp = path.stat().st_mtime_ns
    assert jobs.film(key, job).stat().st_mtime_ns == stamp
    Image.new("RGB", (33, 32), "green").save(folder / "run" / "sheets" / "0000030.png")
    assert jobs.film(key, job) != path
    assert not path.exists(), "films of the past go"


def test_a_film_needs_sheets(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    with pytest.raises(JobError, match="no pictures yet"):
        jobs.film(key, job)


def test_the_card_states_base_licence_training_and_measures(jobs, done):
    key, job, _ = done
    card = jobs.card(key, job)
    assert card.startswith("---\nlicense: mit\n")
    assert "# My garden b\n" in card
    for words in (f"fine-tuned from `{BASE}`", "12 pictures", "0.04 thousand", "| 0.125 |"):
        assert words in card


def test_the_card_of_a_snapshot_is_its_own(jobs, done):
    key, job, folder = done
    generator, info = weights.load_checkpoint(base_path(jobs))
    facts = {key: info[key] for key in ("task", "licence", "source")}
    out = folder / "run" / "snapshots" / "0000010.safetensors"
    training = {"kimg": 0.015, "steps": 10}
    weights.save_generator(out, generator, title="Tiny", training=training, **facts)
    (folder / "run" / "metrics.csv").write_text("step,kid_effl0\n20,0.125\n")
    card = jobs.card(key, job, 10)
    assert "0.015 thousand" in card
    assert "0.125" not in card
    assert "0.04 thousand" in jobs.card(key, job)
    with pytest.raises(JobError, match="no snapshot of step 11"):
        jobs.card(key, job, 11)


def test_the_generator_opens_as_a_pipeline(jobs, done):
    key, job, _ = done
    pipeline = load_pipeline(str(jobs.generator(key, job)))
    assert pipeline.sample(seeds=[0])[0].size == (32, 32)


@pytest.mark.parametrize("coarse", ["base", "mine"])
def test_layers_are_swapped_with_the_base(jobs, done, coarse):
    key, job, folder = done
    path = jobs.swap(key, job, 16, coarse)
    assert folder in path.parents
    mixed = weights.read_tensors(path)
    mine, base = (
        weights.read_tensors(jobs.generator(key, job)),
        weights.read_tensors(base_path(jobs)),
    )
    low, high = (mine, base) if coarse == "mine" else (base, mine)
    for prefix, source in (("mapping.", low), ("synthesis.blocks.3.", high)):
        name = next(name for name in mixed if name.startswith(prefix) and mixed[name].ndim)
        assert torch.allclose(mixed[name].float(), source[name].float(), atol=1e-2)


def test_layers_are_swapped_with_a_base_in_a_foreign_format(jobs, done, monkeypatch):
    key, job, folder = done
    file = Path(__file__).parents[1] / "golden" / "stylegan2_rosinality.weights.safetensors"
    base = convert.load_generator(file, format="stylegan2-rosinality")
    spec = ModelSpec(
        **{"id": "cats", "title": "Cats", "task": "latent", "family": "stylegan2"},
        **{"resolution": base.img_resolution, "source": LocalFile(str(file)), "sha256": None},
        **{"size_bytes": 1, "licence": "MIT", "attribution": "somebody", "trained_on": "cats"},
        **{"num_params": 1, "format": "stylegan2-rosinality"},
    )
    monkeypatch.setattr(weights, "get_spec", {"cats": spec}.get)
    facts = {"task": "latent", "title": "Mine", "licence": "MIT", "source": "a test"}
    mine = folder / "run" / "generator.safetensors"
    weights.save_generator(mine, base, half=False, **facts)
    jobs._database.change(job, base="cats")
    for coarse in ("base", "mine"):
        mixed, info = weights.load_checkpoint(jobs.swap(key, job, 8, coarse))
        assert "Cats" in info["title"]
        assert torch.allclose(
            mixed(torch.ones(1, 512)[:, : base.z_dim]),
            base(torch.ones(1, 512)[:, : base.z_dim]),
            atol=1e-4,
        )


def test_layers_come_from_the_base_or_from_the_job(jobs, done):
    key, job, _ = done
    with pytest.raises(JobError, match="from the base or from mine"):
        jobs.swap(key, job, 16, "/etc")
    with pytest.raises(ValueError, match="one of these sizes"):
        jobs.swap(key, job, 17)


@pytest.fixture
def hub():
    with upload_hub.serving() as hub:
        yield hub


def test_a_model_is_pushed_to_the_visitors_own_account_without_a_picture(jobs, done, hub):
    key, job, folder = done
    assert jobs.push_to_hub(key, job, " me/garden ", "hf_x\n") == f"{hub.url}/me/garden"
    repo = hub.repos["me/garden"]
    assert repo.private
    assert {*repo.files} == {".gitattributes", "README.md", "generator.safetensors", "samples.png"}
    assert repo.files["generator.safetensors"] == jobs.generator(key, job).read_bytes()
    assert b"![Samples](samples.png)" in repo.files["README.md"]
    everything = [path for path in folder.parent.rglob("*") if path.is_file()]
    assert not [path for path in everything if b"hf_x" in path.read_bytes()]
    assert not list(folder.glob("tmp*"))


def test_a_name_without_an_account_is_in_that_of_the_token(jobs, done, hub):
    key, job, _ = done
    assert jobs.push_to_hub(key, job, "garden", "hf_x") == f"{hub.url}/me/garden"
    assert "generator.safetensors" in hub.repos["me/garden"].files


def test_the_card_is_one_of_the_hub(jobs, done, hub):
    key, job, _ = done
    jobs.push_to_hub(key, job, "garden", "hf_x")
    text = hub.repos["me/garden"].files["README.md"].decode()
    facts = ModelCard(text).data.to_dict()
    assert facts["license"] == "mit"
    assert facts["inference"] is False
    assert {"gan", "ganvas"} <= set(facts["tags"])
    for words in (f"fine-tuned from `{BASE}`", "Base and its licence", "load_pipeline"):
        assert words in text


@pytest.mark.parametrize(
    ("repo", "token", "sentence"),
    [
        ("a/b/c", "hf_x", "your account, a slash"),
        ("../../etc", "hf_x", "your account, a slash"),
        ("gärten", "hf_x", "in letters, digits"),
        ("x" * 97, "hf_x", "in letters, digits"),
        ("", "hf_x", "Name the repository"),
        ("garden--of..mine", "hf_x", "takes no such name"),
        ("me/garden", " ", "token of your Hub account"),
        ("me/garden", "hf_unknown", "refuses this token: log in again"),
        ("somebody/garden", "hf_x", "refuses this token"),
    ],
)
def test_what_cannot_be_pushed_says_why(jobs, done, hub, repo, token, sentence):
    key, job, _ = done
    with pytest.raises(JobError, match=sentence):
        jobs.push_to_hub(key, job, repo, token)
    assert not hub.repos


def test_a_token_that_may_not_write_is_refused_with_a_sentence(jobs, done, hub):
    key, job, _ = done
    hub.may_write = False
    with pytest.raises(JobError, match="may write to this account"):
        jobs.push_to_hub(key, job, "garden", "hf_x")


@pytest.mark.parametrize(
    ("private", "files"),
    [(True, {"README.md": b"mine"}), (False, {".gitattributes": b""}), (False, {})],
)
def test_a_name_that_is_taken_is_refused_and_nothing_is_overwritten(
    jobs, done, hub, private, files
):
    key, job, _ = done
    hub.repos["me/garden"] = upload_hub.Repo(private, dict(files))
    with pytest.raises(JobError, match="me/garden already; choose another name"):
        jobs.push_to_hub(key, job, "garden", "hf_x")
    assert hub.repos["me/garden"].files == files


def test_an_upload_that_failed_can_be_made_again(jobs, done, hub):
    key, job, _ = done
    hub.broken = 422
    with pytest.raises(JobError, match=r"error 422.*try again later"):
        jobs.push_to_hub(key, job, "garden", "hf_x")
    assert {*hub.repos["me/garden"].files} == {".gitattributes"}
    jobs.push_to_hub(key, job, "garden", "hf_x")
    assert "generator.safetensors" in hub.repos["me/garden"].files


def test_an_unreachable_hub_raises_a_message(jobs, done, hub):
    key, job, _ = done
    with pytest.MonkeyPatch.context() as patch:  # undone before that of `hub`
        patch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(JobError, match="could not be reached; try again later"):
            jobs.push_to_hub(key, job, "me/garden", "hf_x")


def test_offline_nothing_is_pushed(jobs, done, hub, monkeypatch):
    key, job, _ = done
    monkeypatch.setenv("GANVAS_OFFLINE", "1")
    with pytest.raises(JobError, match="GANVAS_OFFLINE forbids"):
        jobs.push_to_hub(key, job, "me/garden", "hf_x")
    assert not hub.repos
