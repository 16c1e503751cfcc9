"""The Paint tab in a browser, with a painter that records the label maps that it receives."""

from __future__ import annotations

import statistics
import time

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from app import launch
from gan_models.zoo import registry
from tabs import paint, translate
from tests.browser.conftest import visit
from tests.paint_fakes import fake_painter, fake_street, painter_spec, street_spec

FREE_HAND = ("brush", "eraser")
DRAGGED = ("line", "rectangle", "ellipse")
CLICKED = ("fill", "swap")
MODEL_SECONDS = 0.15


@pytest.fixture(scope="module")
def painter():
    return fake_painter()


@pytest.fixture(scope="module")
def url(painter):
    """A page with the Paint tab, and a second tab that receives pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "MODELS", (painter_spec(), street_spec()))
        models = {"paint": painter, "street": fake_street()}
        with gr.Blocks() as app, gr.Tabs() as tabs:
            with gr.Tab("Elsewhere", id=translate.TITLE, elem_id="tab-elsewhere"):
                photo = gr.Image(type="filepath", format="png", elem_id="sent")
            with gr.Tab("Paint", id=paint.TITLE, elem_id="tab-paint"):
                (sender,) = paint.build(lambda model, **_: models[model])
            send = lambda text: (sender.make(text), gr.Tabs(selected=translate.TITLE))
            sender.button.click(send, sender.inputs, [photo, tabs], js=sender.js)
        app.queue()
        _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
        yield url.rstrip("/")
        app.close()


@pytest.fixture
def studio(browser, url):
    """Opens the tab at a pixel ratio and size; fails on any error of the page."""
    opened = []

    def open_at(ratio: float = 1, width: int = 1280, height: int = 800, touch: bool = False):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=ratio,
            has_touch=touch,
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        opened.append((context, errors))
        enter(page, url)
        return page

    yield open_at
    for context, errors in opened:
        context.close()
        assert not errors


def enter(page, url: str) -> None:
    page.goto(url)
    page.click("#tab-paint-button")
    expect(page.locator(".studio")).to_have_attribute("data-ready", "true")
    page.locator("#paint-canvas .stage").scroll_into_view_if_needed()


def painted(page) -> np.ndarray:
    """The label map in the browser."""
    data = page.evaluate("[...ganvasPaint.map.data]")
    return np.array(data, np.uint8).reshape(-1, page.evaluate("ganvasPaint.map.width"))


def wait_until_received(page, painter) -> np.ndarray:
    """The browser's label map, once the model has received it; the strip requests it again."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        wanted = painted(page)
        if painter.generator.label_maps and (painter.generator.label_maps[-1] == wanted).all():
            return wanted
        page.wait_for_timeout(30)
    raise AssertionError("the model never got the last label map")


def clear(page) -> None:
    page.click("[data-act='clear']")


def choose(page, tool: str, label: str = "water") -> None:
    page.click(f"[data-tool='{tool}']")
    page.click(f".materials [aria-label='{label}']")


def place(page, x: float, y: float) -> tuple[float, float]:
    """The position on the screen of a point of the canvas's unit square."""
    box = page.locator("#paint-canvas .stage").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page, *points: tuple[float, float], steps: int = 6) -> None:
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=steps)
    page.mouse.up()


def click(page, *points: tuple[float, float]) -> None:
    for point in points:
        page.mouse.click(*place(page, *point))


def use(page, tool: str) -> None:
    """A small scene with one tool; the canvas is sky, with a block of snow in the middle."""
    clear(page)
    choose(page, "rectangle", "snow")
    drag(page, (0.3, 0.3), (0.6, 0.6))
    choose(page, tool)
    if tool in FREE_HAND:
        drag(page, (0.1, 0.2), (0.5, 0.55), (0.9, 0.3))
    elif tool in DRAGGED:
        drag(page, (0.2, 0.15), (0.8, 0.9))
    elif tool in CLICKED:
        click(page, (0.45, 0.45))
    else:
        click(page, (0.1, 0.1), (0.9, 0.2), (0.5, 0.95))
        page.keyboard.press("Enter")


# --- 1: what is painted is what the model gets ----------------------------------------------------


@pytest.mark.parametrize("ratio", [1, 2])
def test_the_model_gets_the_map_of_the_browser_from_every_tool(studio, painter, ratio):
    page = studio(ratio)
    for tool in (*FREE_HAND, *DRAGGED, *CLICKED, "polygon"):
        use(page, tool)
        label_map = wait_until_received(page, painter)
        ids = set(np.unique(label_map).tolist())
        assert ids <= {0, 5, 10}, tool
        assert (10 in ids) == (tool != "eraser"), tool


def test_the_pointer_paints_where_it_is_also_when_zoomed(studio, painter):
    page = studio(2)
    clear(page)
    choose(page, "brush")
    page.fill(".size", "1")
    click(page, (20.5 / 64, 40.5 / 64))
    assert np.argwhere(wait_until_received(page, painter) == 10).tolist() == [[40, 20]]
    clear(page)
    page.click("[data-act='zoomin']")  # now shows the middle half
    click(page, (0.5 / 32, 0.5 / 32))
    assert np.argwhere(wait_until_received(page, painter) == 10).tolist() == [[16, 16]]


def test_eyedropper_swap_shift_and_flip(studio, painter):
    page = studio()
    use(page, "fill")
    choose(page, "pick", "path")
    click(page, (0.1, 0.1))
    expect(page.locator(".materials [aria-label='sky']")).to_have_attribute("aria-checked", "true")
    before = painted(page)
    page.click("[aria-label='Shift right']")
    assert (painted(page) == np.roll(before, 8, 1)).all()
    page.click("[aria-label='Mirror left and right']")
    after = wait_until_received(page, painter)
    assert (after == np.roll(before, 8, 1)[:, ::-1]).all()


def test_touch_paints_and_does_not_scroll_the_page(studio, painter):
    page = studio(2, width=390, height=844, touch=True)
    clear(page)
    choose(page, "brush")
    page.locator("#paint-canvas .stage").scroll_into_view_if_needed()
    before, scrolled = painted(page), page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    stops = [(0.2, 0.2), (0.3, 0.5), (0.5, 0.8)]
    for kind, stop in zip(("touchStart", "touchMove", "touchMove"), stops, strict=True):
        x, y = place(page, *stop)
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        session.send("Input.dispatchTouchEvent", touch)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = wait_until_received(page, painter)
    assert set(np.unique(after).tolist()) == {0, 10}
    assert (before != after).mean() > 0.03
    assert page.evaluate("scrollY") == scrolled


def test_a_pen_paints_like_a_mouse(studio, painter):
    page = studio(2)
    clear(page)
    choose(page, "brush")
    session = page.context.new_cdp_session(page)
    stops = [
        ("mousePressed", 0.3),
        ("mouseMoved", 0.5),
        ("mouseMoved", 0.7),
        ("mouseReleased", 0.7),
    ]
    for kind, along in stops:
        x, y = place(page, along, along)
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "pointerType": "pen"}
        session.send("Input.dispatchMouseEvent", event | {"clickCount": 1})
    after = wait_until_received(page, painter)
    assert all(after[k, k] == 10 for k in range(20, 45))


# --- 2: the picture follows -----------------------------------------------------------------------


def test_pictures_follow_the_strokes_and_the_last_one_arrives(studio, painter):
    page = studio()
    clear(page)
    choose(page, "brush")
    wait_until_received(page, painter)
    painter.generator.seconds = MODEL_SECONDS
    try:
        page.evaluate(
            "ganvasPaint.times = [];"
            "ganvasPaint.root.addEventListener('painted', () => ganvasPaint.times.push(Date.now()))"
        )
        waits = [stroke_and_wait(page, k / 8) for k in range(8)]
        assert statistics.median(waits) < 1.5 * MODEL_SECONDS + 1  # a loaded machine
        for k in range(50):
            drag(page, ((k % 10) / 10, 0.1), ((k % 7) / 7, 0.9), steps=2)
        wait_until_received(page, painter)
    finally:
        painter.generator.seconds = 0


def stroke_and_wait(page, x: float) -> float:
    """Seconds from the end of a stroke to its picture on the page."""
    drag(page, (x, 0.1), (x + 0.05, 0.9))
    done = page.evaluate("Date.now()")
    page.wait_for_function("!ganvasPaint.live.running && !ganvasPaint.live.wanted")
    return (page.evaluate("ganvasPaint.times.at(-1)") - done) / 1000


def test_the_picture_moves_while_a_stroke_goes_on(studio, painter):
    page = studio()
    clear(page)
    choose(page, "brush")
    wait_until_received(page, painter)
    first = len(painter.generator.label_maps)
    page.mouse.move(*place(page, 0.1, 0.1))
    page.mouse.down()
    for k in range(30):
        page.mouse.move(*place(page, 0.1 + 0.025 * k, 0.5))
        page.wait_for_timeout(30)
    during = len(painter.generator.label_maps) - first
    page.mouse.up()
    assert during >= 3


# --- 3: parts -------------------------------------------------------------------------------------


def test_a_part_is_rolled_again_and_the_rest_stays(studio, painter):
    page = studio()
    use(page, "fill")
    wait_until_received(page, painter)
    settle(page)
    before = picture(page)
    page.click("[data-tool='part']")
    click(page, (0.45, 0.45))
    expect(page.locator(".part-name")).to_contain_text("water")
    page.click(".reroll")
    settle(page)
    after, part = picture(page), painted(page) == 10
    assert (before[~part] == after[~part]).all()
    assert (before[part] != after[part]).any()
    page.get_by_role("button", name="Let go").click()
    expect(page.locator(".part")).to_be_hidden()
    expect(page.locator(".seed")).to_have_value("0")  # the whole picture's again


def settle(page) -> None:
    page.wait_for_function("!ganvasPaint.live.running && !ganvasPaint.live.wanted")


def picture(page, selector: str = ".picture") -> np.ndarray:
    """The pixels of a picture on the page."""
    width, height, *data = page.evaluate(
        """selector => {
          const image = document.querySelector(selector);
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const pen = canvas.getContext('2d');
          pen.drawImage(image, 0, 0);
          const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
          return [canvas.width, canvas.height, ...pixels];
        }""",
        selector,
    )
    return np.array(data, np.uint8).reshape(height, width, 4)


# --- 5: nothing is lost ---------------------------------------------------------------------------


def test_two_hundred_steps_are_undone_and_redone(studio):
    page = studio()
    clear(page)
    choose(page, "brush")
    page.fill(".size", "1")
    page.evaluate(
        """() => { for (let k = 0; k < 205; k++) {
          ganvasPaint.easel.begin({x: k % 64, y: k >> 6});
          ganvasPaint.easel.end();
        } }"""
    )
    full = painted(page)
    for _ in range(200):
        page.keyboard.press("Control+z")
    assert (painted(page) == 10).sum() == 5
    for _ in range(200):
        page.keyboard.press("Control+y")
    assert (painted(page) == full).all()


def test_a_reload_restores_the_last_canvas(studio, url, painter):
    page = studio()
    use(page, "ellipse")
    before = wait_until_received(page, painter)
    page.click("#tab-elsewhere-button")
    page.click("#tab-paint-button")
    assert (painted(page) == before).all()
    enter(page, url)
    assert (painted(page) == before).all()
    expect(page.locator(".notice")).to_contain_text("Your last canvas is back")
    page.get_by_role("button", name="Start afresh").click()
    assert (painted(page) != before).any()
    page.keyboard.press("Control+z")
    assert (painted(page) == before).all()


# --- 7: keyboard, names, phones -------------------------------------------------------------------


def test_a_keyboard_is_enough_to_paint(studio, painter):
    page = studio()
    page.locator("#paint-canvas .stage").focus()
    page.keyboard.press("Delete")
    page.keyboard.press("Digit0")  # the tenth: sand
    page.keyboard.press("b")
    for _ in range(30):
        page.keyboard.press("[")
    page.keyboard.down("Space")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.keyboard.up("Space")
    assert np.argwhere(painted(page) == 9).tolist() == [[32, 32 + k] for k in range(11)]
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    assert (wait_until_received(page, painter)[32:37, 34:43] == 9).all()
    page.keyboard.press("Alt+ArrowUp")
    assert (painted(page)[31:36, 34:43] == 9).all()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert (painted(page) == 9).sum() == 11
    page.keyboard.press("?")
    expect(page.locator("dialog.help")).to_be_visible()
    expect(page.locator("dialog.help")).to_contain_text("Eyedropper")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.help")).to_be_hidden()


def test_every_control_has_a_name(studio):
    page = studio()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('.studio button, .studio input, .studio select')]
          .filter(e => !(e.ariaLabel || e.innerText?.trim() || e.labels?.length))
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert not unnamed
    letters = page.evaluate("ganvasPaint.codes")
    assert len(set(letters)) == 12


def test_the_canvas_is_wide_on_a_phone_with_the_picture_above_it(studio):
    page = studio(2, width=390, height=844)
    canvas = page.locator("#paint-canvas .stage").bounding_box()
    result = page.locator("#paint-canvas .frame").bounding_box()
    assert canvas["width"] >= 340
    assert result["y"] + result["height"] <= canvas["y"]
    assert canvas["y"] + canvas["height"] - result["y"] <= 844  # both fit into one window
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# --- files ----------------------------------------------------------------------------------------


def test_a_saved_picture_restores_canvas_and_style(studio, painter, tmp_path):
    page = studio()
    use(page, "fill")
    page.fill(".seed", "77")
    before = wait_until_received(page, painter)
    with page.expect_download() as download:
        page.click("[data-save='picture']")
    path = tmp_path / "painting.png"
    download.value.save_as(path)
    clear(page)
    page.fill(".seed", "1")
    page.set_input_files("#paint-file input[type=file]", str(path))
    expect(page.locator(".seed")).to_have_value("77")
    assert (wait_until_received(page, painter) == before).all()


def test_a_picture_gives_its_style(studio, tmp_path):
    page = studio()
    path = tmp_path / "evening.png"
    Image.new("RGB", (60, 40), "orange").save(path)
    page.click("#paint-tab-style-button")
    page.set_input_files("#paint-style-file input[type=file]", str(path))
    expect(page.locator(".style-name")).to_have_text("evening")
    page.get_by_role("button", name="Dusk").click()
    expect(page.locator(".style-name")).to_have_text("dusk")


def test_another_model_changes_the_legend(studio, url):
    page = studio()
    page.click("#paint-tab-model-button")
    page.locator("#paint-model input").click()
    page.get_by_role("option", name="Tiny street").click()
    expect(page.locator(".materials button")).to_have_count(3)
    expect(page.locator(".styles")).to_be_hidden()
    page.click("#paint-tab-style-button")
    expect(page.locator("#paint-style-note")).to_contain_text("one style only")
    choose(page, "fill", "building")
    click(page, (0.5, 0.5))
    page.wait_for_timeout(500)
    enter(page, url)  # a reload brings back the model too
    expect(page.locator(".materials button")).to_have_count(3)
    assert (painted(page) == 2).all()


def test_a_map_that_is_refused_gets_a_message(studio, tmp_path):
    page = studio()
    before = painted(page)
    noise = np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    page.set_input_files("#paint-file input[type=file]", str(tmp_path / "noise.png"))
    expect(page.locator(".toast-body")).to_contain_text("chosen colours")
    assert (painted(page) == before).all()


def test_the_film_is_made(studio, painter):
    page = studio()
    use(page, "ellipse")
    page.click("#paint-tab-film-button")
    page.click("#paint-film-make")
    expect(page.locator("#paint-film-info")).to_contain_text("pictures, 8 a second")


def test_a_painting_is_sent_to_translate_as_it_is_now(studio):
    page = studio()
    use(page, "ellipse")
    page.fill(".seed", "5")
    settle(page)
    wanted = picture(page)
    page.click("#paint-send")
    expect(page.locator("#sent img")).to_be_visible()
    page.wait_for_function("document.querySelector('#sent img').complete")
    assert (picture(page, "#sent img") == wanted).all()


# --- undo, link, favourites -----------------------------------------------------------------------


def test_undo_restores_styles_too(studio, painter):
    page = studio()
    use(page, "fill")
    before = painted(page)
    seed = page.locator(".seed")
    for number in ("5", "6"):
        seed.fill(number)
        page.wait_for_timeout(800)
    clear(page)
    undo, redo = page.locator("[data-act='undo']"), page.locator("[data-act='redo']")
    undo.click()
    assert (painted(page) == before).all()
    expect(seed).to_have_value("6")
    undo.click()
    expect(seed).to_have_value("5")
    assert (wait_until_received(page, painter) == before).all()
    undo.click()
    expect(seed).to_have_value("0")
    redo.click()
    redo.click()
    expect(seed).to_have_value("6")
    redo.click()
    assert (painted(page) == 0).all()


def link_of(page) -> str:
    page.wait_for_timeout(500)  # it follows what is kept, a moment later
    return page.locator("#paint-link textarea, #paint-link input").first.input_value()


def test_a_link_sets_model_layout_and_style_and_undo_restores_the_last_canvas(studio, url):
    page = studio()
    for layout in ("Sandy bay", None):
        if layout:
            page.select_option(".layouts", layout)
        else:
            page.click(".random")
        page.fill(".seed", "77")
        wanted, link = painted(page), link_of(page)
        assert link.startswith(f"{url}/?tab=paint&model=paint&layout=")
        assert link.endswith("&style=77")
        clear(page)
        page.fill(".seed", "3")
        page.wait_for_timeout(800)
        page.goto(link)
        expect(page.locator(".studio")).to_have_attribute("data-ready", "true")
        expect(page.locator(".seed")).to_have_value("77")
        assert (painted(page) == wanted).all()
        page.click("[data-act='undo']")
        assert (painted(page) == 0).all()  # the canvas of the last visit
        expect(page.locator(".seed")).to_have_value("3")
    page.goto(f"{url}/?tab=paint&model=paint&layout=Desert&mood=dusk")
    expect(page.locator(".style-name")).to_have_text("dusk")
    page.goto(f"{url}/?tab=paint&model=paint&layout=Nowhere&style=-4")
    expect(page.locator(".notice")).to_contain_text("Part of the link is not known")
    page.goto(f"{url}/?tab=paint&model=street")
    expect(page.locator(".materials button")).to_have_count(3)
    page.goto(f"{url}/?tab=paint&model=nobody")
    expect(page.locator(".toast-body")).to_contain_text("nobody is not on this server")
    expect(page.locator(".studio")).to_have_attribute("data-ready", "true")


def test_a_favourite_restores_map_style_and_model(studio, url, painter):
    page = studio()
    use(page, "fill")
    page.fill(".seed", "77")
    before = wait_until_received(page, painter)
    page.click("#paint-keep")
    expect(page.locator(".toast-body")).to_contain_text("Added to the favourites")
    clear(page)
    page.fill(".seed", "1")
    page.wait_for_timeout(800)
    enter(page, url)
    page.click("#paint-keep")  # before the list was opened on this page
    page.click("#paint-tab-keep-button")
    kept = page.locator("#paint-favourites .caption-label")
    expect(kept).to_have_text(["paint, style seed 77", "paint, style seed 1"])
    page.click("#paint-tab-model-button")
    page.locator("#paint-model input").click()
    page.get_by_role("option", name="Tiny street").click()
    expect(page.locator(".materials button")).to_have_count(3)
    page.click("#paint-tab-keep-button")
    page.locator("#paint-favourites button.thumbnail-item").first.click()
    expect(page.locator(".materials button")).to_have_count(12)
    expect(page.locator(".seed")).to_have_value("77")
    assert (wait_until_received(page, painter) == before).all()
    page.click("#paint-unkeep")
    expect(kept).to_have_text(["paint, style seed 1"])


def test_two_visitors_have_separate_canvases(browser, url, painter):
    people = [visit(browser, url, 1280, 800) for _ in range(2)]
    for _, person in people:
        enter(person.page, url)
        clear(person.page)
    choose(people[0][1].page, "fill", "grass")
    click(people[0][1].page, (0.5, 0.5))
    assert (painted(people[1][1].page) == 0).all()
    for context, _ in people:
        context.close()
