"""The Fine-tune tab in a browser: real jobs, a real worker, a quick training."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab
from tests.finetune_page import BUSY, photos, serving, wait_for

WORKER_MS = 180_000  # a worker is a new process of low priority
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def page_with_jobs(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("finetune") / "home") as served:
        yield served


@pytest.fixture
def someone(browser, page_with_jobs):
    """Opens the page for a new visitor, of a width, and closes it."""
    opened = []

    def arrive(width=1280, height=800):
        context, person = visit(browser, page_with_jobs[0], width, height)
        opened.append((context, person))
        return person

    yield arrive
    for context, person in opened:
        context.close()
        assert not person.errors
        assert not person.foreign


def enter(person):
    """Open the tab and wait for its content."""
    page = person.page
    go_to_tab(page, "tab-fine-tune", "Fine-tune")
    expect(page.locator("#finetune-tab-new")).to_be_attached()


def upload(page, files):
    page.set_input_files("#finetune-files input[type=file]", [str(path) for path in files])


def start(page, name, kimg):
    page.fill("#finetune-title input, #finetune-title textarea", name)
    page.locator("#finetune-advanced > button").first.click()
    field = page.locator("#finetune-kimg input, #finetune-kimg textarea")

    def stays_filled():
        """Text typed while the fields are being connected is lost."""
        field.fill(str(kimg))
        page.wait_for_timeout(300)
        return field.input_value() == str(kimg)

    wait_for(stays_filled)
    page.click("#finetune-start")


def nothing_stored(jobs):
    return not [path for path in jobs._database.folder.iterdir() if path.is_dir()]


def test_a_run_from_the_upload_to_its_end(someone, page_with_jobs, tmp_path):
    """Upload, start, monitor, reload, stop, resume, open in Sample, delete."""
    person, (_, jobs) = someone(), page_with_jobs
    page = person.page
    enter(person)
    letter = tmp_path / "letter.png"
    letter.write_text("no picture")
    upload(page, [*photos(tmp_path / "photos"), letter])
    verdicts = page.locator("#finetune-verdicts")
    expect(verdicts).to_contain_text("12 pictures taken, 1 refused")
    expect(verdicts).to_contain_text("letter.png")
    expect(page.locator("#finetune-preview img")).to_have_count(2)

    second = person.open()  # before the first job: both are the same visitor's
    expect(second.get_by_role("navigation", name="The tabs")).to_be_visible()
    person.page = page
    page.bring_to_front()  # pages in the background are not drawn and get no keys
    start(page, "Secret garden", kimg=9000)
    card, grid = page.locator("#finetune-status"), page.locator("#finetune-grid img")
    expect(card).to_contain_text("Secret garden")
    expect(grid).to_be_visible(timeout=WORKER_MS)
    before = grid.get_attribute("src")
    expect(grid).not_to_have_attribute("src", before)
    expect(page.locator("#finetune-position")).to_be_visible()

    person.page = second
    second.bring_to_front()
    enter(person)
    expect(second.locator("#finetune-status")).to_contain_text("Secret garden")
    second.close()
    person.page = page
    page.bring_to_front()
    page.reload()
    enter(person)
    expect(card).to_contain_text("Secret garden")
    expect(page.locator("#finetune-grid img")).to_be_visible()

    page.click("#finetune-stop")
    expect(card).to_contain_text("Stopped")
    page.click("#finetune-resume")
    expect(card).to_contain_text("Training", timeout=WORKER_MS)

    go_to_tab(page, "finetune-tab-use", "Use")
    page.click("#finetune-open")
    expect(page.locator("#latent-model input")).to_have_value(re.compile("Secret garden"))
    expect(page.locator("#latent-gallery .caption-label").first).to_have_text("seed 0")
    expect(page.locator("#latent-card")).to_contain_text("Only this browser")
    expect(page.locator("#latent-link input, #latent-link textarea")).to_have_value("")

    enter(person)
    go_to_tab(page, "finetune-tab-watch", "Watch")
    page.click("#finetune-delete")
    page.click("#finetune-really")
    expect(card).to_contain_text("no run to look at")
    wait_for(lambda: nothing_stored(jobs))  # a worker in mid-step ends the step first
    assert not jobs._database.select()


def test_a_finished_run_is_downloaded_and_then_all_is_deleted(someone, page_with_jobs, tmp_path):
    person, (_, jobs) = someone(), page_with_jobs
    page = person.page
    enter(person)
    upload(page, photos(tmp_path / "photos"))
    expect(page.locator("#finetune-verdicts")).to_contain_text("12 pictures taken, none refused")
    start(page, "Quick one", kimg=8)  # long enough for several grids
    expect(page.locator("#finetune-status")).to_contain_text("Finished", timeout=WORKER_MS)
    caption = page.locator("#finetune-grid figcaption")
    expect(caption).to_have_text("After 500 steps")
    page.fill("#finetune-position input[type=number]", "1")
    page.keyboard.press("Enter")
    expect(caption).not_to_have_text("After 500 steps")

    go_to_tab(page, "finetune-tab-use", "Use")
    page.click("#finetune-take")
    downloads = page.locator("#finetune-downloads")
    expect(downloads).to_contain_text("quick-one")
    with page.expect_download() as download:
        downloads.locator("a").first.click()
    assert download.value.suggested_filename == "quick-one.safetensors"
    page.click("#finetune-film")
    expect(page.locator("#finetune-video video")).to_be_visible()
    page.locator("#finetune-comparing > button").first.click()
    page.fill("#finetune-compare-seeds input, #finetune-compare-seeds textarea", "0-3")
    page.click("#finetune-compare")
    expect(page.locator("#finetune-compared img")).to_have_count(2)

    other = someone()
    enter(other)
    expect(other.page.locator("#finetune-start")).to_be_visible()
    expect(other.page.locator("body")).not_to_contain_text("Quick one")

    go_to_tab(page, "finetune-tab-data", "Your data")
    expect(page.locator("#finetune-kept")).to_contain_text("1 run with 12 pictures")
    page.click("#finetune-delete-all")
    page.click("#finetune-really-all")
    expect(page.locator("#finetune-gone")).to_contain_text("Deleted: 1 run with 12 pictures")
    wait_for(lambda: nothing_stored(jobs))  # a worker in mid-step ends the step first


BARS = """() => [...document.querySelectorAll(
    '[role=progressbar], progress, .progress-bar, .progress-level, .eta-bar')]
  .filter(e => e.offsetParent !== null && e.getBoundingClientRect().width > 0)
  .map(e => e.outerHTML.slice(0, 120))"""


def test_one_bar_shows_the_progress_of_a_run(someone, page_with_jobs, tmp_path):
    person, (_, jobs) = someone(), page_with_jobs
    page = person.page
    enter(person)
    upload(page, photos(tmp_path / "photos"))
    expect(page.locator("#finetune-verdicts")).to_contain_text("12 pictures taken")
    start(page, "One bar", kimg=9000)
    card = page.locator("#finetune-status")
    expect(card).to_contain_text("One bar")
    seen = page.evaluate(BARS)  # while it waits and prepares
    assert len(seen) == 1, seen
    expect(card).to_contain_text("Training", timeout=WORKER_MS)
    expect(card).to_contain_text("pictures seen", timeout=WORKER_MS)
    for _ in range(12):  # polls come and go meanwhile
        seen = page.evaluate(BARS)
        assert len(seen) == 1, seen
        assert "Progress" in seen[0]
        page.wait_for_timeout(500)
    page.click("#finetune-delete")
    page.click("#finetune-really")
    wait_for(lambda: nothing_stored(jobs))


def test_an_idle_page_sends_no_requests(someone, page_with_jobs, tmp_path):
    person, (_, jobs) = someone(), page_with_jobs
    page, asked = person.page, []
    enter(person)
    upload(page, photos(tmp_path / "photos"))
    expect(page.locator("#finetune-verdicts")).to_contain_text("12 pictures taken")
    start(page, "Short", kimg=0.2)
    expect(page.locator("#finetune-status")).to_contain_text("Finished", timeout=WORKER_MS)
    wait_for(lambda: not [job for job in jobs._database.select() if job.state in BUSY])
    page.wait_for_timeout(500)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5000)  # more than two polls
    assert not asked


def test_too_few_pictures_get_a_message(someone, tmp_path):
    person = someone()
    enter(person)
    upload(person.page, photos(tmp_path / "photos", 3))
    expect(person.page.locator("#finetune-verdicts")).to_contain_text("3 pictures taken")
    person.page.click("#finetune-start")
    expect(person.page.locator(".toast-body")).to_contain_text("10 are needed")


def test_nothing_overflows_sideways_on_a_phone(someone, tmp_path):
    person = someone(390, 844)
    page = person.page
    enter(person)
    upload(page, photos(tmp_path / "photos"))
    expect(page.locator("#finetune-preview img").first).to_be_visible()
    for step, title in (("watch", "Watch"), ("use", "Use"), ("data", "Your data"), ("new", "New")):
        go_to_tab(page, f"finetune-tab-{step}", title)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, step
