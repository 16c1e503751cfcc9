"""Make the pictures of the README anew: `make pictures`. Needs a Chromium and the weights."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

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
        go_to_tab(page, "tab-latent", "Sample")
        page.locator("#latent-gallery img").nth(8).wait_for()
        page.locator("#latent-large img").wait_for()
        save(page, "sample")
        go_to_tab(page, "tab-paint", "Paint")
        page.wait_for_function("window.ganvasPaint?.map")
        save(page, "paint")
        browser.close()
    app.close()
    return 0


def save(page: Page, name: str) -> None:
    """Save the window as docs/NAME.png, once its pictures have been drawn."""
    page.wait_for_timeout(8000)
    page.screenshot(path=ROOT / "docs" / f"{name}.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        real = Path(os.environ.get("GANVAS_HOME") or "~/.cache/ganvas").expanduser()
        Path(home, "weights").symlink_to(real / "weights", target_is_directory=True)
        os.environ["GANVAS_HOME"] = home
        sys.exit(main())
