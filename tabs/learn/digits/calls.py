"""Direct calls of the films of digits: the curves of one, its sheets, its plane, and a download.

As in the live part they do not use Gradio's queue. They check everything they get, and answer in
JSON; what is wrong comes as a sentence under `problem`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from gan_models import (
    DigitFilm,
    WeightsError,
    digit_score_text,
    draw_digit_plane,
    draw_digit_sheet,
    draw_large_digit_sheet,
    save_png,
)
from tabs.components.errors import NOT_HERE
from tabs.languages.chosen import translate
from tabs.learn.digits import request as requests
from tabs.learn.digits.curves import curves, place
from tabs.learn.digits.measures import facts

Answer = dict[str, Any]


def make_functions() -> list[Callable[[Any], Answer]]:
    """The functions that the page may call: `ask`."""

    def ask(request: Any) -> Answer:
        return answer(request)

    return [ask]


def answer(request: Any) -> Answer:
    """Do what a request says."""
    try:
        if not isinstance(request, Mapping):
            raise ValueError(requests.UNREADABLE)
        action = request.get("do")
        if not isinstance(action, str) or action not in ACTIONS:
            raise ValueError(requests.UNREADABLE)
        return ACTIONS[action](request)
    except ValueError as error:
        return {"problem": translate(str(error))}
    except WeightsError:
        return {"problem": translate(NOT_HERE)}


def _open(request: Mapping[str, Any]) -> Answer:
    """A film's steps and curves."""
    film = requests.open_by_name(request.get("model"))
    drawn = curves(film)
    return {"steps": list(film.steps), "by_class": bool(film.classes), "curves": drawn}


def _draw(request: Mapping[str, Any]) -> Answer:
    """The sheets of one step."""
    wanted = requests.read(request)
    pairs = zip(wanted.films, wanted.steps, strict=True)
    return {"sides": [_side(wanted, *pair, bool(request.get("scores"))) for pair in pairs]}


def _side(wanted: requests.Wanted, film: DigitFilm, step: int, with_scores: bool) -> Answer:
    sheet = draw_digit_sheet(film, step, wanted.seeds, wanted.digit, wanted.columns)
    scores = film.scores(step, wanted.seeds, wanted.digit) if with_scores else []
    return {
        "step": step,
        "picture": _png(sheet),
        "columns": sheet.width // 28,
        "scores": [digit_score_text(score) for score in scores],
        "facts": facts(film, step),
        "place": place(film, step),
    }


def _plane(request: Mapping[str, Any]) -> Answer:
    """The plane of latent space through two seeds."""
    film = requests.open_by_name(request.get("model"))
    step = requests.check_step(film, request.get("step"))
    seeds = requests.plane_seeds(request.get("seeds"))
    digit = requests.check_digit(request.get("digit"))
    return {"picture": _png(draw_digit_plane(film, step, seeds, digit))}


def _save(request: Mapping[str, Any]) -> Answer:
    """The sheet of the first film enlarged, as a file to keep."""
    wanted = requests.read(request)
    film, with_scores = wanted.films[0], bool(request.get("scores"))
    sheet = draw_large_digit_sheet(
        film, wanted.step, wanted.seeds, wanted.digit, wanted.columns, with_scores
    )
    return {"picture": _png(sheet), "name": f"{film.name}-step{wanted.step}.png"}


ACTIONS: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
    "open": _open,
    "draw": _draw,
    "plane": _plane,
    "save": _save,
}


def _png(sheet: Image.Image) -> str:
    """A grey PNG with the sheet's provenance, in base64."""
    file = io.BytesIO()
    save_png(sheet.convert("L"), file)
    return base64.b64encode(file.getvalue()).decode()
