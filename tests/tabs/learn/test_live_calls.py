"""The calls of the live part: what they answer, what they refuse, and how they are reached."""

from __future__ import annotations

import json

import gradio as gr
import httpx
import pytest

from gan_models import LIVE_PRESETS, LiveTrainings
from gan_models.learning.live import objectives
from gan_models.learning.live.data import DATA, DRAWN
from gan_models.learning.live.optimizers import OPTIMIZERS
from gan_models.learning.live.sessions import PACES
from tabs import learn
from tabs.learn.live import film, form, words
from tabs.learn.live.calls import ACTIONS, answer, make_functions
from tests.fakes import Clock

SMALL = {"width": 4}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def trainings(clock):
    return LiveTrainings(clock, starts_thread=False)


@pytest.fixture
def ask(trainings):
    """Calls in the session that the last `open` began."""
    session = {}

    def call(action, **more):
        made = answer(trainings, {"do": action, "visitor": "me", **session, **more})
        json.dumps(made, allow_nan=False)  # what a browser can read
        if "session" in made:
            session["session"] = made["session"]
        return made

    return call


def test_a_session_from_its_opening_to_its_end(ask, trainings, clock):
    opened = ask("open", runs=[SMALL, {**SMALL, "objective": "wgan-gp"}])
    assert [run["facts"]["step"] for run in opened["runs"]] == ["0", "0"]
    assert opened["status"] == "Ready."
    assert [run["objective"] for run in opened["settings"]] == ["nonsaturating", "wgan-gp"]
    assert all(run["real"] for run in opened["runs"])
    assert ask("look", seen=opened["version"]) == {"same": True}

    assert ask("play")["playing"]
    trainings.work_round()
    going = ask("look", seen=opened["version"])
    assert going["runs"][0]["step"] > 0
    assert "steps a second" in going["status"]
    assert "real" not in going["runs"][0]
    assert "settings" not in going

    paused = ask("pause")
    assert not paused["playing"]
    assert paused["status"] == "Paused."
    ask("step")
    trainings.work_round()
    assert ask("look", seen=None)["runs"][0]["step"] == paused["runs"][0]["step"] + 1
    assert ask("reset", runs=[SMALL])["runs"][0]["step"] == 0

    ask("play")
    clock.now += 11
    trainings.work_round()
    assert ask("look", seen=None)["status"].startswith("Paused, because nobody looked")
    clock.now += 601
    gone = ask("look", seen=None)
    assert gone["gone"]
    assert "Reset" in gone["problem"]


def test_a_preset_begins_with_the_pages_seed_and_stops(ask, trainings):
    ask("open", runs=[SMALL])
    started = ask("preset", name="cycles", seed=7)
    assert started["playing"]
    assert [run["seed"] for run in started["settings"]] == [7, 7]
    assert started["runs"][0]["dim"] == 1
    assert trainings.look(started["session"]).stops_at == LIVE_PRESETS["cycles"].steps


def test_a_preset_after_the_end_opens_a_new_session(ask, clock):
    before = ask("open", runs=[SMALL])["session"]
    clock.now += 700
    assert ask("preset", name="densities", seed=1)["session"] != before


def test_a_pace_is_kept(ask):
    ask("open", runs=[SMALL])
    ask("pace", pace=25)
    assert ask("look", seen=None)["pace"] == 25
    assert "pace is one of" in ask("pace", pace=7)["problem"]


@pytest.mark.parametrize(
    "request_",
    [
        *(None, 7, "x" * 10_000_000, [], {}, {"do": "forget"}, {"do": ["open"]}, {"do": None}),
        *({"do": "open"}, {"do": "open", "visitor": "", "runs": [SMALL]}),
        {"do": "open", "visitor": "x" * 65, "runs": [SMALL]},
        {"do": "open", "visitor": 5, "runs": [SMALL]},
        *({"do": "open", "visitor": "me", "runs": runs} for runs in (None, {}, [], [SMALL] * 3)),
        *(
            {"do": "open", "visitor": "me", "runs": [run]}
            for run in (
                *(None, 7, {"width": 10**9}, {"width": float("nan")}, {"objective": "best"}),
                *({"generator_rate": float("inf")}, {"points": [[0, 0]] * 100_000}),
                *({"data": "drawn"}, {"secret": 1}, {"data": "drawn", "points": "x" * 10**6}),
            )
        ),
        *({"do": action} for action in ACTIONS),
        *({"do": action, "session": ["x"], "runs": [SMALL]} for action in ACTIONS),
        *({"do": "preset", "visitor": "me", "name": name} for name in (None, "best", ["cycles"])),
        *(
            {"do": "preset", "visitor": "me", "name": "cycles", "seed": seed}
            for seed in (-1, 2**32, None, "1", float("nan"), 0.5)
        ),
    ],
)
def test_a_bad_request_gets_one_sentence(trainings, request_):
    made = answer(trainings, request_)
    assert set(made) <= {"problem", "gone"}
    assert made["problem"].endswith(".")
    assert len(made["problem"]) < 300
    assert trainings.count() == 0


def test_only_the_owner_of_a_token_reaches_a_session(trainings):
    first = answer(trainings, {"do": "open", "visitor": "me", "runs": [SMALL]})
    second = answer(trainings, {"do": "open", "visitor": "you", "runs": [SMALL]})
    assert first["session"] != second["session"]
    assert len(first["session"]) >= 20
    answer(trainings, {"do": "play", "session": first["session"]})
    assert not trainings.look(second["session"]).playing


def test_a_busy_server_says_so(trainings):
    made = [
        answer(trainings, {"do": "open", "visitor": f"{k}", "runs": [SMALL]}) for k in range(13)
    ]
    assert "as many visitors as it can" in made[-1]["problem"]
    assert all("session" in one for one in made[:-1])


def test_one_pages_look_is_small(ask):
    opened = ask("open", runs=[{}, {}])
    ask("step")
    look = ask("look", seen=-1)
    assert len(json.dumps(look)) < 40_000
    assert len(json.dumps(opened)) < 40_000


def test_every_name_of_the_library_has_its_words():
    assert set(form.OBJECTIVES) == set(objectives.OBJECTIVES) == set(words.OBJECTIVES)
    assert set(form.DATA) == {*DATA, DRAWN}
    assert set(form.PRESETS) == set(LIVE_PRESETS) == set(words.PRESETS)
    assert set(form.OPTIMIZERS) == set(OPTIMIZERS)
    assert [int(pace) for pace in form.PACES] == sorted(PACES, key=lambda p: (p > 0, -p))


def test_a_film_is_written_as_mp4_and_gif(trainings, ask):
    token = ask("open", runs=[SMALL, SMALL])["session"]
    for suffix in (".mp4", ".gif"):
        steps = film._write(trainings, token, suffix, gr.Progress())
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                path = stop.value
                break
        assert path.endswith(suffix)
    with pytest.raises(ValueError, match="no training to film"):
        next(film._write(trainings, "", ".gif", gr.Progress()))
    with pytest.raises(ValueError, match="has ended"):
        next(film._write(trainings, "nobody", ".gif", gr.Progress()))


@pytest.fixture
def url():
    with gr.Blocks() as app, gr.Tab("Learn"):
        learn.build(None)
    app.queue()
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True)
    yield address.rstrip("/")
    app.close()


def test_the_tab_has_the_endpoint_of_the_films_alone(url):
    found = httpx.get(f"{url}/gradio_api/info").json()["named_endpoints"]
    assert set(found) == {"/digits_film_draw"}


def test_calls_over_http_are_checked(url):
    config = httpx.get(f"{url}/config").json()
    lab = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "learn-lab")
    body = {"data": None, "fn_name": "ask", "session_hash": "s", "component_id": lab}

    def call(data):
        text = json.dumps({**body, "data": data})
        headers = {"Content-Type": "application/json"}
        return httpx.post(f"{url}/gradio_api/component_server", content=text, headers=headers)

    opened = call({"do": "open", "visitor": "me", "runs": [SMALL]}).json()
    assert opened["status"] == "Ready."
    for wrong in ({"width": float("nan")}, {"width": 1e400}, {"seed": -1}):
        found = call({"do": "reset", "session": opened["session"], "runs": [wrong]})
        assert found.status_code == 200
        assert "whole number from" in found.json()["problem"]
    assert "problem" in call("nonsense").json()


def test_the_function_is_the_one_that_the_page_calls(trainings):
    (ask,) = make_functions(trainings)
    assert ask.__name__ == "ask"
    assert "problem" in ask(None)
