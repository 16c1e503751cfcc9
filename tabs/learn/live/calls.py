"""Direct calls of the live part: its pictures, and what its buttons do.

These calls do not use Gradio's queue, which takes several times as long to answer. They check
everything they get, and answer in JSON; what is wrong comes as a sentence under `problem`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gan_models import (
    LIVE_PRESETS,
    GoneError,
    LiveRun,
    LiveSession,
    LiveSettings,
    LiveTrainings,
    live_preset_settings,
    pack_live_points,
    picture_as_json,
)
from tabs.languages.chosen import translate

Answer = dict[str, Any]
MAX_KEY = 64  # letters of a browser's key
UNREADABLE = "This call is not understood; reload the page."


def make_functions(trainings: LiveTrainings) -> list[Callable[[Any], Answer]]:
    """The functions that the page may call: `ask`."""

    def ask(request: Any) -> Answer:
        return answer(trainings, request)

    return [ask]


def answer(trainings: LiveTrainings, request: Any) -> Answer:
    """Do what a request says, and describe the session as it is then."""
    try:
        if not isinstance(request, Mapping):
            raise ValueError(UNREADABLE)
        action = request.get("do")
        if not isinstance(action, str) or action not in ACTIONS:
            raise ValueError(UNREADABLE)
        return ACTIONS[action](trainings, request)
    except GoneError as error:
        return {"gone": True, "problem": translate(str(error))}
    except ValueError as error:
        return {"problem": translate(str(error))}


def _open(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    token = trainings.open(_visitor(request), _settings(request))
    return {"session": token, **describe(trainings.look(token), fresh=True)}


def _look(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    session = trainings.look(request.get("session"))
    if session.version == request.get("seen"):
        return {"same": True}
    return describe(session, fresh=request.get("seen") is None)


def _play(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    trainings.play(request.get("session"))
    return describe(trainings.look(request.get("session")))


def _pause(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    trainings.pause(request.get("session"))
    return describe(trainings.look(request.get("session")))


def _step(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    trainings.step(request.get("session"))
    return describe(trainings.look(request.get("session")))


def _pace(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    trainings.set_pace(request.get("session"), request.get("pace"))
    return describe(trainings.look(request.get("session")))


def _reset(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    token = request.get("session")
    trainings.reset(token, _settings(request))
    return describe(trainings.look(token), fresh=True)


def _preset(trainings: LiveTrainings, request: Mapping[str, Any]) -> Answer:
    """Begin a preset, in the page's session or a new one."""
    name, seed = request.get("name"), LiveSettings.read({"seed": request.get("seed", 0)}).seed
    settings = live_preset_settings(name, seed)  # pyright: ignore[reportArgumentType] - it checks
    token = request.get("session")
    try:
        trainings.reset(token, settings)
    except GoneError:
        token = trainings.open(_visitor(request), settings)
    trainings.play(token, LIVE_PRESETS[str(name)].steps)
    return {"session": token, **describe(trainings.look(token), fresh=True)}


ACTIONS: dict[str, Callable[[LiveTrainings, Mapping[str, Any]], Answer]] = {
    "open": _open,
    "look": _look,
    "play": _play,
    "pause": _pause,
    "step": _step,
    "pace": _pace,
    "reset": _reset,
    "preset": _preset,
}


def _settings(request: Mapping[str, Any]) -> list[LiveSettings]:
    """The settings of the runs that a request asks for.

    Raises:
        ValueError: they are no list of one or two objects, or a setting is wrong.
    """
    runs = request.get("runs")
    if not isinstance(runs, list) or not 1 <= len(runs) <= 2:
        raise ValueError("One or two trainings run side by side.")
    return [LiveSettings.read(run) for run in runs]


def _visitor(request: Mapping[str, Any]) -> str:
    """The browser's key.

    Raises:
        ValueError: it is none.
    """
    visitor = request.get("visitor")
    if not isinstance(visitor, str) or not 1 <= len(visitor) <= MAX_KEY:
        raise ValueError(UNREADABLE)
    return visitor


def describe(session: LiveSession, fresh: bool = False) -> Answer:
    """A session for the page; with its settings and real points where it is `fresh`."""
    version = session.version
    with session.lock:
        runs = [describe_run(run, fresh) for run in session.runs]
        made: Answer = {"version": version, "playing": session.playing, "runs": runs}
        made["status"] = translate(status(session))
        if fresh:
            made["settings"] = [_as_json(run.training.settings) for run in session.runs]
            made["pace"] = session.pace
    return made


def _as_json(settings: LiveSettings) -> Answer:
    return {**vars(settings), "points": [list(point) for point in settings.points]}


def describe_run(run: LiveRun, fresh: bool) -> Answer:
    """A run for the page."""
    made = picture_as_json(run.picture)
    made["facts"] = facts(run)
    made["curves"] = vars(run.curves())
    made["num_modes"] = len(run.training.data.modes)
    made["optimum"] = run.training.objective.has_optimum
    if fresh:
        made["real"] = pack_live_points(run.real)
        made["dim"] = run.training.data.dim
    return made


def facts(run: LiveRun) -> dict[str, str]:
    """The figures under a picture, as text."""
    found = run.facts()
    of = f"{found['modes_covered']}/{found['num_modes']}"
    return {
        "step": f"{found['step']:,}",
        "modes_title": translate("Modes covered" if found["has_modes"] else "Parts covered"),
        "modes": of,
        "near": f"{100 * found['share_near']:.0f} %",
        "discriminator": f"{found['discriminator_loss']:.3g}",
        "generator": f"{found['generator_loss']:.3g}",
        "gradient": f"{found['gradient_norm']:.2g}",
        "distance": "–" if found["distance"] is None else f"{found['distance']:.3g}",
    }


def status(session: LiveSession) -> str:
    """What the session does, as a sentence."""
    found = [run.facts() for run in session.runs]
    ahead = max(one["head_start_left"] for one in found)
    if any(one["has_diverged"] for one in found):
        return "The weights have grown beyond all bounds: take smaller learning rates, and reset."
    if session.playing and ahead:
        return f"The discriminator trains ahead, {ahead:,} steps more."
    if session.playing:
        return f"Training, {session.steps_per_second:,.0f} steps a second."
    if session.was_unwatched:
        return "Paused, because nobody looked for ten seconds."
    if all(one["is_over"] for one in found):
        return "Finished: a training ends after 50,000 steps."
    if 1 < session.stops_at <= session.step_count:
        return f"Finished, after {session.step_count:,} steps. Start goes on."
    return "Paused." if session.step_count else "Ready."
