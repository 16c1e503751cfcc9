"""Monitor a run: its status, its grids of samples, its curves, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from gan_models import Jobs, JobStatus
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, PRIVATE, Event, Options
from tabs.finetune import bases, curves
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
# no second poll while one is pending; polls do not wait for pictures
POLL: Options = {"concurrency_limit": None, "show_progress": "hidden", **PRIVATE}
SCRUB: Options = {"trigger_mode": "always_last", **POLL}


def layout() -> ProgressPanel:
    """Lay out the panel."""
    card = gr.HTML(placeholder(NO_RUN), elem_id="finetune-status")
    with gr.Row():
        pause = _button("Pause", "finetune-pause")
        resume = _button("Resume", "finetune-resume", variant="primary")
        stop = _button("Stop and keep", "finetune-stop")
        delete = _button("Delete", "finetune-delete")
        use = _button("Use it", "finetune-use", variant="primary")
    with gr.Row(visible=False, equal_height=True) as confirmation:
        gr.Markdown("Delete this run, its pictures and its models?", elem_classes="card")
        small: Options = {"size": "sm", "scale": 0, "min_width": 130}
        confirm = gr.Button("Yes, delete it", variant="stop", elem_id="finetune-really", **small)
        cancel = gr.Button("No, keep it", elem_id="finetune-keep", **small)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            grid = gr.HTML(placeholder(FIRST_GRID), elem_id="finetune-grid")
            with gr.Column(visible=False) as choices:
                position = gr.Slider(
                    1,
                    2,
                    1,
                    step=1,
                    label="Grid",
                    info="The last position shows the newest grid.",
                    interactive=False,
                    elem_id="finetune-position",
                )
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
        card=card,
        grid=grid,
        position=position,
        kind=kind,
        curves=drawn,
        nearest=nearest,
        pause=pause,
        resume=resume,
        stop=stop,
        delete=delete,
        use=use,
        confirmation=confirmation,
        confirm=confirm,
        cancel=cancel,
        seen=gr.State(Seen()),
        timer=timer,
        choices=choices,
    )


def _button(
    label: str, elem_id: str, variant: Literal["primary", "secondary"] = "secondary"
) -> gr.Button:
    return gr.Button(
        label, variant=variant, visible=False, elem_id=elem_id, size="sm", scale=0, min_width=110
    )


def wire(parts: TabParts) -> Callable[[Event], Event]:
    """Connect the panel; returns a function that refreshes it after an event."""
    live, jobs = parts.live, parts.visitor.jobs
    given = [parts.visitor.key, parts.run, live.position, live.kind, live.seen]
    buttons = [live.pause, live.resume, live.stop, live.delete]
    filled = [live.card, live.grid, live.position, live.curves, live.nearest, *buttons, live.use]
    filled += [parts.run, parts.chosen.step, live.timer, live.seen, live.choices]

    def show(key: str, run: str | None, position: float, kind: str, seen: Seen) -> list[Any]:
        """The values of `filled`."""
        statuses = parts.visitor.runs(key)
        status = next((status for status in statuses if status.id == run), None)
        if status is None:
            return _without_run(parts)
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

    def act(name: str) -> Callable[[str, str | None], None]:
        def do(key: str, run: str | None) -> None:
            with user_errors():
                if name == "resume":
                    bases.check_offered()
                getattr(jobs, name)(key, run or "")

        return do

    def delete(key: str, run: str | None) -> tuple[gr.Dropdown, gr.Row]:
        with user_errors():
            deleted = jobs.delete(key, run or "")
            gr.Info(f"Deleted: {deleted.pictures} pictures and all models of the run.")
            return run_dropdown(jobs.list(key), None), gr.Row(visible=False)

    def refresh_after(event: Event) -> Event:
        return event.then(show, given, filled, **POLL)

    live.timer.tick(show, given, filled, **POLL)
    parts.run.input(show, given, filled, **POLL)
    for trigger in (live.position.input, live.kind.input):
        trigger(_pick_grid(jobs), given, [live.grid, live.seen], **SCRUB)
    owned = [parts.visitor.key, parts.run]
    for name, button in zip(ACTIONS[:3], buttons[:3], strict=True):
        refresh_after(button.click(act(name), owned, None, **AT_ONCE))
    live.delete.click(lambda: gr.Row(visible=True), None, live.confirmation, **AT_ONCE)
    live.cancel.click(lambda: gr.Row(visible=False), None, live.confirmation, **AT_ONCE)
    live.use.click(lambda: gr.Tabs(selected="use"), None, parts.steps, **AT_ONCE)
    refresh_after(live.confirm.click(delete, owned, [parts.run, live.confirmation], **AT_ONCE))
    return refresh_after


ACTIONS = ("pause", "resume", "stop", "delete")


def actions_of(state: str) -> tuple[str, ...]:
    """The actions that a run in this state allows."""
    return {
        "queued": ("pause", "stop", "delete"),
        "running": ("pause", "stop", "delete"),
        "stopping": ("delete",),
        "paused": ("resume", "stop", "delete"),
        "stopped": ("resume", "delete"),
        "failed": ("resume", "delete"),
    }.get(state, ("delete",))


def position_to_show(status: JobStatus, position: float, seen: Seen) -> int:
    """Which grid to show, from 1: the newest, unless the visitor has dragged back; 0 for none."""
    count = len(status.sheets)
    is_back = seen.run == status.id and position < seen.num_sheets
    return min(max(int(position), 1), count) if is_back else count


def _grid(status: JobStatus, where: int, kind: str, seen: Seen) -> tuple[str, Any]:
    """The id of the grid at a position, and the grid; skipped where the page has it."""
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
    except OSError:  # deleted in this moment; the next poll finds another
        return gr.skip()


def _extras(status: JobStatus, seen: Seen) -> tuple[str, Any, Any]:
    """The id of curves and nearest pictures, and both; skipped where they have not changed."""
    stamps = [_stamp(path) for path in (status.curves, status.nearest)]
    extras = f"{status.id} {stamps[0]} {stamps[1]}"
    if extras == seen.extras:
        return extras, gr.skip(), gr.skip()
    waiting = placeholder("This comes with the first measurements.")
    drawn = nearest = waiting
    if stamps[0] and status.curves is not None:
        drawn = curves.curves(status.curves.parent)
    if stamps[1] and status.nearest is not None:
        nearest = figure(status.nearest, "Sample and nearest picture")
    return extras, drawn, nearest


def _stamp(path: Path | None) -> int:
    return path.stat().st_mtime_ns if path is not None and path.is_file() else 0


def _slider(status: JobStatus, where: int, seen: Seen) -> Any:
    count = len(status.sheets)
    if (status.id, count) == (seen.run, seen.num_sheets):
        return gr.skip()
    return gr.Slider(maximum=max(count, 2), value=max(where, 1), interactive=count > 1)


def _steps(status: JobStatus, seen: Seen) -> Any:
    if (status.id, status.snapshots) == (seen.run, seen.steps):
        return gr.skip()
    if status.id != seen.run:
        return gr.Dropdown(choices=step_choices(status), value="newest")
    return gr.Dropdown(choices=step_choices(status))


def _pick_grid(jobs: Jobs) -> Callable[..., tuple[Any, Any]]:
    def pick(key: str, run: str | None, position: float, kind: str, seen: Seen) -> tuple[Any, Any]:
        with user_errors():
            status = jobs.status(key, run or "")
        where = min(max(int(position), 1), len(status.sheets))
        sheet, grid = _grid(status, where, kind, seen)
        return grid, Seen(status.id, len(status.sheets), sheet, seen.extras, seen.steps)

    return pick


def _without_run(parts: TabParts) -> list[Any]:
    """The values of the panel where there is no run."""
    empty = placeholder("")
    return [
        *(placeholder(NO_RUN), empty, gr.Slider(1, 2, 1, interactive=False), empty, empty),
        *(gr.Button(visible=False) for _ in (*ACTIONS, "use")),
        *(gr.skip(), gr.Dropdown(choices=step_choices(None), value="newest")),
        *(gr.Timer(active=False), Seen(), gr.Column(visible=False)),
    ]
