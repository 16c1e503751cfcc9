"""An event of the page that fails changes nothing; a public endpoint that fails says so."""

from __future__ import annotations

import gradio as gr
import httpx
import pytest

from tabs.components.files import file_input
from tabs.components.gradio_compat import BUG, Page, explain
from tabs.components.preview import columns_without_orphan


def fail(kind: str):
    if kind == "told":
        raise gr.Error("This is not a seed; write a number.")
    raise RuntimeError("a bug")


def fail_later(kind: str):
    yield "half"
    fail(kind)


@pytest.fixture(scope="module")
def url():
    with Page() as page:
        kind = gr.Textbox("told")
        number = gr.Number(1, maximum=5)
        out, other = gr.Textbox("kept"), gr.Textbox("kept")
        button = gr.Button()
        private = {"api_visibility": "private"}
        button.click(fail, kind, [out, other], api_name="fails", **private)
        button.click(fail, kind, [out, other], api_name="unqueued", queue=False, **private)
        button.click(fail_later, kind, out, api_name="later", **private)
        button.click(lambda n: n, number, out, api_name="bounded", **private)
        button.click(fail, kind, [out, other], api_name="public")
    page.queue()
    _, url, _ = page.launch(
        prevent_thread_lock=True, quiet=True, ssr_mode=False, _frontend=False, show_error=False
    )
    yield url.rstrip("/")
    page.close()


def ask(url: str, name: str, data: list) -> str:
    """All that the server sends of an event."""
    answer = httpx.post(f"{url}/gradio_api/call/{name}", json={"data": data})
    assert answer.status_code == 200
    event = answer.json()["event_id"]
    return httpx.get(f"{url}/gradio_api/call/{name}/{event}", timeout=60).text


@pytest.mark.parametrize("kind", ["told", "bug"])
@pytest.mark.parametrize("name", ["fails", "unqueued", "later"])
def test_a_private_event_that_fails_updates_nothing(url, name, kind):
    text = ask(url, name, [kind])
    assert "event: complete" in text
    assert "event: error" not in text
    assert '"__type__": "update"' in text.rpartition("event: complete")[2]


def test_an_input_that_gradio_itself_refuses_updates_nothing(url):
    text = ask(url, "bounded", [99])
    assert "event: complete" in text
    assert "99" not in text.rpartition("event: complete")[2]


def test_a_public_endpoint_still_tells_programs_of_the_error(url):
    assert "event: error" in ask(url, "public", ["told"])


def test_no_answer_is_a_server_error(url):
    for name in ("fails", "unqueued", "later"):
        for kind in ("told", "bug"):
            body = {"data": [kind], "session_hash": "s"}
            answer = httpx.post(f"{url}/gradio_api/run/{name}", json=body)
            assert answer.status_code < 500


def test_a_bug_is_told_in_words_without_its_details():
    assert explain(RuntimeError("/srv/secret/path")) == (BUG, "That did not work")
    assert explain(gr.Error("Seeds go up to 9."))[0] == "Seeds go up to 9."


def test_a_file_of_any_suffix_reaches_the_handler(tmp_path):
    component = file_input(label="any")
    path = tmp_path / "x.strange"
    path.write_text("x")
    assert component.preprocess(None) is None
    assert component.preprocess(gr.FileData(path=str(path))) == str(path)


@pytest.mark.parametrize("count", range(2, 65))
def test_no_picture_is_alone_in_the_last_row(count):
    columns = columns_without_orphan(count)
    assert columns <= count
    assert count % columns != 1 or columns == 1
