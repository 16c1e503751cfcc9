"""The page as a Hugging Face Space: public, with a login, and small enough for the free one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import gradio.oauth
import httpx
import pytest
import yaml

from gan_models import weights
from tabs import user_models, visible_tabs
from tabs.components import space
from tests.finetune_page import BASE, photos, serving
from tests.jobs import upload_hub

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")
SPACE = {"SYSTEM": "spaces", "SPACE_ID": "someone/ganvas", "GRADIO_SERVER_NAME": "0.0.0.0"}
# of https://huggingface.co/docs/hub/spaces-config-reference
KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file"),
    *("suggested_hardware", "short_description", "pinned", "license", "hf_oauth"),
    *("hf_oauth_scopes", "hf_oauth_expiration_minutes", "models", "datasets", "preload_from_hub"),
}
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
SCOPES = {"read-repos", "contribute-repos", "write-repos", "manage-repos"}


def test_the_front_matter_is_that_of_a_gradio_space():
    text = (ROOT / "README.md").read_text("utf-8")
    facts = yaml.safe_load(text.split("---\n")[1])
    assert set(facts) <= KEYS
    assert facts["sdk"] == "gradio"
    assert f"=={facts['sdk_version']}\n" in REQUIREMENTS.splitlines(keepends=True)[0]
    assert (ROOT / facts["app_file"]).is_file()
    assert re.fullmatch(r"3\.1[123]", facts["python_version"])
    assert {facts["colorFrom"], facts["colorTo"]} <= COLOURS
    assert facts["suggested_hardware"] == "cpu-basic"
    assert facts["hf_oauth"] is True
    assert facts["hf_oauth_scopes"] == ["contribute-repos"], "no more than a push needs"
    assert len(facts["short_description"]) <= 60
    assert "gradio[mcp,oauth]==" in REQUIREMENTS


@pytest.fixture
def hub(monkeypatch):
    """A Hub that logs in, and the environment of a Space that uses it."""
    with upload_hub.serving() as hub:
        facts = {"CLIENT_ID": upload_hub.CLIENT, "CLIENT_SECRET": "secret"}
        facts["SCOPES"] = "openid profile contribute-repos"
        for name, value in facts.items():
            monkeypatch.setenv(f"OAUTH_{name}", value)
            monkeypatch.setattr(gradio.oauth, f"OAUTH_{name}", value)
        monkeypatch.setattr(gradio.oauth, "OPENID_PROVIDER_URL", hub.url)
        for name, value in SPACE.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("SPACE_HOST", raising=False)
        yield hub


@pytest.fixture
def page(hub, tmp_path):
    """Address of the page of the Space, with a fine-tuned model: its key and id."""
    with serving(tmp_path / "home", start_worker=lambda *_: None) as (url, jobs):
        key = jobs.new_key()
        job, _ = jobs.start(key, photos(tmp_path / "photos"), BASE, "quick")
        folder = jobs._database.job_folder(job)
        folder.joinpath("run").mkdir(exist_ok=True)
        facts = {"task": "latent", "title": "Mine", "licence": "MIT", "source": "a test"}
        generator = weights.load_checkpoint(tmp_path / "home" / "models" / f"{BASE}.safetensors")[0]
        weights.save_generator(folder / "run" / "generator.safetensors", generator, **facts)
        jobs._database.change(job, state="finished")
        yield url.replace("0.0.0.0", "127.0.0.1"), key, job


def test_it_is_a_public_page(hub):
    assert space.on_space()
    assert not user_models.is_private()
    assert user_models not in visible_tabs()


def log_in(url: str) -> dict[str, str]:
    """Follow the login through the Hub as a browser does; the headers of who is logged in.

    The cookie is for https alone, which a Space has: it is kept by hand.
    """
    cookie, where = "", f"{url}/login/huggingface"
    for _ in range(4):
        headers = {"cookie": cookie} if where.startswith(url) else {}
        answer = httpx.get(where, headers=headers)
        if where.startswith(url) and "set-cookie" in answer.headers:
            cookie = answer.headers["set-cookie"].split(";")[0]
        if answer.status_code == 200:
            break
        target = answer.headers["location"]
        where = target if urlsplit(target).scheme else url + target
    return {"cookie": cookie}


def push(url: str, given: list, headers: dict[str, str]) -> list[dict]:
    """Press Push: the messages of the event, as the page gets them."""
    config = httpx.get(f"{url}/config").json()
    (event,) = (d for d in config["dependencies"] if d["api_name"] == "push_with_login")
    body = {"data": given, "fn_index": event["id"], "session_hash": "space"}
    joined = httpx.post(f"{url}/gradio_api/queue/join", json=body, headers=headers)
    assert joined.status_code == 200, joined.text
    text = httpx.get(
        f"{url}/gradio_api/queue/data?session_hash=space", headers=headers, timeout=60
    ).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_model_is_pushed_with_the_visitors_login(page, hub):
    url, key, job = page
    messages = push(url, [key, job, "garden"], log_in(url))
    assert f"It is at {hub.url}/visitor/garden" in json.dumps(messages)
    repo = hub.repos["visitor/garden"]
    assert repo.private
    assert {"README.md", "generator.safetensors"} <= set(repo.files)
    assert "hf_login" not in json.dumps(messages)


def test_without_a_login_a_sentence_says_so(page, hub):
    url, key, job = page
    messages = push(url, [key, job, "garden"], {})
    assert "Log in to your Hugging Face account first." in json.dumps(messages)
    assert not hub.repos


def test_a_login_without_the_right_to_write_is_refused_with_a_sentence(page, hub):
    url, key, job = page
    hub.may_write = False
    assert "refuses this token: log in again" in json.dumps(
        push(url, [key, job, "garden"], log_in(url))
    )


def test_the_job_of_another_visitor_is_not_pushed(page, hub):
    url, _, job = page
    push(url, ["A" * 43, job, "garden"], log_in(url))
    assert not hub.repos


def test_the_login_button_is_there_and_no_field_for_a_token(page):
    config = httpx.get(f"{page[0]}/config").json()
    ids = {block["props"].get("elem_id") for block in config["components"]}
    assert "finetune-login" in ids
    assert "finetune-token" not in ids


def test_the_login_adds_no_endpoint_for_programs(page, page_url):
    of_space, here = (
        httpx.get(f"{url}/gradio_api/info").json()["named_endpoints"] for url in (page[0], page_url)
    )
    assert set(of_space) == set(here)


def test_elsewhere_there_is_no_login(page_url):
    config = httpx.get(f"{page_url}/config").json()
    ids = {block["props"].get("elem_id") for block in config["components"]}
    assert "finetune-login" not in ids
    assert "finetune-token" in ids


def test_a_space_without_oauth_has_no_login(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/ganvas")
    monkeypatch.delenv("OAUTH_CLIENT_ID", raising=False)
    assert not space.has_login()
    monkeypatch.delenv("SPACE_ID")
    monkeypatch.setenv("OAUTH_CLIENT_ID", "x")
    assert not space.has_login()


def test_the_start_loads_no_model_and_fetches_nothing(tmp_path):
    """In a process of its own, with an empty home, as a new Space."""
    code = (
        "import socket\n"
        "def refuse(self, address):\n"
        "    assert address[0] in ('127.0.0.1', '0.0.0.0', 'localhost'), address\n"
        "    return connect(self, address)\n"
        "connect, socket.socket.connect = socket.socket.connect, refuse\n"
        "import app, gan_models, torch\n"
        "loaded = []\n"
        "torch.nn.Module.eval = lambda self: loaded.append(self) or self\n"
        "page = app.create_app()\n"
        "_, url, _ = app.launch(page, server_port=None, prevent_thread_lock=True, quiet=True)\n"
        "import httpx\n"
        "config = httpx.get(url + 'config', timeout=60).json()\n"
        "assert not loaded, loaded\n"
        # not getrusage: what that says includes the peak of the process that started this one
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "assert int(status['VmHWM'].split()[0]) < 2e6, 'over 2 GB'\n"
        "rows = app.list_models()\n"
        "print([row['id'] for row in rows if row['available']])\n"
        "page.close()\n"
    )
    path = os.pathsep.join(filter(None, [str(ROOT), os.getenv("PYTHONPATH")]))
    env = {**os.environ, **SPACE, "GANVAS_HOME": str(tmp_path), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=env
        | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.getenv("PYTHONPATH")]))},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "landscapes" in done.stdout
    assert "faces-64" not in done.stdout.splitlines()[-1], "it is fetched when it is used first"
    assert not list(tmp_path.rglob("*.tar"))
