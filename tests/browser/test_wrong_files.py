"""Wrong files on every upload of every tab: a message each, and an unchanged page."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab
from tests.browser.test_offline import bare_errors
from tests.browser.wrong_files import make

pytestmark = pytest.mark.timeout(900)
UPLOADS = {  # tab, title, element to click, upload, button to press, element that must not change
    "latent": (
        "tab-latent",
        "Sample",
        "#latent-tab-keep-button",
        "#latent-drop",
        None,
        "#latent-gallery img",
    ),
    "classes": ("tab-classes", "Classes", None, "#classes-drop", None, "#classes-gallery img"),
    "translate": (
        "tab-translate",
        "Translate",
        None,
        "#translate-photo",
        None,
        "#translate-compare img",
    ),
    "several": (
        "tab-translate",
        "Translate",
        "#translate-tab-several-button",
        "#translate-files",
        "#translate-all",
        "#translate-compare img",
    ),
    "clip": (
        "tab-translate",
        "Translate",
        "#translate-tab-clip-button",
        "#translate-clip",
        "#translate-frames",
        "#translate-compare img",
    ),
    "restore": ("tab-restore", "Restore", None, "#restore-photo", None, "#restore-compare img"),
    "restore-several": (
        "tab-restore",
        "Restore",
        None,
        "#restore-files",
        "#restore-all",
        "#restore-compare img",
    ),
    "restore-clip": (
        "tab-restore",
        "Restore",
        "#restore-tab-clip-button",
        "#restore-clip",
        "#restore-frames",
        "#restore-compare img",
    ),
    "translate-drop": (
        "tab-translate",
        "Translate",
        "#translate-tab-keep-button",
        "#translate-drop",
        None,
        "#translate-compare img",
    ),
    "paint": ("tab-paint", "Paint", None, "#paint-file", None, "#paint-canvas .picture[src]"),
    "style": (
        "tab-paint",
        "Paint",
        "#paint-tab-style-button",
        "#paint-style-file",
        None,
        "#paint-canvas .picture[src]",
    ),
    "own": ("tab-your-file", "Your model", None, "#own-file", "#own-add", "#own-format"),
}
# a picture is a picture, whatever is written in it: these are right where any picture is
ANY_PICTURE = {"other-tab.png", "unknown-model.png"}
TAKES_PICTURES = {"translate", "several", "clip", "style", "paint"}
TAKES_PICTURES |= {"restore", "restore-several", "restore-clip"}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    return make(tmp_path_factory.mktemp("wrong"))


@pytest.mark.parametrize("name", UPLOADS)
def test_wrong_files(browser, page_url, wrong, name):
    """Three of the ten, other ones on every upload."""
    first = list(UPLOADS).index(name)
    three = {file: wrong[file] for file in (list(wrong) * 2)[first % len(wrong) :][:3]}
    check(browser, page_url, three, name)


@pytest.mark.long
@pytest.mark.parametrize("name", UPLOADS)
def test_ten_wrong_files(browser, page_url, wrong, name):
    check(browser, page_url, wrong, name)


def check(browser, page_url, wrong, name) -> None:
    """Upload wrong files; each gets a message, and nothing on the page changes."""
    tab, title, first, upload, press, stays = UPLOADS[name]
    context, person = visit(browser, page_url, 1280, 800)
    page = person.page
    statuses = []
    page.on("response", lambda response: statuses.append((response.status, response.url)))
    go_to_tab(page, tab, title)
    expect(page.locator(stays).first).to_be_visible()
    page.wait_for_timeout(500)
    if first:
        page.click(first)
    before = page.locator(stays).first.get_attribute("src")
    for file, path in wrong.items():
        if name in TAKES_PICTURES and file in ANY_PICTURE:
            continue
        if name == "translate-drop" and file == "other-tab.png":  # it is this tab's
            continue
        give(page, upload, path)
        if press:
            page.wait_for_timeout(300)
            page.click(press)
        said = page.locator(".toast-body")
        expect(said, f"{file} on {name}").to_be_visible()
        words = said.inner_text()
        assert len(words.split()) >= 5, words
        assert "Traceback" not in words
        assert str(path.parent) not in words
        assert not bare_errors(page), (name, file)
        assert page.locator(stays).first.get_attribute("src") == before
        close_toasts(page)
    assert not [found for found in statuses if found[0] >= 500]
    context.close()


def test_wrong_files_for_fine_tuning(browser, page_url, wrong):
    check_verdicts(browser, page_url, dict(list(wrong.items())[:3]))


@pytest.mark.long
def test_ten_wrong_files_for_fine_tuning(browser, page_url, wrong):
    check_verdicts(browser, page_url, wrong)


def check_verdicts(browser, page_url, wrong) -> None:
    """Upload wrong files in Fine-tune: there each file gets a verdict, not a toast."""
    context, person = visit(browser, page_url, 1280, 800)
    page = person.page
    go_to_tab(page, "tab-fine-tune", "Fine-tune")
    verdicts, base = page.locator("#finetune-verdicts"), page.locator("#finetune-base input")
    before = base.input_value()
    for file, path in wrong.items():
        if file in ANY_PICTURE:
            continue
        give(page, "#finetune-files", path)
        said = verdicts.locator("li.refused").or_(page.locator(".toast-body"))
        expect(said.first, f"{file} for fine-tuning").to_be_visible()
        words = said.first.inner_text()
        assert len(words.split()) >= 5, words
        assert "Traceback" not in words
        assert str(path.parent) not in words
        assert not bare_errors(page), file
        assert base.input_value() == before
        close_toasts(page)
        give(page, "#finetune-files", None)
        expect(verdicts).to_have_text("")
    context.close()
    assert not person.errors


def give(page, upload: str, path) -> None:
    """Upload a file after clearing the upload; None: only clear it."""
    for label in ("Clear", "Remove Image", "Remove"):
        clear = page.locator(f"{upload} button[aria-label='{label}']")
        if clear.count() and clear.first.is_visible():
            clear.first.click()
            break
    if path is None:
        return
    field = page.locator(f"{upload} input[type=file]").first
    expect(field).to_be_attached()
    field.set_input_files(str(path))


def close_toasts(page) -> None:
    for _ in range(10):
        button = page.locator("[data-testid=toast-close]")
        if not button.count():
            return
        with suppress(Error):  # it may have gone by itself
            button.first.click(timeout=2000)
        page.wait_for_timeout(400)
