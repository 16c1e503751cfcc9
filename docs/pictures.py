"""Make the pictures of the tabs in `docs/`: `make pictures`. Needs a Chromium and the weights."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
SIZE = {"width": 1280, "height": 800}


def main() -> int:
    """Serve the page, open each tab, and save what a visitor sees."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from app import create_app, launch
    from tests.browser.chromium import NONE_FOUND, installed
    from tests.browser.conftest import ARGUMENTS
    from tests.browser.open_tabs import go_to_tab

    executable = installed()
    if executable is None:
        print(NONE_FOUND, file=sys.stderr)
        return 1
    app = create_app()
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(120_000)
        page.goto(url)
        for name, (tab, title, prepare) in TABS.items():
            go_to_tab(page, tab, title)
            prepare(page)
            save(page, name)
        browser.close()
    app.close()
    return 0


def sample(page: Page) -> None:
    """A sheet, one picture of it large."""
    page.locator("#latent-gallery img").nth(8).wait_for()
    page.locator("#latent-large img").wait_for()


def choose_class(page: Page) -> None:
    """A sheet of the first class."""
    page.locator("#classes-gallery img").first.wait_for()


def translate(page: Page) -> None:
    """The example, translated."""
    page.locator("#translate-photo img").wait_for()
    page.click("#translate-go")
    page.locator("#translate-compare img").first.wait_for()


def enlarge(page: Page) -> None:
    """The first example, enlarged."""
    page.locator("#restore-examples button.gallery-item").first.click()
    page.locator("#restore-photo img").wait_for()
    page.click("#restore-go")
    page.locator("#restore-file a").first.wait_for()


def paint(page: Page) -> None:
    """The map that the tab opens with, painted."""
    page.wait_for_function("window.ganvasPaint?.map")


def learn(page: Page) -> None:
    """Two films at their last snapshot."""
    page.click("#learn-tab-digits-button")
    page.locator("#learn-digits-lab img.digits").first.wait_for()


def nothing(page: Page) -> None:
    """The tab as it is."""


TABS: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "sample": ("tab-latent", "Sample", sample),
    "classes": ("tab-classes", "Classes", choose_class),
    "translate": ("tab-translate", "Translate", translate),
    "restore": ("tab-restore", "Restore", enlarge),
    "paint": ("tab-paint", "Paint", paint),
    "finetuning": ("tab-fine-tune", "Fine-tune", nothing),
    "learn": ("tab-learn", "Learn", learn),
    "your-model": ("tab-your-file", "Your model", nothing),
}


def save(page: Page, name: str) -> None:
    """Save the window as docs/NAME.webp, once its pictures have been drawn."""
    page.wait_for_timeout(8000)
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(ROOT / "docs" / f"{name}.webp", quality=85, method=6)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        real = Path(os.environ.get("GANVAS_HOME") or "~/.cache/ganvas").expanduser()
        Path(home, "weights").symlink_to(real / "weights", target_is_directory=True)
        os.environ["GANVAS_HOME"] = home
        sys.exit(main())
