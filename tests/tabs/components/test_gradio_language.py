"""What of Gradio the page's languages rely on: one test for each."""

from __future__ import annotations

import json

import gradio as gr
import httpx
import pytest
from starlette.middleware import Middleware

from tabs.components import gradio_compat as compat
from tabs.components.errors import NOT_HERE
from tabs.components.gradio_language import TranslatedPage
from tabs.languages.chosen import HEADER
from tabs.languages.middleware import VisitorLanguage
from tabs.languages.own_text import own

CHINESE = {HEADER: "zh-CN"}


def fail():
    raise gr.Error(NOT_HERE)


def name(text: str):
    gr.Info(own("Download"))
    rows = gr.Dropdown(choices=[(f"{own('Sample')} · finished", "x"), ("Sample", "y")])
    yield rows, f"**{own('Sample')}** · Download", own("Download")
    raise gr.Error(f"{own('Sample')}: Download. There is no such model here; choose from {text}.")


def work(progress: gr.Progress = gr.Progress()):
    progress(0.5, desc="Download")
    gr.Info("Download")
    yield gr.Button("Download"), gr.Markdown("**Download**"), "Download"
    yield gr.skip(), "Sample", "Download"


@pytest.fixture(scope="module")
def url():
    with TranslatedPage() as page:
        button = gr.Button("Sample", elem_id="button")
        markdown = gr.Markdown("Sample")
        text = gr.Textbox("Sample", label="Seeds")
        gr.Dropdown([("Sample", "Sample")], value="Sample", label="Model")
        menu = gr.Dropdown([(f"{own('Sample')} · Sample", "own")], label="Model")
        button.click(fail, None, markdown, api_name="fails", api_visibility="private")
        button.click(fail, None, markdown, api_name="public")
        named = [menu, markdown, text]
        button.click(name, text, named, api_name="names", api_visibility="private")
        button.click(name, text, named, api_name="names_public")
        outputs = [button, markdown, text]
        button.click(work, None, outputs, api_name="works", api_visibility="private")
    page.queue()
    _, url, _ = page.launch(
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        app_kwargs={"middleware": [Middleware(VisitorLanguage)]},
        **compat.SKIP_START_CHECK,
    )
    yield url.rstrip("/")
    page.close()


def messages(url: str, name: str, headers: dict[str, str], *data: str) -> list[dict]:
    """All messages of one event, as the page gets them."""
    config = httpx.get(f"{url}/config").json()
    number = next(d["id"] for d in config["dependencies"] if d["api_name"] == name)
    body = {"data": data, "fn_index": number, "session_hash": f"s-{name}-{len(headers)}"}
    httpx.post(f"{url}/gradio_api/queue/join", json=body, headers=headers).raise_for_status()
    found = []
    asked = {"session_hash": body["session_hash"]}
    with httpx.stream("GET", f"{url}/gradio_api/queue/data", params=asked, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:"):
                found.append(json.loads(line.removeprefix("data:")))
                if found[-1]["msg"] == "process_completed":
                    return found
    raise AssertionError("no end")


def test_results_toasts_and_progress_are_in_the_language_of_the_call(url):
    found = messages(url, "works", CHINESE)
    first = next(m for m in found if m["msg"] == "process_generating")["output"]["data"]
    assert first[0]["value"] == "下载"
    assert first[1] == "**下载**" or first[1]["value"] == "**下载**"
    assert first[2] == "Download"  # a field holds what handlers read
    toast = next(m for m in found if m["msg"] == "log")
    assert toast["log"] == "下载"
    plain = messages(url, "works", {})
    assert "下载" not in json.dumps(plain, ensure_ascii=False)


def test_later_results_of_a_generator_are_translated_too(url):
    end = messages(url, "works", CHINESE)[-1]
    assert "采样" in json.dumps(end, ensure_ascii=False)


def test_a_toast_of_an_error(url):
    found = messages(url, "fails", CHINESE)
    toast = next(m for m in found if m["msg"] == "log")
    assert NOT_HERE not in toast["log"]


def test_the_error_of_a_public_endpoint(url):
    end = messages(url, "public", CHINESE)[-1]
    assert not end["success"]
    assert NOT_HERE not in end["output"]["error"]
    assert NOT_HERE in messages(url, "public", {})[-1]["output"]["error"]


def test_the_page_is_described_in_each_language(url):
    def texts(headers):
        parts = httpx.get(f"{url}/config", headers=headers).json()["components"]
        return [(part["props"].get("label"), part["props"].get("value")) for part in parts]

    english, chinese = texts({}), texts(CHINESE)
    assert (None, "采样") in chinese  # the button
    assert ("种子", "Sample") in chinese
    assert ("模型", "Sample") in chinese
    assert texts({}) == english
    assert texts({"accept-language": "zh-CN"}) == chinese


def test_the_html_says_its_language(url):
    for headers, language in ((CHINESE, "zh-CN"), ({}, "en")):
        answer = httpx.get(url, headers=headers | {"accept": "text/html"})
        assert f'lang="{language}"' in answer.text
        assert f"ganvasLanguage='{language}'" in answer.text
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize("name", ["names", "names_public"])
@pytest.mark.parametrize("headers", [CHINESE, {}])
def test_nothing_of_a_visitor_is_translated_and_no_mark_leaves_the_server(url, name, headers):
    found = messages(url, name, headers, "Download")
    text = json.dumps(found, ensure_ascii=False)
    assert "\u2068" not in text
    assert "\u2069" not in text
    assert next(m for m in found if m["msg"] == "log")["log"] == "Download"
    menu, line, field = next(m for m in found if m["msg"] == "process_generating")["output"]["data"]
    private = headers and name == "names"
    rows = [label for label, _ in menu["choices"]]
    assert rows == (["Sample · 已完成", "采样"] if private else ["Sample · finished", "Sample"])
    line = line if isinstance(line, str) else line["value"]
    assert line == ("**Sample** · 下载" if private else "**Sample** · Download")
    assert field == "Download"
    toasts = [m["log"] for m in found if m["msg"] == "log"]
    error = found[-1]["output"].get("error") or toasts[-1]
    assert "Sample" in error
    assert error.rstrip("。.").endswith("Download")  # typed
    assert ("下载" in error) == bool(headers)


def test_the_page_is_described_without_marks_and_with_the_visitors_texts(url):
    for headers, label in ((CHINESE, "Sample · 采样"), ({}, "Sample · Sample")):
        config = httpx.get(f"{url}/config", headers=headers)
        parts = config.json()["components"]
        choices = [part["props"].get("choices") for part in parts]
        assert [[label, "own"]] in choices
        assert "\u2068" not in config.text
        assert "\\u2068" not in config.text
