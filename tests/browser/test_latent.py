"""The Sample tab in a browser."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from gan_models import VideoWriter, load_pipeline
from gan_models.media.images import read_provenance
from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab
from tests.finetune_page import wait_for as wait_until
from tests.media.readers import origin


def visible_seeds(page) -> list[str]:
    return page.locator("#latent-gallery .caption-label").all_inner_texts()


def sample(page, seeds: str) -> None:
    page.fill("#latent-seeds textarea, #latent-seeds input", seeds)
    page.click("#latent-sample")


def wait_for(page, *seeds: int) -> None:
    expect(page.locator("#latent-gallery .caption-label")).to_have_text(
        [f"seed {seed}" for seed in seeds]
    )


def enter(page) -> None:
    """Open the tab and wait for its first pictures."""
    go_to_tab(page, "tab-latent", "Sample")
    wait_for(page, *range(9))


def click_picture(page, index: int) -> None:
    page.locator("#latent-gallery button.thumbnail-item").nth(index).click()


def test_the_tab_opens_on_pictures_with_their_seeds_and_a_morph_that_moves(visitor):
    page = visitor.page
    enter(page)
    expect(page.locator("#latent-info")).to_contain_text("ms each")
    expect(page.locator("#latent-large")).to_contain_text("Morph between seeds 0 and 1")
    moving = page.locator("#latent-large img")
    expect(moving).to_have_attribute("src", re.compile(r"\.webp"))
    answer = page.request.get(moving.get_attribute("src"))
    with Image.open(io.BytesIO(answer.body())) as loop:
        assert loop.n_frames >= 16
    expect(page.locator("#latent-strip button.thumbnail-item")).to_have_count(9)


def test_a_click_shows_the_picture_large_and_its_file_is_named_after_model_and_seed(visitor):
    page = visitor.page
    enter(page)
    click_picture(page, 4)
    expect(page.locator("#latent-large")).to_contain_text("seed 4")
    with page.expect_download() as download:
        page.locator("#latent-large").get_by_label("Download").click()
    assert download.value.suggested_filename == "landscapes-seed00000004.png"


def test_the_number_of_pictures_is_sampled_at_once(visitor):
    page = visitor.page
    enter(page)
    page.fill("#latent-count input[type=number]", "4")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    wait_for(page, 0, 1, 2, 3)
    expect(page.locator("#latent-seeds textarea, #latent-seeds input")).to_have_value("0-3")


def test_another_model_is_sampled_at_once(visitor):
    page = visitor.page
    enter(page)
    before = page.locator("#latent-gallery img").first.get_attribute("src")
    page.locator("#latent-model input").click()
    page.get_by_role("option", name="Faces · 64 px").click()
    expect(page.locator("#latent-gallery img").first).not_to_have_attribute("src", before)
    expect(page.locator("#latent-psi input[type=number]")).to_have_value("1")
    expect(page.locator("#latent-large")).to_contain_text("Morph between seeds 0 and 1")


def test_bad_seeds_mark_the_field_and_the_pictures_stay(visitor):
    page = visitor.page
    enter(page)
    sample(page, "cat")
    expect(page.locator("#latent-seeds .field-problem, .wrong .field-problem")).to_contain_text(
        "not a seed"
    )
    wait_for(page, *range(9))


def test_seeds_dice_undo_and_redo(visitor):
    page = visitor.page
    enter(page)
    sample(page, "3-5, 42")
    wait_for(page, 3, 4, 5, 42)
    page.click("#latent-undo")
    wait_for(page, *range(9))
    expect(page.locator("#latent-seeds textarea, #latent-seeds input")).to_have_value("0-8")
    page.click("#latent-redo")
    wait_for(page, 3, 4, 5, 42)
    page.fill("#latent-count input[type=number]", "4")
    page.keyboard.press("Enter")
    page.click("#latent-dice")
    expect(page.locator("#latent-gallery .caption-label").first).not_to_have_text("seed 3")


def test_click_a_click_b_and_drag_the_morph(visitor):
    page = visitor.page
    enter(page)
    click_picture(page, 3)
    expect(page.locator("#latent-a img")).to_be_visible()
    click_picture(page, 8)
    expect(page.locator("#latent-b img")).to_be_visible()
    expect(page.locator("#latent-strip button.thumbnail-item")).to_have_count(9)
    middle = page.locator("#latent-middle img")
    before = middle.get_attribute("src")
    page.locator("#latent-position input[type=range]").focus()
    page.keyboard.press("Home")
    expect(middle).not_to_have_attribute("src", before)
    before = middle.get_attribute("src")
    page.locator("#latent-strip button.thumbnail-item").nth(8).click()
    expect(middle).not_to_have_attribute("src", before)
    expect(page.locator("#latent-position input[type=number]")).to_have_value("1")


@pytest.mark.parametrize("label", ["MP4", "GIF", "WebP"])
def test_a_walk_is_exported_and_downloaded(visitor, label, tmp_path):
    page = visitor.page
    enter(page)
    page.click("#latent-tab-walk-button")
    page.fill("#latent-keyframes textarea, #latent-keyframes input", "3, 8")
    page.click("#latent-key-close")
    expect(page.locator("#latent-keyframes textarea, #latent-keyframes input")).to_have_value(
        "3, 8, 3"
    )
    page.fill("#latent-frames input", "12")
    page.locator("#latent-format").get_by_label(label, exact=True).check()
    page.click("#latent-export")
    expect(page.locator("#latent-walk-info")).to_contain_text("12 pictures")
    with page.expect_download() as download:
        page.locator("#latent-file a").first.click()
    assert download.value.suggested_filename.endswith(label.lower())


def test_a_downloaded_picture_restores_sheet_and_morph(visitor, tmp_path):
    page = visitor.page
    enter(page)
    page.fill("#latent-psi input[type=number]", "0.6")
    page.keyboard.press("Tab")  # leaving the field samples anew
    link = page.locator("#latent-link textarea, #latent-link input")
    expect(link).to_have_value(re.compile(r"psi=0\.6$"))
    sample(page, "42")
    wait_for(page, 42)
    click_picture(page, 0)
    expect(page.locator("#latent-a")).to_contain_text("seed 42")
    with page.expect_download() as download:
        page.locator("#latent-a").get_by_label("Download").click()
    path = tmp_path / "picture.png"
    download.value.save_as(path)
    provenance = read_provenance(path)
    assert (provenance["model"], provenance["seed"], provenance["truncation_psi"]) == (
        "landscapes",
        42,
        0.6,
    )

    other = visitor.open("?seeds=1&psi=1")
    wait_for(other, 1)
    other.click("#latent-tab-keep-button")
    other.set_input_files("#latent-drop input[type=file]", str(path))
    wait_for(other, 42)
    expect(other.locator("#latent-psi input[type=number]")).to_have_value("0.6")


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_film_that_is_dropped_brings_its_seeds_back(visitor, tmp_path, suffix):
    page = visitor.page
    enter(page)
    pipeline = load_pipeline("landscapes", device="cpu")
    with VideoWriter(tmp_path / f"walk{suffix}") as writer:
        for frame in pipeline.iter_frames([11, 23, 11], 3, truncation_psi=0.6):
            writer.add(frame)
    page.click("#latent-tab-keep-button")
    page.set_input_files("#latent-drop input[type=file]", str(tmp_path / f"walk{suffix}"))
    wait_for(page, 11, 23)
    expect(page.locator("#latent-psi input[type=number]")).to_have_value("0.6")


def test_the_sheet_of_mixed_styles_says_that_it_is_generated(visitor, tmp_path):
    page = visitor.page
    enter(page)
    page.click("#latent-tab-mix-button")
    page.fill("#latent-mix-rows input, #latent-mix-rows textarea", "5")
    page.fill("#latent-mix-columns input, #latent-mix-columns textarea", "6, 7")
    page.click("#latent-mix")
    with page.expect_download() as download:
        page.locator("#latent-mixed").get_by_label("Download").click()
    download.value.save_as(tmp_path / "mixed.png")
    assert origin(tmp_path / "mixed.png")["source"] == "trainedAlgorithmicMedia"
    assert read_provenance(tmp_path / "mixed.png")["seed"] == 5


def test_a_link_sets_model_seeds_and_psi(visitor):
    page = visitor.page
    enter(page)
    sample(page, "7, 9")
    wait_for(page, 7, 9)
    link = page.locator("#latent-link textarea, #latent-link input")
    expect(link).to_have_value(re.compile(r"model=landscapes&seeds=7%2C\+9&psi=0\.7$"))
    other = visitor.open(link.input_value().removeprefix(visitor.url))
    wait_for(other, 7, 9)


def test_a_broken_link_says_so_and_the_page_works(visitor):
    page = visitor.open("?model=../../etc&seeds=cat")
    expect(page.locator(".toast-body")).to_contain_text("link could not be followed")
    wait_for(page, *range(9))


def test_favourites_and_the_last_sheet_survive_a_reload(visitor):
    page = visitor.page
    enter(page)
    sample(page, "20-23")
    wait_for(page, 20, 21, 22, 23)
    click_picture(page, 2)
    expect(page.locator("#latent-a img")).to_be_visible()
    page.click("#latent-keep")
    page.click("#latent-tab-keep-button")
    expect(page.locator("#latent-favourites .caption-label")).to_have_text(["seed 22"])
    page.reload()
    go_to_tab(page, "tab-latent", "Sample")
    wait_for(page, 20, 21, 22, 23)
    page.click("#latent-tab-keep-button")
    expect(page.locator("#latent-favourites .caption-label")).to_have_text(["seed 22"])


def test_the_buttons_use_the_large_picture(visitor):
    page = visitor.page
    enter(page)
    click_picture(page, 3)
    expect(page.locator("#latent-large")).to_contain_text("seed 3")
    page.click("#latent-keep")
    sample(page, "7")
    expect(page.locator("#latent-large")).to_contain_text("seed 7")
    page.click("#latent-keep")
    page.click("#latent-tab-keep-button")
    kept = page.locator("#latent-favourites .caption-label")
    expect(kept).to_have_text(["seed 3", "seed 7"])
    page.locator("#latent-favourites button.thumbnail-item").first.click()
    expect(page.locator("#latent-large")).to_contain_text("seed 3")


def test_a_mistake_gets_a_message_and_the_next_try_works(visitor):
    page = visitor.page
    enter(page)
    sample(page, "cat")
    expect(page.locator(".toast-body")).to_contain_text("not a seed")
    sample(page, "5")
    wait_for(page, 5)


def test_a_long_walk_can_be_cancelled(visitor):
    page = visitor.page
    enter(page)
    page.click("#latent-tab-walk-button")
    page.fill("#latent-frames input", "3600")
    page.click("#latent-export")
    expect(page.locator("#latent-walk-info")).to_contain_text("%")
    page.click("#latent-export-cancel")
    expect(page.locator("#latent-walk-info")).to_contain_text("Stopped")
    sample(page, "5")
    wait_for(page, 5)


def test_nothing_overflows_sideways_on_a_phone(phone):
    page = phone.page
    enter(page)
    click_picture(page, 1)
    click_picture(page, 2)
    expect(page.locator("#latent-strip")).to_be_visible()
    for tab, title in (("walk", "Film"), ("keep", "Favourites"), ("morph", "Morph")):
        go_to_tab(page, f"latent-tab-{tab}", title)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_control_has_a_label_and_is_reached_by_keyboard(visitor):
    page = visitor.page
    enter(page)
    unnamed = """() => [...document.querySelectorAll('button, input, textarea, select, [role=tab]')]
      .filter(e => e.checkVisibility({visibilityProperty: true}))
      .filter(e => !(e.ariaLabel || e.innerText?.trim() || e.title || e.labels?.length
        || e.getAttribute('aria-labelledby') || e.placeholder))
      .map(e => e.outerHTML.slice(0, 160))"""
    wait_until(lambda: not page.evaluate(unnamed))  # new elements get their names a moment later
    wanted = {"latent-model", "latent-seeds", "latent-sample", "latent-dice", "latent-keep"}
    ids_of_focus = """() => {
      const ids = [];
      for (let e = document.activeElement; e; e = e.parentElement) if (e.id) ids.push(e.id);
      return ids;
    }"""
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached |= set(page.evaluate(ids_of_focus))
        if wanted <= reached:
            return
    raise AssertionError(f"not reached by Tab: {wanted - reached}")


def test_two_visitors_do_not_see_each_other(browser, page_url):
    contexts = [visit(browser, page_url, 1280, 800) for _ in range(2)]
    pages = [person.page for _, person in contexts]
    for page in pages:
        enter(page)
    sample(pages[0], "100")
    sample(pages[1], "200")
    wait_for(pages[0], 100)
    wait_for(pages[1], 200)
    for context, _ in contexts:
        context.close()
