"""Every model of every tab without a network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gan_models import availability, list_models
from tabs.components.models import model_label
from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab

pytestmark = pytest.mark.timeout(900)
TABS = {  # task: tab, its title, the dropdown, the card, what is on the page
    "latent": ("tab-latent", "Sample", "latent", "#latent-gallery img"),
    "class": ("tab-classes", "Classes", "classes", "#classes-gallery img"),
    "translation": ("tab-translate", "Translate", "translate", "#translate-compare img"),
    "restoration": ("tab-restore", "Restore", "restore", "#restore-compare img"),
    "semantic": ("tab-paint", "Paint", "paint", "#paint-canvas .picture[src]"),
}


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setenv("GANVAS_OFFLINE", "1")


def bare_errors(page) -> list[str]:
    """Elements with the text "Error" alone; titles of toasts have a message below."""
    return page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => e.children.length === 0
          && !e.closest('.toast-title')
          && e.offsetParent !== null && /^error$/i.test(e.textContent.trim()))
          .map(e => e.outerHTML)"""
    )


@pytest.mark.parametrize("task", TABS)
def test_every_model_of_every_tab(browser, page_url, offline, task):
    tab, title, prefix, shown = TABS[task]
    context, person = visit(browser, page_url, 1280, 800)
    statuses = []
    person.page.on("response", lambda response: statuses.append((response.status, response.url)))
    page = person.page
    go_to_tab(page, tab, title)
    expect(page.locator(shown).first).to_be_visible()
    if task == "semantic":
        page.click("#paint-tab-model-button")
    before = page.locator(shown).first.get_attribute("src")
    field = page.locator(f"#{prefix}-model input")
    absent = 0
    for spec in (spec for spec in list_models() if spec.task == task):
        if availability(spec)[0]:
            continue
        absent += 1
        field.click()
        page.get_by_role("option", name=model_label(spec), exact=True).click()
        card = page.locator(f"#{prefix}-card")
        expect(card).to_contain_text(f"{spec.title} is not on this server")
        assert "GANVAS" not in card.inner_text()
        expect(page.locator(f"#{prefix}-get")).to_be_hidden()
        assert page.locator(shown).first.get_attribute("src") == before
        assert not bare_errors(page)
    assert absent
    assert not person.errors
    assert not [found for found in statuses if found[0] >= 500]
    context.close()


def test_sampling_an_absent_model_says_so_and_the_pictures_stay(browser, page_url, offline):
    context, person = visit(browser, page_url, 1280, 800)
    page = person.page
    go_to_tab(page, "tab-latent", "Sample")
    pictures = page.locator("#latent-gallery .caption-label")
    expect(pictures).to_have_count(9)
    page.locator("#latent-model input").click()
    page.get_by_role("option", name=": Cats").click()
    expect(page.locator("#latent-card")).to_contain_text("Cats is not on this server")
    page.click("#latent-sample")
    expect(page.locator(".toast-body")).to_contain_text("Choose another model")
    expect(page.locator("#latent-model.wrong, #latent-model .wrong")).to_have_count(1)
    expect(pictures).to_have_count(9)
    assert not bare_errors(page)
    assert not person.errors
    context.close()


def test_with_a_network_the_card_offers_the_download(browser, page_url):
    context, person = visit(browser, page_url, 1280, 800)
    page = person.page
    go_to_tab(page, "tab-classes", "Classes")
    expect(page.locator("#classes-gallery .caption-label")).to_have_count(9)
    page.locator("#classes-model input").click()
    page.get_by_role("option", name=": ImageNet").click()
    expect(page.locator("#classes-get")).to_have_text("Get it (211 MB)")
    expect(page.locator("#classes-gallery .caption-label")).to_have_count(9)
    assert not person.errors
    context.close()
