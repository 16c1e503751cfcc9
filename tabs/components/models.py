"""The models that a tab offers: their order, labels and cards."""

from __future__ import annotations

import logging

import gradio as gr

from gan_models import ModelSpec, availability, can_fetch, get_spec, list_models
from tabs.components.errors import about_field, user_errors
from tabs.components.events import AT_ONCE
from tabs.components.gradio_compat import on_page_load
from tabs.languages.own_text import own

_LOG = logging.getLogger(__name__)
FIRST = {"latent": "landscapes", "class": "landscapes-classes", "translation": "summer2winter"}
ABSENT = "Needs a download"  # start of the label of a model that is not here


def models_of(task: str) -> list[ModelSpec]:
    """The models that a tab offers."""
    return [spec for spec in list_models() if spec.task == task]


def model_choices(task: str) -> list[tuple[str, str]]:
    """Labels and ids for a model dropdown: those that are here, then those that are not."""
    specs = sorted(models_of(task), key=lambda spec: not availability(spec)[0])
    return [(model_label(spec), spec.id) for spec in specs]


def first_model(task: str) -> str:
    """The model that a tab starts with: ours where it is here, else the first that is here."""
    choices = [model for _, model in model_choices(task)]
    ours = FIRST.get(task)
    if ours in choices and availability(get_spec(ours))[0]:
        return ours
    return choices[0]


def start_psi(family: str) -> float:
    """The truncation ψ that the page starts with: truncation improves pictures of StyleGANs."""
    return 0.7 if family.startswith("stylegan") else 1.0


def refresh_on_load(dropdown: gr.Dropdown, task: str) -> None:
    """List, whenever the page is opened, the models that there are by then."""

    def refresh() -> gr.Dropdown:
        return gr.Dropdown(choices=model_choices(task))

    on_page_load(refresh, None, dropdown, **AT_ONCE)


def title_of(spec: ModelSpec) -> str:
    """The title of a model for the page: of a user's one as the user has written it."""
    return own(spec.title) if spec.is_own else spec.title


def model_label(spec: ModelSpec) -> str:
    """The label of a model in a list, with its resolution and the size of a download it needs."""
    # upscalers have no resolution
    title = title_of(spec)
    label = title if spec.task == "restoration" else f"{title} · {spec.resolution} px"
    if availability(spec)[0]:
        return label
    use = " · non-commercial" if spec.non_commercial else ""
    return f"{ABSENT}: {label} · {spec.size_bytes / 1e6:.0f} MB{use}"


def model_card(model: str) -> str:
    """Markdown under the dropdown: what a model is, and how to get it where it is not here."""
    with user_errors():
        spec = get_spec(model)
    badge = " · **non-commercial use only**" if spec.non_commercial else ""
    card = (
        f"Trained on {spec.trained_on} · licence: {spec.licence}{badge}\n<details><summary>Source"
        f"</summary>{spec.family}, {spec.num_params / 1e6:.1f} million parameters · "
        f"{spec.attribution}</details>"
    )
    problem = absence(spec)
    return f"**{problem}**\n\n{card}" if problem else card


def absence(spec: ModelSpec) -> str:
    """Why a model cannot be used at once, for visitors; empty where it can."""
    ready, reason = availability(spec)
    if ready:
        return ""
    size = f"{spec.size_bytes / 1e6:.0f} MB"
    if can_fetch(spec):
        return f"{title_of(spec)} needs a download of {size} first."
    _LOG.info("%s", reason)  # for whoever runs the server
    return f"{title_of(spec)} is not on this server and cannot be downloaded here ({size})."


def refuse_absent(model: str) -> None:
    """Refuse a model whose weights are not here; only the Get button downloads them.

    Raises:
        ValueError: it is not here; the sentence says what to do.
    """
    spec = get_spec(model)
    if problem := absence(spec):
        cure = "Press Get it, under the model." if can_fetch(spec) else "Choose another model."
        with about_field("model"):
            raise ValueError(f"{problem} {cure}")


def checked_model(model: str, task: str) -> str:
    """The id, if this tab offers it: a path or another name never reaches the loader.

    Raises:
        ValueError: it is not.
    """
    known = [spec.id for spec in models_of(task)]
    if model not in known:
        raise ValueError(f"There is no such model here; choose from {', '.join(known)}.")
    return model
