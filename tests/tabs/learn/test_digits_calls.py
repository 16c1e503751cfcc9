"""The films of digits: what the page's calls answer, what they refuse, and the endpoint."""

from __future__ import annotations

import base64
import io
import json

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from gan_models.learning.recipes import RECIPES
from gan_models.media.images import read_provenance
from gan_models.media.provenance import pictures_of
from tabs import learn
from tabs.components.provenance_drop import reading
from tabs.languages.chosen import use_language
from tabs.learn.digits import form, recipes_words
from tabs.learn.digits.calls import ACTIONS, answer, make_functions
from tests.digit_films import STEPS, only_films

NAMES = ("digits-gan", "digits-wgan-gp", "digits-cgan")
SHEET = {"models": ["digits-wgan-gp"], "step": 10, "seeds": "0-3", "digit": ""}


@pytest.fixture(scope="module", autouse=True)
def _films(tmp_path_factory):
    with only_films(tmp_path_factory.mktemp("films"), *NAMES):
        yield


def ask(action, **more):
    made = answer({"do": action, **more})
    json.dumps(made, allow_nan=False)  # what a browser can read
    return made


def picture(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_a_film_is_opened_with_its_steps_and_curves():
    opened = ask("open", model="digits-wgan-gp")
    assert opened["steps"] == list(STEPS)
    assert not opened["by_class"]
    assert opened["curves"].count("<figure>") == opened["curves"].count('class="marker"') == 2
    assert "Wasserstein estimate" in opened["curves"]
    other = ask("open", model="digits-cgan")
    assert other["by_class"]
    assert "Mean logits of D" in other["curves"]
    assert "Wasserstein" not in other["curves"]


def test_two_models_draw_the_same_seeds_at_the_same_share():
    sides = ask("draw", **SHEET | {"models": ["digits-wgan-gp", "digits-gan"]})["sides"]
    assert [side["step"] for side in sides] == [10, 10]
    assert [picture(side["picture"]).size for side in sides] == [(56, 56)] * 2
    assert ["KID", "0.5"] in sides[0]["facts"]
    assert ["Recall", "12 %"] in sides[0]["facts"]
    places = [ask("draw", **SHEET | {"step": step})["sides"][0]["place"] for step in STEPS]
    assert places == [4, 150, 296]


def test_scores_come_where_they_were_kept():
    models = {"models": ["digits-wgan-gp", "digits-gan"], "scores": True}
    kept, without = ask("draw", **SHEET | models)["sides"]
    assert len(kept["scores"]) == 4
    assert without["scores"] == []
    both = ask("draw", **SHEET | models | {"step": 100})["sides"]
    assert [len(side["scores"]) for side in both] == [4, 4]


def test_digits_in_turn_or_one_of_them():
    by_class = SHEET | {"models": ["digits-wgan-gp", "digits-cgan"], "seeds": "0-19"}
    turns, one = ask("draw", **by_class)["sides"], ask("draw", **by_class | {"digit": "7"})["sides"]
    assert [side["columns"] for side in turns] == [10, 10]
    assert [side["columns"] for side in one] == [5, 5]
    assert ["Accuracy", "75 %"] in one[1]["facts"]
    assert one[1]["picture"] != turns[1]["picture"]


def test_a_saved_sheet_says_how_it_was_made(tmp_path):
    saved = ask("save", **SHEET | {"scores": True})
    assert saved["name"] == "digits-wgan-gp-step10.png"
    path = tmp_path / saved["name"]
    path.write_bytes(base64.b64decode(saved["picture"]))
    facts = pictures_of(read_provenance(path))
    assert [one["seed"] for one in facts] == [0, 1, 2, 3]
    assert (facts[0]["model"], facts[0]["step"]) == ("digits-wgan-gp", 10)
    with pytest.raises(ValueError, match="of the tab Learn"), reading(facts[0], "latent"):
        pass


def test_a_plane_is_a_picture():
    made = ask("plane", model="digits-cgan", step=100, seeds="3, 8", digit="2")
    assert picture(made["picture"]).size == (308, 308)


@pytest.mark.parametrize(
    "request_",
    [
        *(None, 7, "x" * 10_000_000, [], {}, {"do": "forget"}, {"do": ["open"]}, {"do": None}),
        *({"do": action} for action in ACTIONS),
        *({"do": "open", "model": model} for model in ("faces-64", ["x"], None, "../x", "x" * 999)),
        *(
            {"do": action, **SHEET, **wrong}
            for action in ("draw", "save")
            for wrong in (
                *({"models": []}, {"models": list(NAMES)}, {"models": "digits-gan"}),
                *({"models": [{}]}, {"models": ["digits-gan", "best"]}),
                *({"step": 3}, {"step": None}, {"step": "10"}, {"step": float("nan")}),
                *({"step": [10]}, {"step": 1e400}, {"seeds": "cat"}, {"seeds": "0-64"}),
                *({"seeds": ""}, {"seeds": None}, {"seeds": [1]}, {"seeds": "1," * 10_000}),
                *({"seeds": "4294967296"}, {"digit": "10"}, {"digit": -1}, {"digit": [1]}),
            )
        ),
        *(
            {"do": "plane", "model": "digits-gan", "step": 10, "seeds": seeds}
            for seeds in ("1", "1, 1", "1-3", "x", None, 5)
        ),
    ],
)
def test_a_bad_request_gets_one_sentence(request_):
    made = answer(request_)
    assert set(made) == {"problem"}
    assert made["problem"].endswith(".")
    assert len(made["problem"]) < 300


def test_texts_come_in_the_visitors_language():
    use_language("zh-CN")
    try:
        assert "判别器的损失" in ask("open", model="digits-gan")["curves"]
        assert ["步数", "10"] in ask("draw", **SHEET)["sides"][0]["facts"]
        assert "没有影片" in ask("open", model="x")["problem"]
    finally:
        use_language("en")


def test_every_recipe_has_its_words():
    assert set(form.TITLES) == set(recipes_words.RECIPES) == set(RECIPES)
    assert set(form.FIRST) <= set(RECIPES)


def test_the_function_is_the_one_that_the_page_calls():
    (function,) = make_functions()
    assert function.__name__ == "ask"


def served():
    """The tab alone, and its address."""
    with gr.Blocks() as app, gr.Tab("Learn"):
        learn.build(None)
    app.queue()
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True)
    return app, address.rstrip("/")


def test_the_endpoint_draws_a_sheet_and_says_what_is_wrong(tmp_path):
    app, url = served()
    client = Client(url, verbose=False, download_files=tmp_path)
    call = lambda **more: client.predict(**more, api_name="/digits_film_draw")
    path = call(seeds="0-3", model="digits-cgan", step=10, digit="7")
    assert Image.open(path).size == (168, 168)
    assert pictures_of(read_provenance(path))[2]["class_index"] == 7
    assert pictures_of(read_provenance(call(model="digits-gan")))[63]["step"] == 100
    wrong = {"model": "x"}, {"step": 11, "model": "digits-gan"}, {"seeds": "0-99"}, {"digit": "a"}
    for settings in wrong:
        with pytest.raises(AppError, match=r"choose from|At most 64|from 0 to 9"):
            call(**{"model": "digits-gan"} | settings)
    client.close()
    app.close()


def test_without_films_the_part_says_so(tmp_path):
    with only_films(tmp_path):
        app, url = served()
        parts = httpx.get(f"{url}/config").json()["components"]
        app.close()
        assert "get the files" in ask("open", model="digits-gan")["problem"]
    ids = {part["props"].get("elem_id"): part["props"].get("value") for part in parts}
    assert "not on this server" in ids["learn-digits-none"]
    assert "learn-digits-lab" not in ids
