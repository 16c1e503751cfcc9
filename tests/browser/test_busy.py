"""What a visitor sees while others are before them."""

from playwright.sync_api import expect

from tests.tabs.components.test_gradio_queue import join, post, served, until


def test_a_page_that_waits_says_how_many_are_before_it(browser):
    with served(public=False) as site:
        for k in range(3):
            assert post(site, "quick", str(k)).status_code == 200
        until(lambda: site.begun, "the first runs")
        page = browser.new_page()
        page.goto(site.url.removesuffix("/gradio_api"))
        page.get_by_role("button", name="Quick").click()
        expect(page.get_by_text("Busy: 2 before you")).to_be_visible()
        site.gate.set()
        expect(page.get_by_text("Busy")).to_have_count(0)
        expect(page.get_by_label("Result")).to_have_value("made x")
        page.close()


def test_a_page_that_finds_no_room_says_so_in_a_toast_and_keeps_what_it_shows(browser, monkeypatch):
    monkeypatch.setenv("GANVAS_QUEUE_SHARE", "1")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")  # all have the address of this machine
    with served() as site:
        join(site, "quick", "0", "another page")
        page = browser.new_page()
        page.goto(site.url.removesuffix("/gradio_api"))
        page.get_by_role("button", name="Hidden").click()
        expect(page.locator(".toast-body")).to_contain_text("Busy: 1 of your requests")
        expect(page.get_by_label("Result")).to_have_value("")
        page.close()
