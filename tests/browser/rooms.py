"""Opening tabs, also where a narrow page hides them behind a menu."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def open_room(page: Page, elem_id: str, title: str) -> None:
    """Click a tab, in the row or in the menu beside it."""
    expect(page.locator(f"#{elem_id}-button")).to_have_count(1)
    page.wait_for_timeout(300)  # the row decides what to hide
    if page.locator(f"#{elem_id}-button").is_visible():
        page.click(f"#{elem_id}-button")
        return
    for menu in page.locator(".overflow-menu").all():
        if menu.is_visible():
            menu.locator("> button").click()
            entry = menu.locator(".overflow-dropdown button", has_text=title)
            if entry.count():
                entry.first.click()
                return
            menu.locator("> button").click()
    raise AssertionError(f"no way to the tab {title}")
