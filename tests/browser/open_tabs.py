"""Open tabs of the page, also those that a narrow page hides in a menu."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error, Page, expect

TRIES, TRY_MS = 20, 3000


def go_to_tab(page: Page, elem_id: str, title: str) -> None:
    """Click a tab, in the row or in the menu beside it, until its content is visible.

    The row may hide tabs whenever something has loaded, also under the pointer.
    """
    # a tab that the row hides may be in the menu alone
    tab, hidden = page.locator(f"#{elem_id}-button"), page.locator(".overflow-dropdown button")
    expect(tab.or_(hidden.filter(has_text=title)).first).to_be_attached()
    for _ in range(TRIES):
        with suppress(Error, AssertionError):
            _click(page, elem_id, title)
            expect(page.locator(f"#{elem_id}")).to_be_visible(timeout=TRY_MS)
            return
    raise AssertionError(f"no way to the tab {title}")


def _click(page: Page, elem_id: str, title: str) -> None:
    """Click the tab if it is in the row, else its entry in the menu."""
    tab = page.locator(f"#{elem_id}-button")
    if tab.is_visible():
        tab.click(timeout=TRY_MS)
        return
    for menu in page.locator(".overflow-menu:visible").all():
        entry = menu.locator(".overflow-dropdown button", has_text=title).first
        menu.locator("> button").click(timeout=TRY_MS)
        if entry.is_visible():
            entry.click(timeout=TRY_MS)
            return
        menu.locator("> button").click(timeout=TRY_MS)
