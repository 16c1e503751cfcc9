"""The Classes tab in a browser."""

import re

from playwright.sync_api import expect

from gan_models.media.images import read_provenance
from tests.browser.open_tabs import go_to_tab


def open_tab(page) -> None:
    """Open the tab and change to the eyes model, which has few classes."""
    page.click("#tab-classes-button")
    expect(page.locator("#classes-list .caption-label")).to_have_count(24)
    expect(page.locator("#classes-gallery .caption-label")).to_have_count(9)
    page.locator("#classes-model input").click()
    page.get_by_role("option", name="Painted eyes").click()
    expect(page.locator("#classes-list .caption-label")).to_have_count(8)
    expect(page.locator("#classes-info")).to_contain_text("amber")


def value_of(page, elem_id: str):
    return page.locator(f"#{elem_id} textarea, #{elem_id} input").first


def picked(page, index: int) -> None:
    page.locator("#classes-gallery button.thumbnail-item").nth(index).click()


def test_a_class_is_searched_clicked_and_sampled(visitor, tmp_path):
    page = visitor.page
    open_tab(page)
    expect(page.locator("#classes-near")).to_contain_text("nearest embedding")
    value_of(page, "classes-search").fill("gre")
    expect(page.locator("#classes-list .caption-label")).to_have_text(["green"])
    page.locator("#classes-list button.thumbnail-item").first.click()
    expect(page.locator("#classes-info")).to_contain_text("green · 9 pictures")
    value_of(page, "classes-seeds").fill("3, 42")
    page.click("#classes-sample")
    expect(page.locator("#classes-gallery .caption-label")).to_have_text(["seed 3", "seed 42"])

    picked(page, 1)
    expect(value_of(page, "classes-a-seed")).to_have_value("42")
    expect(page.locator("#classes-a img")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#classes-a").get_by_label("Download").click()
    path = tmp_path / "picture.png"
    download.value.save_as(path)
    provenance = read_provenance(path)
    assert (provenance["class_a"], provenance["seed_a"]) == ("green", 42)
    page.set_input_files("#classes-drop input[type=file]", str(path))
    expect(page.locator("#classes-gallery .caption-label")).to_have_text(["seed 42"])


def test_z_is_locked_across_the_classes(visitor):
    page = visitor.page
    open_tab(page)
    page.click("#classes-tab-across-button")
    page.click("#classes-across")
    captions = page.locator("#classes-across-gallery .caption-label")
    expect(captions).to_have_count(8)
    expect(captions.first).to_have_text("amber · 3")
    value_of(page, "classes-across-seeds").fill("1, 2")
    page.click("#classes-across")
    expect(captions).to_have_count(16)
    with page.expect_download() as download:
        page.locator("#classes-across-file a").first.click()
    assert download.value.suggested_filename.endswith(".png")


def test_a_morph_is_scrubbed_and_exported(visitor):
    page = visitor.page
    open_tab(page)
    picked(page, 1)
    expect(page.locator("#classes-between img")).to_be_visible()
    page.locator("#classes-kind").get_by_label("both", exact=True).check()
    picked(page, 2)
    expect(page.locator("#classes-b")).to_contain_text("seed 2")
    between = page.locator("#classes-between img")
    before = between.get_attribute("src")
    page.locator("#classes-position input[type=range]").focus()
    page.keyboard.press("Home")
    expect(between).not_to_have_attribute("src", before)
    value_of(page, "classes-frames").fill("6")
    page.locator("#classes-format").get_by_label("GIF", exact=True).check()
    page.click("#classes-film")
    expect(page.locator("#classes-film-info")).to_contain_text("6 pictures")
    with page.expect_download() as download:
        page.locator("#classes-file a").first.click()
    assert download.value.suggested_filename.endswith(".gif")


def test_the_pad_mixes_four_classes(visitor):
    page = visitor.page
    open_tab(page)
    page.click("#classes-tab-mix-button")
    pad = page.locator("#classes-pad [data-ready] .pad")
    box = pad.bounding_box()
    weights = value_of(page, "classes-weights")
    pad.click(position={"x": 2, "y": 2})
    expect(weights).to_have_value(re.compile(r"^amber 0\.9\d+, blue"))
    picture = page.locator("#classes-mix img")
    before = picture.get_attribute("src")
    pad.click(position={"x": box["width"] - 3, "y": box["height"] - 3})
    expect(picture).not_to_have_attribute("src", before)
    pad.press("ArrowLeft")
    corner = value_of(page, "classes-corner-4")
    corner.fill("red")
    corner.press("Enter")
    expect(weights).to_have_value(re.compile(r"red 0\.9"))
    expect(page.locator("#classes-pad .dot")).to_have_attribute("style", re.compile(r"left: 9"))
    weights.fill("green 1, purple 1")
    weights.press("Enter")
    expect(page.locator(".toast-body")).to_contain_text("no class 'purple'")


def test_a_picture_is_sent_to_translate(visitor):
    page = visitor.page
    open_tab(page)
    page.click("#classes-send")
    expect(page.locator("#translate-photo img")).to_be_visible()
    expect(page.locator("#translate-note")).to_contain_text("128x128")


def test_undo_a_link_and_favourites_restore_pictures(visitor):
    page = visitor.page
    open_tab(page)
    captions = page.locator("#classes-gallery .caption-label")
    undo, redo = page.locator("#classes-undo"), page.locator("#classes-redo")
    value_of(page, "classes-psi").fill("0.6")
    page.keyboard.press("Tab")
    value_of(page, "classes-seeds").fill("3, 42")
    page.click("#classes-sample")
    expect(captions).to_have_text(["seed 3", "seed 42"])
    picked(page, 1)
    expect(page.locator("#classes-large")).to_contain_text("seed 42")
    page.click("#classes-keep")
    expect(page.locator(".toast-body")).to_contain_text("Added to the favourites")
    for _ in range(2):  # back over the other ψ, or over the other seeds
        undo.click()
        expect(captions).to_have_count(9)
    redo.click()
    redo.click()
    expect(captions).to_have_text(["seed 3", "seed 42"])
    expect(redo).to_be_disabled()
    while undo.is_enabled():
        before = page.locator("#classes-gallery img").first.get_attribute("src")
        undo.click()
        expect(page.locator("#classes-gallery img").first).not_to_have_attribute("src", before)
    expect(page.locator("#classes-list .caption-label")).to_have_count(24)  # the first model's
    page.click("#classes-tab-keep-button")
    page.locator("#classes-favourites button.thumbnail-item").click()
    expect(captions).to_have_text(["seed 42"])
    expect(page.locator("#classes-info")).to_contain_text("amber")
    expect(value_of(page, "classes-psi")).to_have_value("0.6")
    link = value_of(page, "classes-link")
    expect(link).to_have_value(re.compile(r"tab=classes&model=eyes-128&class=amber&seeds=42&psi="))

    other = visitor.open(link.input_value().removeprefix(visitor.url))
    expect(other.locator("#classes-gallery .caption-label")).to_have_text(["seed 42"])
    expect(other.locator("#classes-info")).to_contain_text("amber")
    expect(other.locator("#classes-list .caption-label")).to_have_count(8)
    expect(value_of(other, "classes-psi")).to_have_value("0.6")
    other.click("#classes-dice")
    expect(other.locator("#classes-gallery .caption-label").first).not_to_have_text("seed 42")
    other.click("#classes-keep")  # before the list of favourites was ever opened here
    expect(other.locator(".toast-body")).to_contain_text("Added to the favourites")
    other.click("#classes-tab-keep-button")
    kept = other.locator("#classes-favourites .caption-label")
    expect(kept).to_have_count(2)
    other.locator("#classes-favourites button.thumbnail-item").first.click()
    expect(other.locator("#classes-gallery .caption-label")).to_have_text(["seed 42"])
    other.click("#classes-unkeep")
    expect(kept).to_have_count(1)


def test_nothing_overflows_sideways_on_a_phone(phone):
    page = phone.page
    go_to_tab(page, "tab-classes", "Classes")
    expect(page.locator("#classes-gallery .caption-label")).to_have_count(9)
    for tab, title in (("across", "Same z"), ("mix", "Mix"), ("keep", "Favourites")):
        go_to_tab(page, f"classes-tab-{tab}", title)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
