"""A real Chromium: one browser for the tests of a file, a fresh visitor for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.chromium import NONE_FOUND, installed

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--mute-audio"),
]
# Waiting ends with the effect; this long is for machines that are busy.
PATIENCE_MS = int(os.environ.get("GANVAS_TEST_PATIENCE_MS", "120000"))
expect.set_options(timeout=PATIENCE_MS)
# How often a browser test that failed is tried again, and listed as such: never by default, once in
# CI, where the machine may stand still for seconds.
RERUNS = int(os.environ.get("GANVAS_TEST_RERUNS", "0"))


def pytest_collection_modifyitems(items):
    """Mark all tests of this folder as browser tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if RERUNS:
                item.add_marker(pytest.mark.flaky(reruns=RERUNS))


@pytest.fixture(scope="session")
def chromium_path():
    executable = installed()
    assert executable, NONE_FOUND
    return executable


@pytest.fixture(scope="module")
def browser(chromium_path):
    """A browser for the tests of a file.

    Playwright keeps an event loop running in this thread until it is stopped; tests that follow
    need one of their own.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Visitor:
    """A page in a new browser context, with a record of its errors."""

    def __init__(self, context, url: str) -> None:
        self.context, self.url = context, url
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.page = self.open()

    def open(self, query: str = ""):
        """Open the page in a new tab of the same browser."""
        page = self.context.new_page()
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note_request)
        page.goto(self.url + query)
        self.page = page
        return page

    def _note_request(self, request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(request.url)


def visit(browser, url: str, width: int, height: int):
    context = browser.new_context(
        viewport={"width": width, "height": height}, accept_downloads=True
    )
    context.set_default_timeout(PATIENCE_MS)
    return context, Visitor(context, url)


@pytest.fixture
def visitor(browser, page_url):
    """A visitor on a laptop."""
    context, person = visit(browser, page_url, 1280, 800)
    yield person
    context.close()
    assert not person.errors
    assert not person.foreign


@pytest.fixture
def phone(browser, page_url):
    """A visitor on a phone."""
    context, person = visit(browser, page_url, 390, 844)
    yield person
    context.close()
    assert not person.errors
    assert not person.foreign
