"""Watching a run: how it stands, the grid that sharpens, past grids, curves, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, PRIVATE
from tabs.finetune import curves
from tabs.finetune.render import FIRST_GRID, figure, placeholder, status_card, steps_text
from tabs.finetune.results import step_choices
from tabs.finetune.state import (
    NO_RUN,
    UNFINISHED,
    ProgressPanel,
    Seen,
    TabParts,
    run_choices,
    run_dropdown,
)

POLL_SECONDS = 2.0  # only while a run that is not finished is in view
KINDS = [("Moving average of the weights (what is saved)", "average"), ("Current weights", "raw")]
# a poll that is still under way makes the next one needless; nothing waits for pictures
POLL = {"concurrency_limit": None, "show_progress": "hidden", **PRIVATE}
SCRUB = {"trigger_mode": "always_last", **POLL}


def layout() -> ProgressPanel:
    """Lay out the panel."""
    card = gr.HTML(placeholder(NO_RUN), elem_id="finetune-status")
    with gr.Row():
        pause = _button("Pause", "finetune-pause")
        resume = _button("Resume", "finetune-resume", variant="primary")
        stop = _button("Stop and keep", "finetune-stop")
        delete = _button("Delete", "finetune-delete")
        use = _button("Use it", "finetune-use", variant="primary")
    with gr.Row(visible=False, equal_height=True) as sure:
        gr.Markdown("Delete this run, its pictures and its models?", elem_classes="card")
        small = {"size": "sm", "scale": 0, "min_width": 130}
        really = gr.Button("Yes, delete it", variant="stop", elem_id="finetune-really", **small)
        keep = gr.Button("No, keep it", elem_id="finetune-keep", **small)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            grid = gr.HTML(placeholder(FIRST_GRID), elem_id="finetune-grid")
            with gr.Column(visible=False) as choices:
                position = gr.Slider(
                    1, 2, 1, step=1, label="Grid", info="The last position shows the newest grid.",
                    interactive=False, elem_id="finetune-position",
                )  # fmt: skip
                kind = gr.Radio(KINDS, value="average", label="Shown", elem_id="finetune-kind")
        with gr.Column(scale=1, min_width=320), gr.Tabs():
            with gr.Tab("Curves", elem_id="finetune-tab-curves"):
                drawn = gr.HTML(placeholder("Curves come with the first measurements."))
            with gr.Tab("Nearest pictures", elem_id="finetune-tab-nearest"):
                gr.Markdown(
                    "Samples, each beside the picture of yours that is nearest to it. If they "
                    "are the same, the generator copies your pictures.",
                    elem_classes="card",
                )
                nearest = gr.HTML(placeholder("They come with the first measurements."))
    timer = gr.Timer(POLL_SECONDS, active=False)
    return ProgressPanel(
        *(card, grid, position, kind, drawn, nearest, pause, resume, stop, delete),
        *(use, sure, really, keep, gr.State(Seen()), timer, choices),
    )


def _button(label: str, elem_id: str, **options: Any) -> gr.Button:
    shape = {"size": "sm", "scale": 0, "min_width": 110}
    return gr.Button(label, visible=False, elem_id=elem_id, **shape, **options)


def wire(parts: TabParts) -> Callable[[Any], Any]:
    """Connect the panel; returns what lets the page show the run in view after an event."""
    live, jobs = parts.live, parts.visitor.jobs
    given = [parts.visitor.key, parts.run, live.position, live.kind, live.seen]
    buttons = [live.pause, live.resume, live.stop, live.delete]
    filled = [live.card, live.grid, live.position, live.curves, live.nearest, *buttons, live.use]
    filled += [parts.run, parts.chosen.step, live.timer, live.seen, live.choices]

    def show(key: Any, run: str | None, position: float, kind: str, seen: Seen) -> list[Any]:
        """The values of `filled`."""
        statuses = parts.visitor.runs(key)
        status = next((status for status in statuses if status.id == run), None)
        if status is None:
            return _nothing(parts)
        where = position_to_show(status, position, seen)
        sheet, grid = _grid(status, where, kind, seen)
        extras, drawn, nearest = _extras(status, seen)
        now = Seen(status.id, len(status.sheets), sheet, extras, status.snapshots)
        return [
            status_card(status),
            grid,
            _slider(status, where, seen),
            *(drawn, nearest),
            *(gr.Button(visible=name in actions_of(status.state)) for name in ACTIONS),
            gr.Button(visible=status.has_generator),
            gr.Dropdown(choices=run_choices(statuses), visible=len(statuses) > 1),
            _steps(status, seen),
            gr.Timer(active=status.state in UNFINISHED),
            now,
            gr.Column(visible=bool(status.sheets)),
        ]

    def act(name: str) -> Callable[[Any, str | None], None]:
        def do(key: Any, run: str | None) -> None:
            with user_errors():
                getattr(jobs, name)(key, run or "")

        return do

    def delete(key: Any, run: str | None) -> tuple[gr.Dropdown, gr.Row]:
        with user_errors():
            gone = jobs.delete(key, run or "")
            gr.Info(f"Deleted: {gone.pictures} pictures and all models of the run.")
            return run_dropdown(jobs.list(key), None), gr.Row(visible=False)

    def look(event: Any) -> Any:
        return event.then(show, given, filled, **POLL)

    live.timer.tick(show, given, filled, **POLL)
    parts.run.input(show, given, filled, **POLL)
    for trigger in (live.position.input, live.kind.input):
        trigger(_pick_grid(jobs), given, [live.grid, live.seen], **SCRUB)
    owned = [parts.visitor.key, parts.run]
    for name, button in zip(ACTIONS[:3], buttons[:3], strict=True):
        look(button.click(act(name), owned, None, **AT_ONCE))
    live.delete.click(lambda: gr.Row(visible=True), None, live.sure, **AT_ONCE)
    live.keep.click(lambda: gr.Row(visible=False), None, live.sure, **AT_ONCE)
    live.use.click(lambda: gr.Tabs(selected="use"), None, parts.steps, **AT_ONCE)
    look(live.really.click(delete, owned, [parts.run, live.sure], **AT_ONCE))
    return look


ACTIONS = ("pause", "resume", "stop", "delete")


def actions_of(state: str) -> tuple[str, ...]:
    """What can be done with a run in this state."""
    return {
        "queued": ("pause", "stop", "delete"),
        "running": ("pause", "stop", "delete"),
        "stopping": ("delete",),
        "paused": ("resume", "stop", "delete"),
        "stopped": ("resume", "delete"),
        "failed": ("resume", "delete"),
    }.get(state, ("delete",))


def position_to_show(status: Any, position: float, seen: Seen) -> int:
    """Which grid to show, from 1: the newest, unless the visitor has dragged back; 0 for none."""
    count = len(status.sheets)
    is_back = seen.run == status.id and position < seen.num_sheets
    return min(max(int(position), 1), count) if is_back else count


def _grid(status: Any, where: int, kind: str, seen: Seen) -> tuple[str, Any]:
    """What identifies the grid at a position, and the grid; skipped where it is there already."""
    if not where:
        return "", placeholder(FIRST_GRID)
    path = status.sheets[where - 1]
    raw = {sheet.stem: sheet for sheet in status.raw_sheets}
    path = raw.get(path.stem, path) if kind == "raw" else path
    sheet = f"{status.id}/{kind}/{path.stem}"
    return sheet, gr.skip() if sheet == seen.sheet else _drawn(path)


def _drawn(path: Path) -> Any:
    try:
        step = int(path.stem)
        return figure(path, f"After {steps_text(step)}" if step else "The base, before training")
    except OSError:  # thinned out or deleted in this moment; the next look finds another
        return gr.skip()


def _extras(status: Any, seen: Seen) -> tuple[str, Any, Any]:
    """Curves and nearest pictures, skipped where they have not changed since they were sent."""
    stamps = [_stamp(path) for path in (status.curves, status.nearest)]
    extras = f"{status.id} {stamps[0]} {stamps[1]}"
    if extras == seen.extras:
        return extras, gr.skip(), gr.skip()
    waiting = placeholder("This comes with the first measurements.")
    drawn = curves.curves(status.curves.parent) if stamps[0] else waiting
    nearest = figure(status.nearest, "Sample and nearest picture") if stamps[1] else waiting
    return extras, drawn, nearest


def _stamp(path: Path | None) -> int:
    return path.stat().st_mtime_ns if path is not None and path.is_file() else 0


def _slider(status: Any, where: int, seen: Seen) -> Any:
    count = len(status.sheets)
    if (status.id, count) == (seen.run, seen.num_sheets):
        return gr.skip()
    return gr.Slider(maximum=max(count, 2), value=max(where, 1), interactive=count > 1)


def _steps(status: Any, seen: Seen) -> Any:
    if (status.id, status.snapshots) == (seen.run, seen.steps):
        return gr.skip()
    if status.id != seen.run:
        return gr.Dropdown(choices=step_choices(status), value="newest")
    return gr.Dropdown(choices=step_choices(status))


def _pick_grid(jobs: Any) -> Callable[..., tuple[Any, Any]]:
    def pick(key: Any, run: str | None, position: float, kind: str, seen: Seen) -> tuple[Any, Any]:
        with user_errors():
            status = jobs.status(key, run or "")
        where = min(max(int(position), 1), len(status.sheets))
        sheet, grid = _grid(status, where, kind, seen)
        return grid, Seen(status.id, len(status.sheets), sheet, seen.extras, seen.steps)

    return pick


def _nothing(parts: TabParts) -> list[Any]:
    """The values that say that there is no run."""
    empty = placeholder("")
    return [
        *(placeholder(NO_RUN), empty, gr.Slider(1, 2, 1, interactive=False), empty, empty),
        *(gr.Button(visible=False) for _ in (*ACTIONS, "use")),
        *(gr.skip(), gr.Dropdown(choices=step_choices(None), value="newest")),
        *(gr.Timer(active=False), Seen(), gr.Column(visible=False)),
    ]
