"""The queue of the page: bounds, shares, order, and what becomes of those who have gone.

Each test also holds what `gradio_queue` relies on in Gradio.
"""

import asyncio
import contextlib
import json
import threading
import time
import uuid

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from tabs.components import gradio_compat as compat
from tabs.components import gradio_queue
from tabs.components.clients import Clients
from tabs.components.events import AT_ONCE, GPU, LONG, PRIVATE
from tabs.components.gradio_queue import Mailbox, abandonment, install_queue
from tabs.components.gradio_sessions import use_lean_sessions

WAIT = 20  # seconds, for what happens at once on an idle machine


class Site:
    """A page with one event of each kind, whose work goes on until `gate` is open."""

    def __init__(self, public: bool = True) -> None:
        self.gate, self.begun, self.log, self.ended = threading.Event(), [], [], []
        with compat.Page() as page:
            text, out = gr.Textbox("x"), gr.Textbox(label="Result")
            button, other = gr.Button("Quick"), gr.Button("Hidden")
            events = gr.Button()
            button.click(self.quick, text, out, api_name="quick", **GPU)
            other.click(self.hidden, text, out, api_name="hidden", **GPU, **PRIVATE)
            events.click(self.slow, text, out, api_name="slow", **LONG)
            events.click(self.status, text, out, api_name="status", queue=True)
            events.click(self.click, text, out, api_name="click", **AT_ONCE)
        page.queue(status_update_rate=1, api_open=False)
        self.clients = Clients(public)
        self.page = install_queue(page, self.clients)
        self.queue = page._queue

    def quick(self, text: str) -> str:
        self.begun.append(text)
        gone = abandonment()
        while not self.gate.is_set() and not gone():
            time.sleep(0.02)
        self.log.append(text)
        return f"made {text}"

    def hidden(self, text: str) -> str:
        return self.quick(text)

    def slow(self, text: str):
        self.begun.append(text)
        try:
            while not self.gate.is_set():
                time.sleep(0.02)
                yield gr.skip()
            yield f"made {text}"
        finally:
            self.ended.append(text)

    def status(self, text: str) -> str:
        return f"status of {text}"

    def click(self, text: str) -> str:
        return f"clicked {text}"


@contextlib.contextmanager
def served(public: bool = True):
    use_lean_sessions()
    site = Site(public)
    _, url, _ = site.page.launch(
        prevent_thread_lock=True, quiet=True, ssr_mode=False, **compat.SKIP_START_CHECK
    )
    site.url = f"{url.rstrip('/')}/gradio_api"
    try:
        yield site
    finally:
        site.gate.set()
        site.page.close()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")  # each address is a visitor
    monkeypatch.setenv("GANVAS_QUEUE_SHARE", "3")
    monkeypatch.setenv("GANVAS_QUEUE_SIZE", "10")
    with served() as made:
        yield made


def post(site, name, text, address="10.0.0.1"):
    headers = {"X-Forwarded-For": address}
    return httpx.post(f"{site.url}/call/{name}", json={"data": [text]}, headers=headers)


def join(site, name, text, session, address="10.0.0.1"):
    index = next(i for i, fn in site.page.fns.items() if fn.api_name == name)
    body = {"data": [text], "fn_index": index, "session_hash": session}
    headers = {"X-Forwarded-For": address}
    return httpx.post(f"{site.url}/queue/join", json=body, headers=headers)


def answer(site, name, response) -> str:
    event = response.json()["event_id"]
    return httpx.get(f"{site.url}/call/{name}/{event}", timeout=WAIT).text


def messages(site, session) -> list[dict]:
    text = httpx.get(f"{site.url}/queue/data?session_hash={session}", timeout=WAIT).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def until(true, what):
    limit = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < limit, what
        time.sleep(0.02)


def test_a_visitor_who_asks_for_too_much_is_told_busy_and_others_are_served(site):
    first = [post(site, "quick", f"greedy {k}") for k in range(3)]
    assert [response.status_code for response in first] == [200] * 3
    refused = post(site, "quick", "greedy 4")
    assert refused.status_code == 503
    assert refused.json()["detail"].startswith("Busy: 3 of your requests")
    assert post(site, "quick", "modest", "10.0.0.2").status_code == 200
    site.gate.set()
    assert "made greedy 0" in answer(site, "quick", first[0])
    until(lambda: len(site.log) == 4, "all that were let in are served")
    assert post(site, "quick", "greedy again").status_code == 200


def test_the_turns_go_round_among_visitors(site):
    for k in range(3):
        post(site, "quick", f"greedy {k}")
    until(lambda: site.begun, "the first runs")
    post(site, "quick", "modest", "10.0.0.2")
    site.gate.set()
    until(lambda: len(site.log) == 4, "all are served")
    assert site.log.index("modest") < site.log.index("greedy 2")


def test_when_the_queue_is_full_everybody_is_told_how_many_wait(site):
    for k in range(11):  # one of them runs
        assert post(site, "quick", str(k), f"10.0.1.{k}").status_code == 200
        until(lambda: site.begun, "the first runs")
    refused = post(site, "quick", "one more", "10.0.1.99")
    assert refused.status_code == 503
    assert "Busy: 10 requests wait before you" in refused.json()["detail"]


@pytest.mark.parametrize("name", ["status", "click"])
def test_control_is_answered_while_the_queue_is_full(site, name):
    for k in range(11):
        post(site, "quick", str(k), f"10.0.1.{k}")
    assert post(site, "quick", "one more", "10.0.1.99").status_code == 503
    response = post(site, name, "7", "10.0.0.1")
    assert response.status_code == 200
    assert "7" in answer(site, name, response)


def test_many_sessions_of_one_address_are_one_visitor(site):
    codes = [join(site, "quick", "x", uuid.uuid4().hex).status_code for _ in range(3)]
    assert codes == [200] * 3
    session = uuid.uuid4().hex
    assert join(site, "quick", "x", session).status_code == 200
    last = messages(site, session)
    assert any(m["msg"] == "process_completed" and not m["success"] for m in last)
    assert "Busy" in json.dumps(last)


def test_visitors_with_keys_share_an_address_up_to_its_limit(site):
    accepted = 0
    for k in range(9):
        session = uuid.uuid4().hex
        site.clients.remember(session, f"key {k % 5}")
        join(site, "quick", "x", session, "10.0.0.7")
        accepted += not any(
            m.msg == "process_completed"
            for m in list(site.queue.pending_messages_per_session[session]._queue)
        )
    assert accepted > 3


def test_a_forwarded_address_counts_only_from_a_proxy_that_is_named(monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")
    monkeypatch.setenv("GANVAS_QUEUE_SHARE", "2")
    with served() as site:
        codes = [post(site, "quick", "x", f"10.0.0.{k}").status_code for k in range(4)]
        assert codes == [200, 200, 503, 503]


def test_a_private_page_has_no_shares(monkeypatch):
    monkeypatch.setenv("GANVAS_QUEUE_SHARE", "2")
    with served(public=False) as site:
        assert [post(site, "quick", "x").status_code for _ in range(20)] == [200] * 20


def test_a_page_gets_the_sentence_as_a_toast_and_keeps_its_outputs(site):
    for k in range(3):
        post(site, "quick", str(k))
    session = uuid.uuid4().hex
    assert join(site, "hidden", "x", session).status_code == 200
    found = messages(site, session)
    assert next(m for m in found if m["msg"] == "log")["log"].startswith("Busy: 3 of your")
    done = next(m for m in found if m["msg"] == "process_completed")
    assert done["success"]
    assert done["output"]["data"] == [{"__type__": "update"}]
    assert found[-1]["msg"] == "close_stream"


def test_gradio_client_raises_the_sentence(site, tmp_path):
    for k in range(3):
        post(site, "quick", str(k), "127.0.0.1")
    client = Client(site.url.removesuffix("/gradio_api"), verbose=False, download_files=tmp_path)
    with pytest.raises(AppError, match="Busy: 3 of your requests"):
        client.predict("x", api_name="/quick")
    assert client.predict("x", api_name="/status") == "status of x"
    client.close()


def test_refused_requests_are_not_stored_without_end(site):
    session = uuid.uuid4().hex
    for k in range(3):
        join(site, "quick", str(k), session)
    codes = {join(site, "quick", "x", session).status_code for _ in range(100)}
    assert codes == {200, 503}
    stored = list(site.queue.pending_messages_per_session[session]._queue)
    assert sum(message.msg == "process_completed" for message in stored) < 70


def test_those_who_wait_are_told_how_many_are_before_them(site):
    for k in range(3):
        post(site, "quick", str(k), f"10.0.1.{k}")
    until(lambda: site.begun, "the first runs")
    session = uuid.uuid4().hex
    join(site, "quick", "x", session, "10.0.2.1")
    threading.Timer(1.5, site.gate.set).start()
    found = messages(site, session)
    told = [m["progress_data"][0]["desc"] for m in found if m["msg"] == "progress"]
    assert "Busy: 2 before you" in told


def test_a_closed_page_loses_its_place_and_its_work_ends(site):
    sessions = [uuid.uuid4().hex for _ in range(2)]
    join(site, "slow", "runs", sessions[0])
    join(site, "quick", "runs too", sessions[0], "10.0.0.9")
    until(lambda: len(site.begun) == 2, "both run")
    join(site, "quick", "waits", sessions[1], "10.0.0.2")
    for session in reversed(sessions):  # each page reads for a moment, then it is closed
        with (
            contextlib.suppress(httpx.ReadTimeout),
            httpx.stream(
                "GET",
                f"{site.url}/queue/data?session_hash={session}",
                timeout=httpx.Timeout(5, read=0.5),
            ) as stream,
        ):
            limit = time.monotonic() + 1
            for _ in stream.iter_lines():
                if time.monotonic() > limit:
                    break
    until(lambda: site.ended == ["runs"], "the generator was closed")
    until(lambda: site.log == ["runs too"], "the function was told that nobody waits")
    until(lambda: len(site.queue) == 0, "what waited was removed")
    assert "waits" not in site.begun


def test_a_request_that_nobody_listens_to_is_dropped(site, monkeypatch):
    heard = post(site, "slow", "heard", "10.0.0.1")
    post(site, "slow", "unheard", "10.0.0.2")
    until(lambda: len(site.begun) == 2, "both run")
    got = []
    listener = threading.Thread(target=lambda: got.append(answer(site, "slow", heard)))
    listener.start()
    monkeypatch.setattr(gradio_queue, "UNHEARD_SECONDS", 1.0)
    time.sleep(1.5)
    asyncio.run(site.queue.sweep())
    until(lambda: site.ended == ["unheard"], "it was stopped")
    site.gate.set()
    listener.join(WAIT)
    assert "made heard" in got[0]


def test_a_second_request_of_a_quiet_page_has_its_time_again(site, monkeypatch):
    session = uuid.uuid4().hex
    site.gate.set()
    join(site, "quick", "first", session)
    messages(site, session)
    site.queue.pending_messages_per_session[session]._read -= 1000
    site.gate.clear()
    join(site, "quick", "second", session)
    asyncio.run(site.queue.sweep())
    site.gate.set()
    assert "made second" in json.dumps(messages(site, session))


def test_a_cancelled_request_gives_its_place_to_the_next(site):
    session = uuid.uuid4().hex
    event = join(site, "quick", "cancelled", session).json()["event_id"]
    until(lambda: site.begun, "it runs")
    index = next(i for i, fn in site.page.fns.items() if fn.api_name == "quick")
    body = {"session_hash": session, "fn_index": index, "event_id": event}
    assert httpx.post(f"{site.url}/cancel", json=body).status_code == 200
    until(lambda: site.log == ["cancelled"], "it was told")
    site.gate.set()
    assert "made next" in answer(site, "quick", post(site, "quick", "next", "10.0.0.2"))


def test_long_requests_run_side_by_side_and_do_not_keep_quick_ones_waiting(site):
    for k in range(3):
        post(site, "slow", f"slow {k}", f"10.0.0.{k}")
    until(lambda: len(site.begun) == 3, "all three have begun")
    post(site, "quick", "quick", "10.0.0.9")
    until(lambda: "quick" in site.begun, "the quick one runs beside")


def test_nothing_is_left_of_a_programs_call(site):
    site.gate.set()
    for name in ("quick", "slow", "status", "click"):
        for k in range(3):
            answer(site, name, post(site, name, str(k)))
    queue, app = site.queue, site.page.app
    until(lambda: not queue.event_ids_to_events, "all are finished")
    assert not queue._of
    assert not queue._tags
    holder = queue.server_app.state_holder
    until(lambda: not holder.session_data, "sessions are forgotten")
    assert not holder.time_last_used
    assert not app.iterators
    assert not site.page.pending_diff_streams
    for mailbox in queue.pending_messages_per_session.values():
        mailbox._read -= 1000
    asyncio.run(queue.sweep())
    assert not queue.pending_messages_per_session
    assert not queue.pending_event_ids_session


def test_names_of_deleted_files_are_forgotten(site, tmp_path):
    kept = tmp_path / "kept.png"
    kept.touch()
    names = site.page.temp_file_sets[0]
    names |= {str(tmp_path / f"{k}.png") for k in range(2000)} | {str(kept)}
    asyncio.run(site.queue.sweep())
    assert names == {str(kept)}


def test_direct_calls_do_not_pass_by_the_queue(site):
    """Else any program skips bounds and shares."""
    for route in ("run", "api"):
        answered = httpx.post(f"{site.url}/{route}/quick", json={"data": ["x"]})
        assert answered.status_code == 404


def test_every_kind_of_work_is_known():
    """Else an event that uses the device counts as control."""
    from app import create_app

    app = create_app()
    ids = {fn.concurrency_id for fn in app.fns.values() if isinstance(fn.concurrency_id, str)}
    named = {name for name in ids if not name.isdigit()}
    assert named <= gradio_queue.WORK | {"clicks"}
    by_name = {fn.api_name: fn for fn in app.fns.values()}
    for name in ("sample", "class_sample", "interpolate", "translate", "enlarge", "paint"):
        assert gradio_queue.is_work(by_name[name]), name
    for name in ("status", "stop", "resume", "delete"):
        assert not gradio_queue.is_work(by_name[f"finetune_{name}"]), name
    assert not gradio_queue.is_work(by_name["list_models"])


def test_a_mailbox_knows_whether_it_is_read():
    async def run() -> tuple[float, float]:
        box = Mailbox()
        box._read -= 100
        unread = box.unread_seconds()
        reader = asyncio.create_task(box.get())
        await asyncio.sleep(0)
        read = box.unread_seconds()
        reader.cancel()
        return unread, read

    unread, read = asyncio.run(run())
    assert unread > 99
    assert read == 0
