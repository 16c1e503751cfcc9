"""Fine-tuning for programs, and access without the right key."""

import json
import re
import tempfile
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from gan_models import load_pipeline
from gan_models.jobs import Jobs
from tests.finetune_page import BASE, photos, serving
from tests.test_http import call

NONE_HERE = "no such job here"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page's address and its jobs, whose workers are not started."""
    with serving(tmp_path_factory.mktemp("finetune") / "home", lambda *_: 0) as served:
        yield served


@pytest.fixture(scope="module")
def client(page, tmp_path_factory):
    folder = tmp_path_factory.mktemp("downloads")
    client = Client(page[0], verbose=False, download_files=folder)
    yield client
    client.close()


@pytest.fixture
def start(client, tmp_path):
    def start_job(**options):
        images = [handle_file(str(path)) for path in photos(tmp_path / "photos")]
        return client.predict(images=images, api_name="/finetune_start", **options)

    return start_job


def test_a_job_starts_reports_its_status_and_stops(client, start, page):
    job, key = start(base=BASE, preset="quick")
    assert len(key) == 43
    status = client.predict(job=job, key=key, api_name="/finetune_status")
    assert (status["state"], status["place"], status["num_pictures"]) == ("queued", 1, 12)
    assert status["health"]["state"] == "starting"
    assert str(page[1]._database.folder) not in json.dumps(status)
    status = client.predict(job=job, key=key, api_name="/finetune_stop")
    assert status["state"] == "stopped"


def test_a_stopped_job_is_resumed_and_deleted(client, start, page):
    job, key = start()
    client.predict(job=job, key=key, api_name="/finetune_stop")
    status = client.predict(job=job, key=key, api_name="/finetune_resume")
    assert (status["id"], status["state"]) == (job, "queued")
    assert client.predict(job=job, key=key, api_name="/finetune_resume")["state"] == "queued"
    deleted = client.predict(job=job, key=key, api_name="/finetune_delete")
    assert (deleted["jobs"], deleted["pictures"]) == (1, 12)
    assert deleted["num_bytes"] > 0
    assert not page[1]._database.job_folder(job).exists()
    for name in ("status", "stop", "resume", "generator", "delete"):
        with pytest.raises(AppError, match=NONE_HERE):
            client.predict(job=job, key=key, api_name=f"/finetune_{name}")


def test_a_finished_job_is_not_resumed_and_says_what_to_do(client, owned):
    job, key, jobs = owned
    jobs._database.change(job, state="finished")
    with pytest.raises(AppError, match="has finished; start a new one"):
        client.predict(job=job, key=key, api_name="/finetune_resume")


def test_the_defaults_are_the_first_base_and_quick_and_an_earlier_key_is_taken(client, start, page):
    first, key = start()
    second, again = start(key=key)
    assert again == key
    assert {status.id for status in page[1].list(key)} == {first, second}
    assert {status.base for status in page[1].list(key)} == {BASE}
    assert {status.preset for status in page[1].list(key)} == {"quick"}


def test_uploads_that_two_visitors_share_stay_when_one_of_them_starts(page, tmp_path):
    url = page[0]
    files = [("files", (path.name, path.read_bytes())) for path in photos(tmp_path / "photos")]
    uploaded = httpx.post(f"{url}/gradio_api/upload", files=files).json()
    assert httpx.get(f"{url}/gradio_api/file={uploaded[0]}").status_code == 200
    images = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in uploaded]
    event, answer = call(url, "finetune_start", [images, BASE, "quick", ""])
    assert event == "complete", answer
    for path in uploaded:  # the path is the hash of the content, and so another visitor's, too
        assert httpx.get(f"{url}/gradio_api/file={path}").status_code == 200
    event, answer = call(url, "finetune_start", [images, BASE, "quick", ""])
    assert event == "complete", answer


def test_the_pages_own_examples_stay_when_a_job_takes_them(page, tmp_path):
    url = page[0]
    examples = re.findall(r'"path":"(/[^"]+\.(?:jpg|png))"', httpx.get(f"{url}/config").text)
    assert examples
    images = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in examples]
    call(url, "finetune_start", [images, BASE, "quick", ""])
    for path in examples:
        assert httpx.get(f"{url}/gradio_api/file={path}").status_code == 200


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"base": "faces-64"}, f"choose from {BASE}"),
        ({"base": "/etc/passwd"}, "choose from"),
        ({"preset": "for ever"}, "quick"),
    ],
)
def test_impossible_values_are_refused_with_a_message(start, options, says):
    with pytest.raises(AppError, match=says):
        start(**options)


def test_too_few_pictures_are_refused_with_the_reason_of_one(client, tmp_path):
    bad = tmp_path / "letter.png"
    bad.write_text("no picture")
    images = [handle_file(str(path)) for path in [*photos(tmp_path / "photos", 4), bad]]
    with pytest.raises(AppError, match=r"4 of the pictures .* 10 are needed.*letter\.png"):
        client.predict(images=images, base=BASE, api_name="/finetune_start")


@pytest.mark.parametrize("images", [None, [], "text", [1], [{"path": "/etc/passwd"}]])
def test_files_that_are_no_pictures_are_refused_and_the_next_call_works(page, client, images):
    event, answer = call(page[0], "finetune_start", [images, BASE, "quick", ""])
    assert event == "error"
    assert "passwd" not in answer
    with pytest.raises(AppError, match=NONE_HERE):
        client.predict(job="x", key="y", api_name="/finetune_status")


def test_a_file_that_was_not_uploaded_is_neither_read_nor_deleted(page, tmp_path):
    mine = photos(tmp_path / "photos")
    images = [{"path": str(path), "meta": {"_type": "gradio.FileData"}} for path in mine]
    event, _ = call(page[0], "finetune_start", [images, BASE, "quick", ""])
    assert event == "error"
    assert all(path.is_file() for path in mine)


@pytest.fixture
def owned(page, tmp_path):
    """A job with files as after some training; its id, its key, its jobs."""
    jobs = page[1]
    key = jobs.new_key()
    job, _ = jobs.start(key, photos(tmp_path / "photos"), BASE, title="Secret garden")
    run = jobs._database.job_folder(job) / "run"
    for path in ("sheets/0000010.png", "raw/0000010.png", "curves.png", "nearest.png"):
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).write_bytes((tmp_path / "photos" / "secret-garden-00.png").read_bytes())
    (run / "snapshots").mkdir()
    base = jobs._database.folder.parent / "models" / f"{BASE}.safetensors"
    for path in ("snapshots/0000010.safetensors", "generator.safetensors"):
        (run / path).write_bytes(base.read_bytes())
    return job, key, jobs


def files_of(job: str, jobs: Jobs) -> list[Path]:
    """All files of a job on the server's disk."""
    return [path for path in jobs._database.job_folder(job).rglob("*") if path.is_file()]


@pytest.mark.parametrize("step", [0, "", None, 0.0])
def test_a_job_gives_its_finished_generator_as_a_file_that_opens(client, owned, step):
    job, key, _ = owned
    file = client.predict(job=job, key=key, step=step, api_name="/finetune_generator")
    assert Path(file).name == "secret-garden.safetensors"
    assert load_pipeline(file, device="cpu").sample([3])[0].size == (32, 32)
    again = client.predict(job=job, key=key, api_name="/finetune_generator")
    assert Path(again).read_bytes() == Path(file).read_bytes()


def test_a_job_gives_its_newest_snapshot_before_it_has_finished_and_any_other(client, owned):
    job, key, jobs = owned
    run = jobs._database.job_folder(job) / "run"
    (run / "generator.safetensors").unlink()
    for step in (10, 20):
        (run / f"snapshots/{step:07d}.safetensors").write_bytes(b"after %d" % step)
    status = client.predict(job=job, key=key, api_name="/finetune_status")
    assert status["snapshots"] == [10, 20]
    for step, name, content in ((0, "", b"after 20"), (10, "-step10", b"after 10")):
        file = Path(client.predict(job=job, key=key, step=step, api_name="/finetune_generator"))
        assert file.name == f"secret-garden{name}.safetensors"
        assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (7, "no snapshot of step 7"),
        *((step, "step must be") for step in (-1, 2.5, 1e300, "10", "../..", [10])),
        (float("nan"), "step must be"),
    ],
)
def test_an_unknown_step_is_refused_with_a_message(page, owned, step, says):
    job, key, _ = owned
    event, answer = call(page[0], "finetune_generator", [job, key, step])
    assert (event, says in answer) == ("error", True), answer


def test_a_job_without_a_generator_says_to_wait(client, start):
    job, key = start()
    with pytest.raises(AppError, match="no generator yet; wait"):
        client.predict(job=job, key=key, api_name="/finetune_generator")


def test_another_key_reads_and_changes_nothing_over_http(page, owned):
    job, key, jobs = owned
    before, answers = files_of(job, jobs), set()
    strangers = [[job, other] for other in (jobs.new_key(), "", job, None, key[:-1])]
    strangers += [[job, key.swapcase()], ["0123456789abcdef", key]]
    for state, tried in (("stopped", strangers), ("queued", strangers[:1])):
        jobs._database.change(job, state=state)
        for stranger in tried:
            for name in ("status", "stop", "resume", "delete"):
                answers.add(call(page[0], f"finetune_{name}", stranger))
            answers.add(call(page[0], "finetune_generator", [*stranger, 0]))
        assert jobs.status(key, job).state == state
    for step in (None, 10, 7, "what"):
        answers.add(call(page[0], "finetune_generator", [*strangers[0], step]))
    assert len(answers) == 1
    assert NONE_HERE in answers.pop()[1]
    assert files_of(job, jobs) == before


def test_another_key_gets_the_same_message_as_an_unknown_job(client, start, owned):
    job, key, jobs = owned
    _, other = start()
    for name in ("status", "stop", "resume", "generator", "delete"):
        with pytest.raises(AppError, match=NONE_HERE):
            client.predict(job=job, key=other, api_name=f"/finetune_{name}")
    assert jobs.status(key, job).state == "queued"


def test_downloading_a_generator_publishes_no_other_file(page, owned):
    job, key, jobs = owned
    event, answer = call(page[0], "finetune_generator", [job, key, 0])
    assert event == "complete", answer
    assert job not in answer
    assert key not in answer
    file = json.loads(answer)[0]
    assert httpx.get(f"{page[0]}/gradio_api/file={file['path']}").status_code == 200
    copies = {*Path(tempfile.gettempdir()).glob("ganvas-*/secret-garden.safetensors")}
    assert copies
    for path in [*files_of(job, jobs), *copies, jobs._database.folder / "jobs.sqlite"]:
        assert httpx.get(f"{page[0]}/gradio_api/file={path}").status_code in (403, 404)


def test_no_file_of_a_job_has_an_address(page, owned):
    job, _, jobs = owned
    files = files_of(job, jobs)
    assert len(files) > 15
    for path in [*files, jobs._database.folder / "jobs.sqlite"]:
        assert httpx.get(f"{page[0]}/gradio_api/file={path}").status_code in (403, 404)


def test_nothing_public_names_a_job_its_pictures_or_its_model(page, owned):
    job, key, _ = owned
    for address in ("/", "/config", "/gradio_api/info"):
        text = httpx.get(page[0] + address).text
        assert job not in text
        assert key not in text
        assert "ecret garden" not in text
    assert "ecret garden" not in call(page[0], "list_models", [])[1]


def ask(url: str, name: str, data: list, session: str) -> str:
    """Call a private event as the page does in a session; all that comes back."""
    body = {"data": data, "session_hash": session}
    answer = httpx.post(f"{url}/gradio_api/call/{name}", json=body)
    if answer.status_code != 200:
        return answer.text
    address = f"{url}/gradio_api/call/{name}/{answer.json()['event_id']}"
    return httpx.get(address, timeout=60).text


def test_no_event_of_the_page_works_with_another_key(page, owned):
    url, (job, key, jobs) = page[0], owned
    config = httpx.get(f"{url}/config").json()
    parts = {part["id"]: part for part in config["components"]}

    def named(prop, value):
        return {i for i, part in parts.items() if part["props"].get(prop) == value}

    keys, runs = named("storage_key", "ganvas-visitor"), named("elem_id", "finetune-run")
    grids, runs_and_keys = named("elem_id", "finetune-grid"), keys | runs
    shows = [e for e in config["dependencies"] if grids & {*e["outputs"]}]
    assert all(runs_and_keys <= {*event["inputs"]} for event in shows)
    # the owner sees the run; in the second session the page then knows its id, too
    for session in ("owner", "thief"):
        assert "ecret garden" in ask(url, "enter", [key, None, None], session)
    assert "data:image" in ask(url, shows[0]["api_name"], [key, job, 1, "average", None], "owner")
    stranger, tried = jobs.new_key(), 0
    for event in config["dependencies"]:
        if not keys & {*event["inputs"]}:
            continue
        given = [parts[i]["props"].get("value") for i in event["inputs"]]
        for place, part in enumerate(event["inputs"]):
            given[place] = stranger if part in keys else job if part in runs else given[place]
        answer = ask(url, event["api_name"], given, "thief")
        assert "ecret" not in answer, event["api_name"]
        assert "data:image" not in answer, event["api_name"]
        tried += 1
    assert tried > 15
    assert jobs.status(key, job).state == "queued"


def test_a_ticket_opens_the_model_for_programs_only_while_it_is_there(page, owned):
    from tabs.components.visitor import Visitor

    job, key, jobs = owned
    (_, ticket), *_ = Visitor(None, jobs).choices(key)
    assert job not in ticket
    event, answer = call(page[0], "sample", ["0", ticket, 1])
    assert event == "complete", answer
    assert ticket not in answer
    jobs.delete(key, job)
    event, answer = call(page[0], "sample", ["0", ticket, 1])
    assert (event, NONE_HERE in answer) == ("error", True)


def test_another_key_gives_other_tickets(page, owned):
    from tabs.components.tickets import ticket_model
    from tabs.components.visitor import Visitor

    job, key, jobs = owned
    visitor = Visitor(None, jobs)
    tickets = {ticket for _, ticket in visitor.choices(key)}
    assert len(tickets) == 1
    assert visitor.choices(Jobs.new_key()) == visitor.choices("") == visitor.choices(None) == []
    assert ticket_model(f"mine-{job}") is None
