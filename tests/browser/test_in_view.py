"""After each main action its result is inside the window, on a laptop and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab
from tests.finetune_page import photos, serving

SIZES = [(1280, 800), (390, 844)]
GOLDEN = Path(__file__).parent.parent / "golden"
pytestmark = pytest.mark.timeout(900)


def in_window(page, selector: str) -> None:
    """Wait until an element is inside the window: all of it, or as much as fits."""
    page.wait_for_function(
        """selector => {
          const element = document.querySelector(selector);
          if (!element) return false;
          const box = element.getBoundingClientRect();
          const seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
          return box.height > 0 && seen >= 0.98 * Math.min(box.height, innerHeight);
        }""",
        arg=selector,
    )


@pytest.fixture(params=SIZES, ids=["laptop", "phone"])
def page(request, browser, page_url):
    context, person = visit(browser, page_url, *request.param)
    yield person.page
    context.close()
    assert not person.errors


def fill(page, elem_id: str, text: str) -> None:
    page.locator(f"#{elem_id} textarea, #{elem_id} input").first.fill(text)


def test_sample(page):
    go_to_tab(page, "tab-latent", "Sample")
    captions = page.locator("#latent-gallery .caption-label")
    expect(captions).to_have_count(9)
    in_window(page, "#latent-gallery")
    fill(page, "latent-seeds", "20-25")
    page.click("#latent-sample")
    expect(captions.first).to_have_text("seed 20")
    in_window(page, "#latent-gallery")
    page.locator("#latent-gallery button.thumbnail-item").nth(2).click()
    expect(page.locator("#latent-large")).to_contain_text("seed 22")
    in_window(page, "#latent-large")
    go_to_tab(page, "latent-tab-walk", "Film")
    fill(page, "latent-frames", "6")
    page.click("#latent-export")
    expect(page.locator("#latent-walk-info")).to_contain_text("6 pictures")
    in_window(page, "#latent-video")
    go_to_tab(page, "latent-tab-mix", "Mix")
    fill(page, "latent-mix-rows", "0")
    fill(page, "latent-mix-columns", "1")
    page.click("#latent-mix")
    expect(page.locator("#latent-mixed img")).to_be_visible()
    in_window(page, "#latent-mixed")


def test_classes(page):
    go_to_tab(page, "tab-classes", "Classes")
    captions = page.locator("#classes-gallery .caption-label")
    expect(captions).to_have_count(9)
    in_window(page, "#classes-gallery")
    fill(page, "classes-seeds", "4, 5")
    page.click("#classes-sample")
    expect(captions).to_have_text(["seed 4", "seed 5"])
    in_window(page, "#classes-gallery")
    page.locator("#classes-gallery button.thumbnail-item").nth(1).click()
    expect(page.locator("#classes-large")).to_contain_text("seed 5")
    in_window(page, "#classes-large")
    go_to_tab(page, "classes-tab-across", "Same z")
    page.click("#classes-across")
    expect(page.locator("#classes-across-gallery .caption-label")).to_have_count(24)
    in_window(page, "#classes-across-gallery")


def test_translate(page):
    go_to_tab(page, "tab-translate", "Translate")
    expect(page.locator("#translate-info")).to_contain_text(" ms, ")
    page.click("#translate-go")
    in_window(page, "#translate-compare")
    page.click("#translate-back")
    expect(page.locator("#translate-back-info")).to_contain_text("Mean difference")
    in_window(page, "#translate-there")


def test_paint(page):
    go_to_tab(page, "tab-paint", "Paint")
    picture = page.locator("#paint-canvas .picture")
    expect(picture).to_have_attribute("src", re.compile("^data:"))
    stage = page.locator("#paint-canvas .stage")
    stage.scroll_into_view_if_needed()
    before = picture.get_attribute("src")
    box = stage.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(picture).not_to_have_attribute("src", before)
    in_window(page, "#paint-canvas .frame")


def test_restore(page, tmp_path):
    Image.effect_noise((40, 30), 60).convert("RGB").save(tmp_path / "small.png")
    go_to_tab(page, "tab-restore", "Restore")
    page.set_input_files("#restore-photo input[type=file]", str(tmp_path / "small.png"))
    expect(page.locator("#restore-note")).to_contain_text("40x30")
    expect(page.locator("#restore-compare")).to_contain_text("a part of it")
    in_window(page, "#restore-compare")
    page.click("#restore-go")
    expect(page.locator("#restore-file")).to_contain_text("small-x4")
    in_window(page, "#restore-compare")


@pytest.fixture
def waiting_url(tmp_path_factory):
    """The address of a page whose runs wait: no worker takes them."""
    home = tmp_path_factory.mktemp("finetune") / "home"
    with serving(home, start_worker=lambda *_: 0) as (url, _):
        yield url


@pytest.mark.parametrize("size", SIZES, ids=["laptop", "phone"])
def test_finetune(browser, waiting_url, tmp_path, size):
    context, person = visit(browser, waiting_url, *size)
    page = person.page
    go_to_tab(page, "tab-fine-tune", "Fine-tune")
    files = [str(path) for path in photos(tmp_path / "photos")]
    page.set_input_files("#finetune-files input[type=file]", files)
    expect(page.locator("#finetune-verdicts")).to_contain_text("12 pictures taken")
    expect(page.locator("#finetune-preview img")).to_have_count(2)
    in_window(page, "#finetune-preview .run-figures")
    page.click("#finetune-start")
    expect(page.locator("#finetune-status")).to_contain_text("Waiting")
    in_window(page, "#finetune-status")
    context.close()
    assert not person.errors


def test_your_model(page):
    go_to_tab(page, "tab-your-file", "Your model")
    file = str(GOLDEN / "stylegan2_uncond.weights.safetensors")
    page.set_input_files("#own-file input[type=file]", file)
    expect(page.locator("#own-format input")).to_have_value("stylegan2-nvlabs")
    in_window(page, "#own-format")
    page.locator("#own-title textarea, #own-title input").first.fill("In view")
    page.click("#own-add")
    expect(page.locator("#own-info")).to_contain_text("In view is ready")
    in_window(page, "#own-info")
    page.click("#own-remove")
    expect(page.locator("#own-info")).to_contain_text("Removed")
    in_window(page, "#own-info")
