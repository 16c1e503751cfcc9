"""One test for each behaviour of Gradio that `gradio_compat` relies on; each says what breaks."""

from __future__ import annotations

import inspect

import gradio as gr
import httpx
import pytest

from tabs.components import gradio_compat as compat
from tabs.components.files import file_input


def fail(kind: str):
    if kind == "error":
        raise gr.Error("This is not a seed; write a number.")
    raise RuntimeError("a bug")


def fail_later(kind: str):
    yield "half"
    fail(kind)


@pytest.fixture(scope="module")
def url():
    """A page with private events that fail, and one public endpoint."""
    with compat.Page() as page:
        kind = gr.Textbox("error")
        number = gr.Number(1, maximum=5)
        out, other = gr.Textbox("before"), gr.Textbox("before")
        button = gr.Button()
        private = {"api_visibility": "private"}
        button.click(fail, kind, [out, other], api_name="fails", **private)
        button.click(fail, kind, [out, other], api_name="unqueued", queue=False, **private)
        button.click(fail_later, kind, out, api_name="later", **private)
        button.click(lambda n: n, number, out, api_name="bounded", **private)
        button.click(fail, kind, [out, other], api_name="public")
    page.queue()
    _, url, _ = page.launch(
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        show_error=False,
        **compat.SKIP_START_CHECK,
    )
    yield url.rstrip("/")
    page.close()


def ask(url: str, name: str, data: list) -> str:
    """All that the server sends of an event."""
    answer = httpx.post(f"{url}/gradio_api/call/{name}", json={"data": data})
    assert answer.status_code == 200
    event = answer.json()["event_id"]
    return httpx.get(f"{url}/gradio_api/call/{name}/{event}", timeout=60).text


@pytest.mark.parametrize("kind", ["error", "bug"])
@pytest.mark.parametrize("name", ["fails", "unqueued", "later"])
def test_a_private_event_that_fails_updates_nothing(url, name, kind):
    """Else `Page.process_api` is not called, and "Error" is written over the outputs."""
    text = ask(url, name, [kind])
    assert "event: complete" in text
    assert "event: error" not in text
    assert '"__type__": "update"' in text.rpartition("event: complete")[2]


def test_an_input_that_gradio_refuses_updates_nothing(url):
    """Else Gradio checks inputs outside `process_api`."""
    text = ask(url, "bounded", [99])
    assert "event: complete" in text
    assert "99" not in text.rpartition("event: complete")[2]


def test_a_public_endpoint_returns_its_error_to_programs(url):
    assert "event: error" in ask(url, "public", ["error"])


def test_a_failed_event_is_no_server_error(url):
    """Else events outside the queue answer HTTP 500, and the page reports a lost connection."""
    for name in ("fails", "unqueued", "later"):
        for kind in ("error", "bug"):
            body = {"data": [kind], "session_hash": "s"}
            answer = httpx.post(f"{url}/gradio_api/run/{name}", json=body)
            assert answer.status_code < 500


def test_the_message_of_a_bug_has_no_details():
    assert compat.explain(RuntimeError("/srv/secret/path")) == (compat.BUG, "That did not work")
    assert compat.explain(gr.Error("Seeds go up to 9."))[0] == "Seeds go up to 9."


def test_the_no_update_result_has_the_keys_of_gradios_result():
    """Else `no_updates` lacks an entry, and Gradio fails after the event has failed."""
    source = inspect.getsource(gr.Blocks.process_api)
    with gr.Blocks() as app:
        event = gr.Button().click(lambda: 1, None, gr.Textbox())
    known = compat.no_updates(app.fns[event["id"]])
    for key in known:
        assert f'"{key}"' in source, key


def test_an_output_that_changes_between_yields_is_sent_whole():
    """Else `pending_diff_streams` or the operation "replace" has changed, and updates are lost."""
    with compat.Page() as page:
        event = gr.Button().click(lambda: 1, None, gr.Textbox())
    fn = page.fns[event["id"]]
    updates = [{"value": "a", "visible": True}, {"value": "ab", "visible": True}]
    page.handle_streaming_diffs(fn, updates[:1], "session", "run", final=False)
    sent = page.handle_streaming_diffs(fn, updates[1:], "session", "run", final=False)
    assert sent == [[["replace", [], updates[1]]]]


def test_the_faulty_field_is_found_among_the_inputs():
    """Else `inputs`, `targets` or `elem_id` have changed, and no field is marked."""
    with gr.Blocks() as app:
        seeds, upload = gr.Textbox(elem_id="latent-seeds"), gr.File(elem_id="own-file")
        typed = gr.Button().click(lambda s: s, seeds, None)
        uploaded = upload.upload(lambda f: f, upload, None)
    error = gr.Error("x")
    error.field = "seeds"
    assert compat._faulty_field(error, app.fns[typed["id"]]) == "latent-seeds"
    assert compat._faulty_field(gr.Error("x"), app.fns[uploaded["id"]]) == "own-file"


def test_a_field_gets_the_trigger_mode_always_last():
    """Else `trigger_mode` is read elsewhere, and values set during an event are dropped."""
    with gr.Blocks() as app:
        slider, button = gr.Slider(), gr.Button()
        slider.release(lambda x: x, slider, None)
        button.click(lambda: None)
    compat.set_always_last(app)
    config = app.get_config_file()
    assert [d["trigger_mode"] for d in config["dependencies"]] == ["always_last", "once"]


def test_a_file_of_any_suffix_reaches_the_handler(tmp_path):
    """Else `preprocess` of the instance is not used, and Gradio refuses without a message."""
    component = file_input(label="any")
    path = tmp_path / "x.strange"
    path.write_text("x")
    assert component.preprocess(None) is None
    assert component.preprocess(gr.FileData(path=str(path))) == str(path)


def test_a_picture_reaches_the_handler_as_its_file(tmp_path):
    path = tmp_path / "scan.tiff"
    path.write_bytes(b"no picture")
    component = compat.photo_input(label="photo")
    assert component.preprocess(gr.FileData(path=str(path))) == str(path)


def test_an_unchecked_upload_is_described_and_not_validated():
    """Else programs get no description of the parameter, or an error without a message."""
    component = gr.File(label="label_map")
    described = component.api_info()
    compat.unchecked_upload(component, lambda payload: f"read {payload}")
    assert component.api_info() == described
    assert component.data_model is None
    assert component.preprocess("anything") == "read anything"


@pytest.mark.parametrize("payload", [None, 3, "x", {"path": "/etc/passwd"}, {}])
def test_only_uploaded_files_have_a_path(payload):
    """Else a program can name any file of the server."""
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own message
        compat.uploaded_path(payload)


def test_the_path_of_an_uploaded_file_is_read():
    payload = {"path": "/tmp/gradio/x.png", "meta": {"_type": "gradio.FileData"}}
    assert compat.uploaded_path(payload) == "/tmp/gradio/x.png"


def test_a_button_is_added_to_the_toolbar_of_a_picture():
    """Else `buttons` is read only once, and Enlarge is missing in the corner of pictures."""
    with gr.Blocks() as app:
        picture = gr.Image(buttons=["download"])
        button = compat.add_to_toolbar(picture, "Enlarge")
    download, added = picture.get_config()["buttons"]
    assert download == "download"
    assert added["id"] == button._id
    assert button._id not in [child["id"] for child in app.get_config_file()["layout"]["children"]]


def test_the_downloadable_pictures_of_a_block_are_found():
    """Else `children` or `buttons` have changed, and pictures have no Enlarge."""
    with gr.Blocks() as app, gr.Row():
        found = gr.Image(format="png", buttons=["download"])
        gr.Image(format="png", buttons=[])
        gr.Image(format="webp", buttons=["download"])
    assert list(compat.downloadable_pictures(app)) == [found]


def test_the_open_block_and_the_tabs_around_it_are_known():
    """Else `Context.block` or `parent` have changed, and the page cannot be built."""
    with pytest.raises(RuntimeError, match="No block is open"):
        compat.open_block()
    with gr.Blocks() as app:
        assert compat.open_block() is app
        with pytest.raises(RuntimeError, match="No tab is open"):
            compat.open_tab()
        with gr.Tabs() as tabs, gr.Tab("One") as tab:
            assert compat.open_tab() is tab
            assert compat.tabs_around(tab) is tabs
        assert compat.tabs_around(app) is None


def test_a_handler_is_called_when_the_page_is_opened():
    """Else `Context.root_block` has changed, and links and lists of models do not work."""
    with pytest.raises(RuntimeError, match="No page is open"):
        compat.on_page_load(lambda: 1, None, [])
    with gr.Blocks() as app:
        compat.on_page_load(lambda: "now", None, gr.Textbox(), queue=False)
    [fn] = app.fns.values()
    assert fn.targets == [(app._id, "load")]
