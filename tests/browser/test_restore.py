"""The Restore tab, and Enlarge in the other tabs, in a browser."""

import io
import re
import time
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from gan_models import PipelineCache, get_spec, read_provenance
from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab
from tests.finetune_page import wait_for
from tests.media.test_photos import BAD_FILES
from tests.restoration_fakes import STEPS, fake_upscaler

FAST = "real-esrgan-fast-x4"
SLOW_SECONDS = 30  # for one picture, unless it is stopped


@pytest.fixture(scope="module")
def upscalers():
    """The fakes that the page has loaded, by model; `seconds`: the time of one pass."""
    return {"seconds": 0.0}


@pytest.fixture(scope="module")
def fake_url(upscalers):
    """A page with real pictures, whose enlarging takes no time, or as much as a test sets."""
    from app import create_app, launch

    real = PipelineCache()

    def load(model, **options):
        if not model.startswith("real-esrgan"):
            return real(model, **options)
        time.sleep(0.25)  # loading takes more than one look at the thread that loads
        made = upscalers.setdefault(model, fake_upscaler(model))
        made.generator.seconds = upscalers["seconds"]
        return made

    app = create_app(load)
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    yield url.rstrip("/")
    app.close()


@pytest.fixture
def someone(browser, fake_url, upscalers):
    """Opens the page with the fakes, of a width; fails on any error of the page."""
    opened = []

    def arrive(width=1280, height=800):
        context, person = visit(browser, fake_url, width, height)
        opened.append((context, person))
        return person

    upscalers["seconds"] = 0.0
    yield arrive
    upscalers["seconds"] = 0.0
    for context, person in opened:
        context.close()
        assert not person.errors
        assert not person.foreign


def picture(folder, name="holiday.png", size=(90, 70)):
    """A small picture of shapes, as a file."""
    random = np.random.RandomState(0)
    rough = Image.fromarray(random.randint(0, 256, (4, 5, 3)).astype(np.uint8))
    path = folder / name
    rough.resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def open_tab(page) -> None:
    go_to_tab(page, "tab-restore", "Restore")
    expect(page.locator("#restore-go")).to_be_visible()


def enter_faces(page) -> None:
    """Open Sample with the model whose pictures have 64 px."""
    go_to_tab(page, "tab-latent", "Sample")
    expect(page.locator("#latent-gallery .caption-label")).to_have_count(9)
    page.locator("#latent-model input").click()
    page.get_by_role("option", name="Faces · 64 px").click()
    wait_for(lambda: slider_sizes(page, "#latent-gallery")[:1] == [[64, 64]])


def enter_eyes(page) -> None:
    """Open Classes with the model whose pictures have 128 px."""
    go_to_tab(page, "tab-classes", "Classes")
    expect(page.locator("#classes-gallery .caption-label")).to_have_count(9)
    page.locator("#classes-model input").click()
    page.get_by_role("option", name="Painted eyes").click()
    wait_for(lambda: slider_sizes(page, "#classes-gallery")[:1] == [[128, 128]])


def give(page, path) -> None:
    page.set_input_files("#restore-photo input[type=file]", str(path))


def choose(page, label: str) -> None:
    page.locator("#restore-model input").click()
    page.get_by_role("option", name=label).click()


def downloaded(page, selector: str) -> tuple[str, Image.Image]:
    """Click it; the name of the downloaded file, and its picture."""
    with page.expect_download() as download:
        page.locator(selector).first.click()
    made = Image.open(download.value.path())
    made.load()
    return download.value.suggested_filename, made


def slider_sizes(page, selector: str) -> list[list[int]]:
    """The sizes in pixels of the pictures in a component, once they are loaded."""
    sizes = (
        "image => image.decode().catch(() => null)"  # one that is being replaced
        ".then(() => [image.naturalWidth, image.naturalHeight])"
    )
    pictures = page.locator(f"{selector} img")
    return [pictures.nth(k).evaluate(sizes) for k in range(pictures.count())]


def is_inside(page, selector: str) -> bool:
    """Whether a component is within the window."""
    box, window = page.locator(selector).bounding_box(), page.viewport_size
    return box["y"] >= -1 and box["y"] + box["height"] <= window["height"] + 1


def drag(page, selector: str) -> None:
    """Drag the line of a slider to the left, and check that it moves."""
    after = page.locator(f"{selector} img").nth(1)
    slider_sizes(page, selector)  # what is still being loaded moves the slider
    expect(after).to_have_attribute("style", re.compile(r"0px 50%"))
    slider = page.locator(f"{selector} .slider-wrap")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=5)
    page.mouse.up()
    expect(after).not_to_have_attribute("style", re.compile(r"0px 50%"))


def test_a_picture_is_uploaded_enlarged_compared_and_downloaded(visitor, tmp_path):
    """With the real network."""
    page = visitor.page
    open_tab(page)
    choose(page, "Fast ×4")
    give(page, picture(tmp_path))
    note = page.locator("#restore-note")
    expect(note).to_contain_text("90x70 becomes 360x280")
    expect(note).to_contain_text("on this machine")
    page.click("#restore-go")
    expect(page.locator("#restore-info")).to_contain_text("90x70 to 360x280")
    assert slider_sizes(page, "#restore-compare") == [[360, 280]] * 2
    drag(page, "#restore-compare")
    name, made = downloaded(page, "#restore-file a")
    assert (name, made.size) == ("holiday-x4.png", (360, 280))
    plain = Image.open(tmp_path / "holiday.png").resize(made.size, Image.Resampling.BICUBIC)
    apart = np.abs(np.asarray(made).astype(int) - np.asarray(plain))
    assert 0.2 < apart.mean() < 12


def test_a_part_is_previewed_before_the_whole_is_enlarged(someone, tmp_path):
    page = someone().page
    open_tab(page)
    give(page, picture(tmp_path, size=(600, 400)))
    label = page.locator("#restore-compare [data-testid=block-label]")
    expect(label).to_contain_text("a part of it")
    sizes = slider_sizes(page, "#restore-compare")
    assert sizes[0] == sizes[1]
    assert max(sizes[0]) < 4 * 400
    expect(page.locator("#restore-file")).not_to_be_visible()
    # another place
    before = page.locator("#restore-compare img").nth(1).get_attribute("src")
    page.locator("#restore-photo img").click(position={"x": 12, "y": 12})
    after = page.locator("#restore-compare img").nth(1)
    expect(after).not_to_have_attribute("src", before)
    # the whole, and a part of it again
    page.click("#restore-go")
    expect(label).to_contain_text("the whole picture")
    page.locator("#restore-view").get_by_label("Detail").check()
    expect(label).to_contain_text("a part of it")
    page.locator("#restore-view").get_by_label("Whole picture").check()
    expect(label).to_contain_text("the whole picture")


@pytest.mark.parametrize(("label", "factor"), [("×2", 2), ("×3", 3)])
def test_a_smaller_factor_gives_that_size(someone, tmp_path, label, factor):
    page = someone().page
    open_tab(page)
    give(page, picture(tmp_path))
    expect(page.locator("#restore-note")).to_contain_text("360x280")
    page.locator("#restore-scale").get_by_label(label, exact=True).check()
    expect(page.locator("#restore-note")).to_contain_text(f"becomes {90 * factor}x{70 * factor}")
    page.click("#restore-go")
    expect(page.locator("#restore-info")).to_contain_text(f"to {90 * factor}x{70 * factor}")
    _, made = downloaded(page, "#restore-file a")
    assert made.size == (90 * factor, 70 * factor)


@pytest.mark.parametrize(("label", "kind"), [("JPEG", "jpg"), ("WebP", "webp"), ("PNG", "png")])
def test_the_result_is_downloaded_in_any_format(someone, tmp_path, label, kind):
    page = someone().page
    open_tab(page)
    give(page, picture(tmp_path))
    page.locator("#restore-format").get_by_label(label, exact=True).check()
    page.click("#restore-go")
    expect(page.locator("#restore-file")).to_contain_text(f".{kind}")
    name, made = downloaded(page, "#restore-file a")
    assert (name, made.format, made.size) == (f"holiday-x4.{kind}", label.upper(), (360, 280))
    # and in another one, without enlarging again
    page.locator("#restore-format").get_by_label("PNG" if kind != "png" else "JPEG").check()
    other = "png" if kind != "png" else "jpg"
    expect(page.locator("#restore-file")).to_contain_text(f".{other}")
    assert downloaded(page, "#restore-file a")[0] == f"holiday-x4.{other}"


@pytest.mark.parametrize("kind", [kind for kind in BAD_FILES if kind != "heavy"])
def test_a_bad_file_gets_a_sentence_and_the_page_works(browser, fake_url, tmp_path, kind):
    context, person = visit(browser, fake_url, 1280, 800)  # broken previews fill the console
    name, content, says = BAD_FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    open_tab(person.page)
    give(person.page, path)
    expect(person.page.locator(".toast-body").first).to_contain_text(says)
    expect(person.page.locator("#restore-note")).to_contain_text(says)
    give(person.page, picture(tmp_path))
    expect(person.page.locator("#restore-note")).to_contain_text("90x70")
    context.close()


def test_too_large_results_are_reported_before_the_work(someone, tmp_path):
    path = tmp_path / "wall.png"
    Image.new("L", (5000, 4000)).save(path)
    page = someone().page
    open_tab(page)
    give(page, path)
    expect(page.locator("#restore-note")).to_contain_text("20000x16000, 320 megapixels")
    page.click("#restore-go")
    expect(page.locator(".toast-body").first).to_contain_text("at most 256")
    page.locator("#restore-scale").get_by_label("×2", exact=True).check()
    expect(page.locator("#restore-note")).to_contain_text("becomes 10000x8000")


def stopped(upscalers) -> int:
    return sum(made.generator.passes_stopped for made in passes(upscalers))


def passes(upscalers) -> list:
    return [made for name, made in upscalers.items() if name != "seconds"]


def start_slow_work(page, upscalers, path) -> int:
    """Start an enlargement of half a minute; the number of passes stopped before."""
    open_tab(page)
    give(page, path)
    expect(page.locator("#restore-note")).to_contain_text("becomes")
    upscalers["seconds"] = SLOW_SECONDS
    page.click("#restore-go")
    expect(page.locator("#restore-info")).to_contain_text("%")
    expect(page.locator("#restore-info")).to_contain_text("left")
    return stopped(upscalers)


def test_progress_shows_the_time_left_and_cancel_stops_it(someone, upscalers, tmp_path):
    page = someone().page
    before = start_slow_work(page, upscalers, picture(tmp_path, size=(320, 240)))
    made = [one.generator.steps_made for one in passes(upscalers)]
    page.click("#restore-cancel")
    expect(page.locator("#restore-info")).to_contain_text("Stopped")
    wait_for(lambda: stopped(upscalers) > before)
    steps = sum(one.generator.steps_made for one in passes(upscalers)) - sum(made)
    assert steps < STEPS / 2  # of half a minute, only what came before the click
    upscalers["seconds"] = 0.0
    page.click("#restore-go")
    expect(page.locator("#restore-info")).to_contain_text("320x240 to 1280x960")


def test_closing_the_page_stops_it(browser, fake_url, upscalers, tmp_path):
    context, person = visit(browser, fake_url, 1280, 800)
    before = start_slow_work(person.page, upscalers, picture(tmp_path, size=(320, 240)))
    context.close()
    wait_for(lambda: stopped(upscalers) > before)
    upscalers["seconds"] = 0.0


def test_several_pictures_come_back_as_a_zip_without_the_broken_one(someone, tmp_path):
    good = [picture(tmp_path, "one.png"), picture(tmp_path, "two.jpg", (40, 44))]
    data = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(data, "JPEG")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(data.getvalue()[: data.tell() // 2])
    page = someone().page
    open_tab(page)
    paths = [str(path) for path in (good[0], broken, good[1])]
    page.set_input_files("#restore-files input[type=file]", paths)
    info = page.locator("#restore-all-info")
    expect(info).to_contain_text("3 pictures become")
    page.click("#restore-all")
    expect(info).to_contain_text("2 pictures,")
    expect(info).to_contain_text("broken.jpg was left out")
    with page.expect_download() as download:
        page.locator("#restore-zip a").first.click()
    with zipfile.ZipFile(download.value.path()) as zipped:
        assert sorted(zipped.namelist()) == ["one.png", "two.png"]
        with Image.open(zipped.open("two.png")) as made:
            assert made.size == (160, 176)


def test_a_gif_is_enlarged_frame_by_frame(someone, tmp_path):
    frames = [Image.new("RGB", (32, 24), (k * 60, 90, 0)) for k in range(3)]
    path = tmp_path / "film.gif"
    durations = [100, 3000, 250]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations)
    page = someone().page
    open_tab(page)
    give(page, path)
    expect(page.locator("#restore-note")).to_contain_text("first of its 3 pictures")
    go_to_tab(page, "restore-tab-clip", "GIF, video")
    page.set_input_files("#restore-clip input[type=file]", str(path))
    expect(page.locator("#restore-clip-info")).to_contain_text("3 of 32x24 become")
    page.locator("#restore-clip-format").get_by_label("GIF", exact=True).check()
    page.click("#restore-frames")
    expect(page.locator("#restore-clip-info")).to_contain_text("3 pictures,")
    _, made = downloaded(page, "#restore-movie a")
    assert (made.n_frames, made.size) == (3, (128, 96))
    shown = [frame.info["duration"] for frame in ImageSequence.Iterator(made)]
    assert shown == durations


def open_large(page, prefix: str, button: str | None = None) -> dict:
    """Enlarge in a tab; the provenance of the download. The result opens within the window."""
    page.click(button or f"#{prefix}-enlarge")
    expect(page.locator(f"#{prefix}-enlarged-info")).to_contain_text(" to ")
    wait_for(lambda: is_inside(page, f"#{prefix}-enlarged-file"))
    drag(page, f"#{prefix}-enlarged")
    with page.expect_download() as download:
        page.click(f"#{prefix}-enlarged-file")
    provenance = read_provenance(download.value.path())
    assert provenance["task"] == "restoration"
    assert provenance["model"].startswith("real-esrgan")
    return provenance


def test_a_picture_of_latent_is_enlarged_in_place(someone):
    page = someone().page
    enter_faces(page)
    page.locator("#latent-gallery button.thumbnail-item").nth(5).click()
    expect(page.locator("#latent-large")).to_contain_text("seed 5")
    base = open_large(page, "latent")["base"]
    assert (base["model"], base["seed"]) == ("faces-64", 5)
    assert slider_sizes(page, "#latent-enlarged") == [[256, 256]] * 2
    page.click("#latent-enlarged-close")
    expect(page.locator("#latent-enlarged")).not_to_be_visible()


# the network delays the answer that accepts an event until its results are there
LATE_ANSWER = """(() => {
  const plain = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const response = await plain(input, init);
    if (response.url.includes('/queue/join')) await new Promise((go) => setTimeout(go, 1000));
    return response;
  };
})()"""


def test_it_opens_also_if_all_results_arrive_at_once(someone):
    person = someone()
    person.context.add_init_script(LATE_ANSWER)
    page = person.open()
    enter_faces(page)
    open_large(page, "latent")
    page.click("#latent-enlarged-close")
    expect(page.locator("#latent-enlarged")).not_to_be_visible()
    open_large(page, "latent")


def test_each_picture_of_a_morph_has_an_enlarge_button(someone, tmp_path):
    page = someone().page
    enter_faces(page)
    for k in (3, 8):
        page.locator("#latent-gallery button.thumbnail-item").nth(k).click()
        expect(page.locator("#latent-large")).to_contain_text(f"seed {k}")
    middle = page.locator("#latent-middle img")
    expect(middle).to_have_attribute("src", re.compile("to-00000008.webp"))
    page.locator("#latent-middle").get_by_text("Enlarge").click()
    expect(page.locator(".toast-body")).to_contain_text("moving picture")
    page.locator("[data-testid=toast-close]").click()
    page.locator("#latent-position input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    expect(middle).to_have_attribute("src", re.compile("to-00000008-0.*png"))
    for part in ("a", "middle"):
        expect(page.locator(f"#latent-{part} img")).to_be_visible()
        page.locator(f"#latent-{part}").get_by_text("Enlarge").click()
        wait_for(lambda name=part: slider_sizes(page, f"#latent-{name}") == [[256, 256]])
    with page.expect_download() as download:
        page.locator("#latent-middle").get_by_label("Download").click()
    provenance = read_provenance(download.value.path())
    assert (provenance["base"]["seed_a"], provenance["base"]["seed_b"]) == (3, 8)
    page.locator("#latent-middle").get_by_text("Enlarge").click()
    expect(page.locator(".toast-body").last).to_contain_text("enlarged already")
    # the provenance of an enlarged picture restores the original's settings
    path = tmp_path / "between.png"
    download.value.save_as(path)
    go_to_tab(page, "latent-tab-keep", "Favourites")
    page.set_input_files("#latent-drop input[type=file]", str(path))
    captions = page.locator("#latent-gallery .caption-label")
    expect(captions).to_have_text(["seed 3", "seed 8"])


def test_a_sheet_of_latent_is_drawn_enlarged_and_small_again(someone):
    page = someone().page
    enter_faces(page)
    first = page.locator("#latent-gallery img").first
    width = "document.querySelector('#latent-gallery img').naturalWidth"
    page.locator("#latent-show-enlarged input").check()
    page.wait_for_function(f"{width} === 256")
    assert first.bounding_box()["width"] > 150
    page.fill("#latent-seeds textarea, #latent-seeds input", "7-9")
    page.click("#latent-sample")
    expect(page.locator("#latent-gallery .caption-label")).to_have_count(3)
    page.wait_for_function(f"{width} === 256")
    page.locator("#latent-show-enlarged input").uncheck()
    page.wait_for_function(f"{width} === 64")


def test_a_film_is_exported_enlarged(someone):
    page = someone().page
    enter_faces(page)
    go_to_tab(page, "latent-tab-walk", "Film")
    page.fill("#latent-frames input", "5")
    page.locator("#latent-film-enlarged input").check()
    page.locator("#latent-format").get_by_label("GIF", exact=True).check()
    page.click("#latent-export")
    expect(page.locator("#latent-walk-info")).to_contain_text("5 pictures")
    name, made = downloaded(page, "#latent-file a")
    assert made.size == (256, 256)
    assert made.n_frames > 2
    assert name.endswith("-x4.gif")


def test_a_picture_of_classes_is_enlarged_and_the_sheets_and_the_film(someone):
    page = someone().page
    enter_eyes(page)
    page.fill("#classes-seeds textarea, #classes-seeds input", "4, 6")
    page.click("#classes-sample")
    expect(page.locator("#classes-gallery .caption-label")).to_have_count(2)
    base = open_large(page, "classes")["base"]
    assert (base["seed"], base["class_name"]) == (4, "amber")
    page.locator("#classes-show-enlarged input").check()
    page.wait_for_function("document.querySelector('#classes-gallery img').naturalWidth === 512")
    page.fill("#classes-frames input", "3")
    page.locator("#classes-film-enlarged input").check()
    page.locator("#classes-format").get_by_label("GIF", exact=True).check()
    page.click("#classes-film")
    expect(page.locator("#classes-film-info")).to_contain_text("3 pictures")
    assert downloaded(page, "#classes-file a")[1].size == (512, 512)
    go_to_tab(page, "classes-tab-across", "Same z")
    page.locator("#classes-across-show-enlarged input").check()
    page.wait_for_function(
        "document.querySelector('#classes-across-gallery img')?.naturalWidth === 512"
    )


def test_a_translation_is_enlarged_in_place(someone, tmp_path):
    page = someone().page
    go_to_tab(page, "tab-translate", "Translate")
    expect(page.locator("#translate-info")).to_contain_text(" ms, ")
    page.set_input_files("#translate-photo input[type=file]", str(picture(tmp_path)))
    expect(page.locator("#translate-note")).to_contain_text("90x70")
    page.click("#translate-go")
    expect(page.locator("#translate-file")).to_contain_text("holiday")
    assert open_large(page, "translate")["base"]["task"] == "translation"
    assert slider_sizes(page, "#translate-enlarged") == [[360, 280]] * 2


def test_a_painting_is_enlarged_in_place_and_its_film(someone):
    page = someone().page
    go_to_tab(page, "tab-paint", "Paint")
    expect(page.locator("#paint-canvas .status")).to_contain_text(" ms ")
    base = open_large(page, "paint", "#paint-canvas [data-save=enlarge]")["base"]
    assert (base["task"], base["model"]) == ("semantic", "paint")
    sides = slider_sizes(page, "#paint-enlarged")
    assert sides == [[4 * get_spec("paint").resolution] * 2] * 2
    go_to_tab(page, "paint-tab-film", "Film")
    page.locator("#paint-film-map input").uncheck()
    page.locator("#paint-film-enlarged input").check()
    page.click("#paint-film-make")
    expect(page.locator("#paint-film-info")).to_contain_text("a second")
    assert downloaded(page, "#paint-film-file a")[1].size == tuple(sides[0])


def test_everything_fits_on_a_phone(someone, tmp_path):
    page = someone(390, 844).page
    open_tab(page)
    give(page, picture(tmp_path))
    expect(page.locator("#restore-note")).to_contain_text("becomes")
    page.click("#restore-go")
    expect(page.locator("#restore-info")).to_contain_text("90x70 to 360x280")
    drag(page, "#restore-compare")
    for tab, title in (("clip", "GIF, video"), ("several", "Several")):
        go_to_tab(page, f"restore-tab-{tab}", title)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    enter_faces(page)
    open_large(page, "latent")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    go_to_tab(page, "tab-paint", "Paint")
    expect(page.locator("#paint-canvas .status")).to_contain_text(" ms ")
    open_large(page, "paint", "#paint-canvas [data-save=enlarge]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
