"""The Translate tab in a browser."""

import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab
from tests.media.test_photos import BAD_FILES


@pytest.fixture
def photo(tmp_path):
    """A small picture of shapes with grain, as a file."""
    random = np.random.RandomState(0)
    rough = Image.fromarray(random.randint(0, 256, (4, 5, 3)).astype(np.uint8))
    path = tmp_path / "holiday.png"
    rough.resize((90, 70), Image.Resampling.BICUBIC).save(path)
    return path


def open_tab(page) -> None:
    """Open the tab and wait for the example that is translated there."""
    page.click("#tab-translate-button")
    expect(page.locator("#translate-info")).to_contain_text("400x400")


def give(page, path) -> None:
    page.set_input_files("#translate-photo input[type=file]", str(path))


def test_a_picture_is_uploaded_translated_compared_and_downloaded(visitor, photo, tmp_path):
    page = visitor.page
    open_tab(page)
    give(page, photo)
    expect(page.locator("#translate-note")).to_contain_text("90x70")
    page.click("#translate-go")
    expect(page.locator("#translate-info")).to_contain_text("90x70")
    after = page.locator("#translate-compare img").nth(1)
    expect(after).to_have_attribute("style", re.compile(r"0px 50%"))
    for k in range(2):  # what is still being loaded moves the slider
        page.locator("#translate-compare img").nth(k).evaluate("image => image.decode()")
    slider = page.locator("#translate-compare .slider-wrap")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=5)
    page.mouse.up()
    expect(after).not_to_have_attribute("style", re.compile(r"0px 50%"))
    with page.expect_download() as download:
        page.locator("#translate-file a").first.click()
    assert download.value.suggested_filename == "holiday-summer2winter.png"
    download.value.save_as(tmp_path / "made.png")
    with Image.open(tmp_path / "made.png") as made:
        assert made.size == (90, 70)
        full = np.asarray(made)
    with Image.open(photo) as original:
        assert np.abs(full.astype(int) - np.asarray(original)).mean() > 2


def test_an_example_is_taken_with_one_click(visitor):
    page = visitor.page
    open_tab(page)
    page.locator("#translate-examples button, #translate-examples img").first.click()
    expect(page.locator("#translate-note")).to_contain_text("400x400")


@pytest.mark.parametrize("kind", [kind for kind in BAD_FILES if kind != "heavy"])
def test_a_bad_file_gets_a_sentence_and_the_page_works(browser, page_url, tmp_path, photo, kind):
    context, person = visit(browser, page_url, 1280, 800)  # broken previews fill the console
    name, content, says = BAD_FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    open_tab(person.page)
    give(person.page, path)
    expect(person.page.locator(".toast-body").first).to_contain_text(says)
    # the toast comes before the picture is taken away
    expect(person.page.locator("#translate-note")).to_contain_text(says)
    give(person.page, photo)
    expect(person.page.locator("#translate-note")).to_contain_text("90x70")
    context.close()


def test_another_model_translates_the_picture_at_once(visitor):
    page = visitor.page
    open_tab(page)
    page.locator("#translate-model input").click()
    page.get_by_role("option", name="Photo to vintage").click()
    expect(page.locator("#translate-file")).to_contain_text("river-vintage")


def test_an_animation_says_that_its_first_picture_is_taken(visitor, tmp_path):
    frames = [Image.new("RGB", (32, 24), (k * 60, 90, 0)) for k in range(3)]
    path = tmp_path / "film.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    page = visitor.page
    open_tab(page)
    give(page, path)
    expect(page.locator("#translate-note")).to_contain_text("first of its 3 pictures")
    page.click("#translate-tab-clip-button")
    page.set_input_files("#translate-clip input[type=file]", str(path))
    page.locator("#translate-clip-format").get_by_label("GIF", exact=True).check()
    page.click("#translate-frames")
    expect(page.locator("#translate-clip-info")).to_contain_text("3 pictures", timeout=60_000)
    with page.expect_download() as download:
        page.locator("#translate-movie a").first.click()
    download.value.save_as(tmp_path / "made.gif")
    with Image.open(tmp_path / "made.gif") as made:
        assert (made.n_frames, made.size) == (3, (32, 24))


def test_several_pictures_come_back_as_a_zip(visitor, photo, tmp_path):
    page = visitor.page
    other = tmp_path / "second.jpg"
    Image.open(photo).save(other)
    open_tab(page)
    page.click("#translate-tab-several-button")
    page.set_input_files("#translate-files input[type=file]", [str(photo), str(other)])
    expect(page.locator("#translate-files")).to_contain_text("second")
    page.click("#translate-all")
    expect(page.locator("#translate-all-info")).to_contain_text("2 pictures", timeout=60_000)
    with page.expect_download() as download:
        page.locator("#translate-zip a").first.click()
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as zipped:
        assert sorted(zipped.namelist()) == ["holiday.png", "second.png"]


def test_undo_a_link_favourites_and_the_provenance_restore_translations(visitor, photo, tmp_path):
    page = visitor.page
    open_tab(page)
    info, file = page.locator("#translate-info"), page.locator("#translate-file")
    link = page.locator("#translate-link textarea, #translate-link input").first
    expect(link).to_have_value(re.compile(r"tab=translate&model=summer2winter&example=river$"))
    give(page, photo)
    expect(page.locator("#translate-note")).to_contain_text("90x70")
    strength = page.locator("#translate-strength input[type=number]")
    strength.fill("0.5")
    page.keyboard.press("Tab")  # leaving the field blends what is shown anew
    expect(link).to_have_value(re.compile(r"example=river&strength=0\.5$"))
    page.click("#translate-go")
    expect(info).to_contain_text("90x70")
    expect(link).to_have_value(re.compile(r"model=summer2winter&strength=0\.5$"))
    page.click("#translate-keep")
    expect(page.locator(".toast-body")).to_contain_text("Added to the favourites")
    with page.expect_download() as download:
        file.locator("a").first.click()
    download.value.save_as(tmp_path / "made.png")
    page.click("#translate-undo")
    expect(info).to_contain_text("400x400")
    expect(strength).to_have_value("0.5")
    page.click("#translate-undo")
    expect(strength).to_have_value("1")
    expect(page.locator("#translate-undo")).to_be_disabled()
    page.click("#translate-redo")
    expect(strength).to_have_value("0.5")
    page.click("#translate-redo")
    expect(info).to_contain_text("90x70")
    expect(page.locator("#translate-note")).to_contain_text("90x70")
    page.locator("#translate-model input").click()
    page.get_by_role("option", name="Photo to vintage").click()
    expect(file).to_contain_text("holiday-vintage")
    expect(link).to_have_value(re.compile(r"model=vintage&strength=0\.5$"))
    page.click("#translate-undo")
    expect(file).to_contain_text("holiday-summer2winter")
    expect(page.locator("#translate-model input")).to_have_value(re.compile("Summer to winter"))

    query = "?tab=translate&model=vintage&example=river&colours=1"
    other = visitor.open(query)
    expect(other.locator("#translate-file")).to_contain_text("river-vintage")
    expect(other.locator("#translate-colours input")).to_be_checked()
    link = other.locator("#translate-link textarea, #translate-link input").first
    expect(link).to_have_value(re.compile(re.escape(query) + "$"))
    other.click("#translate-tab-keep-button")
    other.set_input_files("#translate-drop input[type=file]", str(tmp_path / "made.png"))
    expect(other.locator("#translate-file")).to_contain_text("river-summer2winter")
    expect(other.locator("#translate-strength input[type=number]")).to_have_value("0.5")
    kept = other.locator("#translate-favourites .caption-label")
    expect(kept).to_have_text(["holiday"])
    other.locator("#translate-favourites button.thumbnail-item").click()
    expect(other.locator("#translate-info")).to_contain_text("90x70")
    expect(other.locator("#translate-file")).to_contain_text("holiday-summer2winter")
    other.click("#translate-unkeep")
    expect(kept).to_have_count(0)


def test_a_large_picture_can_be_cancelled(visitor, tmp_path):
    path = tmp_path / "large.png"
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(path, compress_level=1)
    page = visitor.page
    open_tab(page)
    give(page, path)
    expect(page.locator("#translate-note")).to_contain_text("2400x1800")
    page.click("#translate-go")
    expect(page.locator("#translate-compare")).to_contain_text("%", timeout=60_000)
    page.click("#translate-cancel")
    expect(page.locator("#translate-info")).to_contain_text("Stopped")


def test_a_picture_of_the_latent_tab_is_sent_to_translate(visitor):
    page = visitor.page
    go_to_tab(page, "tab-latent", "Sample")
    expect(page.locator("#latent-gallery .caption-label")).to_have_count(9)
    page.click("#latent-send")
    expect(page.locator("#translate-photo img")).to_be_visible()
    expect(page.locator("#translate-note")).to_contain_text("256x256")


def test_nothing_overflows_sideways_on_a_phone(phone, photo):
    page = phone.page
    go_to_tab(page, "tab-translate", "Translate")
    give(page, photo)
    page.click("#translate-go")
    expect(page.locator("#translate-info")).to_contain_text(" ms, ")
    for tab, title in (("several", "Several"), ("clip", "GIF, video"), ("keep", "Favourites")):
        go_to_tab(page, f"translate-tab-{tab}", title)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
