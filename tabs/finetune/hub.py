"""The upload of a fine-tuned model to the visitor's Hub account.

On a Space with a login the visitor's own token comes from it; elsewhere they paste one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from gan_models import Jobs
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE, Options, Updates
from tabs.components.gradio_login import login_button
from tabs.components.loading import in_thread
from tabs.components.space import has_login

UPLOAD: Options = {"concurrency_id": "download", "concurrency_limit": 2, **PRIVATE}
HELP = (
    "Generator, model card and last grid go to a new repository of yours, private at first. Your "
    "token needs the right to write; it is used once and not kept."
)
LOGIN_HELP = (
    "Generator, model card and last grid go to a new repository of yours, private at first. The "
    "login allows this page to make repositories and to change those, nothing else."
)
UPLOADING = "Uploading …"


@dataclass(frozen=True)
class HubPanel:
    """The components of the panel."""

    repo: gr.Textbox
    token: gr.Textbox | None  # None: the login has it
    push: gr.Button
    pushed: gr.Markdown


def layout() -> HubPanel:
    """Lay out the panel."""
    with gr.Accordion("To your Hugging Face account", open=False, elem_id="finetune-hub"):
        gr.Markdown(LOGIN_HELP if has_login() else HELP, elem_classes="card")
        if has_login():
            login_button("Log in to Hugging Face", "Log out {}", elem_id="finetune-login")
        with gr.Row():
            repo = gr.Textbox(
                label="Repository",
                placeholder="my-garden",
                max_lines=1,
                elem_id="finetune-repo",
            )
            token = None if has_login() else _token_field()
        push = gr.Button("Push", elem_id="finetune-push")
        pushed = gr.Markdown("", elem_classes="card", elem_id="finetune-pushed")
    return HubPanel(repo, token, push, pushed)


def _token_field() -> gr.Textbox:
    return gr.Textbox(
        label="Access token",
        type="password",
        max_lines=1,
        placeholder="hf_…",
        elem_id="finetune-token",
    )


def wire(panel: HubPanel, jobs: Jobs, owned: Sequence[Component]) -> None:
    """Connect the panel; `owned`: the visitor's key, and the run in view."""

    def upload(key: str, run: str | None, repo: str, token: str) -> Updates:
        if not (repo or "").strip():
            raise ValueError("Name the repository first, such as my-garden.")
        yield UPLOADING
        where = yield from in_thread(
            lambda: jobs.push_to_hub(key, run or "", repo.strip(), token.strip())
        )
        yield f"It is at {where}"

    def push(key: str, run: str | None, repo: str, token: str) -> Updates:
        with user_errors():
            if not (token or "").strip():
                raise ValueError("Paste a token of your Hub account first, which may write there.")
            for line in upload(key, run, repo, token):
                yield line, ""

    def push_with_login(
        key: str, run: str | None, repo: str, login: gr.OAuthToken | None
    ) -> Updates:
        with user_errors():
            if login is None:
                raise ValueError("Log in to your Hugging Face account first.")
            yield from upload(key, run, repo, login.token)

    if panel.token is None:
        panel.push.click(push_with_login, [*owned, panel.repo], panel.pushed, **UPLOAD)
    else:
        given = [*owned, panel.repo, panel.token]
        panel.push.click(push, given, [panel.pushed, panel.token], **UPLOAD)
