"""HTML on a run, with pictures inline, so that they have no address."""

from __future__ import annotations

import base64
import html
import io
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PIL import Image

from gan_models import JobStatus, list_models, save_picture
from tabs.components.models import title_of
from tabs.components.text import duration
from tabs.languages.own_text import own

STATES = {
    "queued": "Waiting",
    "running": "Training",
    "paused": "Paused",
    "stopping": "Stopping",
    "stopped": "Stopped",
    "finished": "Finished",
    "failed": "Failed",
}
FIRST_GRID = "The first grid is drawn before the first step of training."
CROWDED = "Other programs use this server's processors, so the training is slower than usual."
_MOST_VERDICTS = 200
_NUMBERS = {  # the last metrics that the card states: words and format
    "kid_effl0": ("KID to your pictures", "{:.3f}"),
    "diversity_share": ("diversity, relative to your pictures", "{:.0%}"),
    "memorised_share": ("samples that copy one of your pictures", "{:.0%}"),
}


class Verdict(Protocol):
    """Whether an uploaded picture was accepted, as in `gan_models.Draft.verdicts`."""

    @property
    def name(self) -> str:
        """Of the file."""
        ...

    @property
    def taken(self) -> bool:
        """Whether it was accepted."""
        ...

    @property
    def reason(self) -> str:
        """Why not; empty if it was."""
        ...


def megabytes(num_bytes: float) -> str:
    """A size in MB or GB as text."""
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.1f} MB"


def inline(image: Image.Image | Path) -> str:
    """A picture as a data URL."""
    if isinstance(image, Path):
        return "data:image/png;base64," + base64.b64encode(image.read_bytes()).decode()
    buffer = io.BytesIO()
    save_picture(image, buffer, "WEBP", quality=92)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def figure(image: Image.Image | Path, caption: str) -> str:
    """A picture with a line under it."""
    text = html.escape(caption)
    return (
        f'<figure class="run-figure"><div><img src="{inline(image)}" alt="{text}"></div>'
        f"<figcaption>{text}</figcaption></figure>"
    )


def side_by_side(figures: Sequence[str]) -> str:
    """Figures beside each other, below each other where it is narrow."""
    return f'<div class="run-figures">{"".join(figures)}</div>'


def placeholder(text: str) -> str:
    """A line where pictures will be."""
    return f'<div class="run-empty">{html.escape(text)}</div>'


def status_card(status: JobStatus) -> str:
    """The status of a run: state, progress, time left, health."""
    escape = html.escape
    share = min(status.kimg / status.total_kimg, 1.0) if status.total_kimg else 0.0
    share = 1.0 if status.state == "finished" else share
    lines = [
        f'<div class="run-head"><span class="run-badge {status.state}">{STATES[status.state]}'
        f"</span><b>{escape(own(status.title))}</b><span>{status.num_pictures} pictures, from "
        f"{escape(base_title(status.base))}, preset {escape(status.preset)}</span></div>",
        f'<div class="run-bar" role="progressbar" aria-label="Progress" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}"><i style="width:{share:.1%}"></i>'
        "</div>",
        f'<div class="run-facts">{escape(" · ".join(facts(status)))}</div>',
    ]
    if status.step and status.health.sentence:
        lines.append(
            f'<div class="run-health {escape(status.health.state)}">'
            f"{escape(status.health.sentence)}</div>"
        )
    if status.state == "running" and is_crowded():
        lines.append(f'<div class="run-health">{CROWDED}</div>')
    if status.message:
        lines.append(f'<div class="run-message">{escape(status.message)}</div>')
    return f'<div class="run-card">{"".join(lines)}</div>'


def is_crowded() -> bool:
    """Whether far more programs want to run than there are processors."""
    if not hasattr(os, "getloadavg"):  # Windows has no such number
        return False
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1) + 1


def steps_text(step: int) -> str:
    """A number of steps in words."""
    return f"{step:,} step" if step == 1 else f"{step:,} steps"


def base_title(base: str) -> str:
    """The title of the base; its id where it is no longer here."""
    return next((title_of(spec) for spec in list_models() if spec.id == base), base)


def facts(status: JobStatus) -> list[str]:
    """The numbers of a run, in words."""
    parts = []
    if status.state == "queued":
        ahead = status.place - 1
        parts.append("next in the queue" if ahead < 1 else f"place {status.place} in the queue")
    if status.state == "running" and not status.step:
        parts.append(f"preparing for {duration(time.time() - status.created)}")
    else:
        seen, total = 1000 * status.kimg, 1000 * status.total_kimg
        parts.append(f"{seen:,.0f} of {total:,.0f} pictures seen")
    if status.state == "finished" and status.kimg < 0.98 * status.total_kimg:
        parts.append("then the time limit was reached")
    if status.state == "running" and status.images_per_second:
        parts.append(f"{status.images_per_second:.1f} a second")
    if status.eta_seconds is not None and status.state in ("running", "queued"):
        parts.append(f"about {duration(status.eta_seconds)} left")
    for name, (words, form) in _NUMBERS.items():
        if name in status.latest_metrics:
            parts.append(f"{words} {form.format(status.latest_metrics[name])}")
    if status.state in ("paused", "stopped", "failed", "finished"):
        parts.append(f"deleted in {duration(status.expires - time.time())} if nobody opens it")
    return parts


def verdict_list(verdicts: Sequence[Verdict]) -> str:
    """The verdict on each uploaded picture: the refused ones first, each with its reason."""
    taken, refused = [v for v in verdicts if v.taken], [v for v in verdicts if not v.taken]
    summary = f"<b>{len(taken)} pictures taken</b>"
    if not refused:
        return f'<div class="run-verdicts">{summary}, none refused.</div>'
    reasons = Counter(verdict.reason for verdict in refused)
    rows = [_row(own(v.name), v.reason, "refused") for v in refused[:_MOST_VERDICTS]]
    rows += [_row(own(v.name), "taken", "taken") for v in taken[: _MOST_VERDICTS - len(rows)]]
    more = len(verdicts) - len(rows)
    rows += [_row(f"and {more} more", "", "")] if more > 0 else []
    return (
        f'<div class="run-verdicts">{summary}, <b>{len(refused)} refused</b>'
        f"{_commonest(reasons)}<details{' open' if len(refused) <= 8 else ''}><summary>Each of "
        f"them</summary><ul>{''.join(rows)}</ul></details></div>"
    )


def _commonest(reasons: Counter[str]) -> str:
    reason, count = reasons.most_common(1)[0]
    return f"; {count} of them: {html.escape(reason)}" if count > 1 else "."


def _row(name: str, reason: str, kind: str) -> str:
    return f'<li class="{kind}"><b>{html.escape(name)}</b> {html.escape(reason)}</li>'
