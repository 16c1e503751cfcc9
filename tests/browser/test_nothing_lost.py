"""Requests are answered also while another one is pending."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab

# the network delays the end of each stream of results, which the server has already closed
LATE_END = """(() => {
  const plain = window.fetch.bind(window);
  window.lateEnds = 0;
  window.fetch = async (input, init) => {
    const response = await plain(input, init);
    if (!response.url.includes('/queue/data')) return response;
    const late = new TransformStream({
      async transform(chunk, out) {
        const end = new TextDecoder().decode(chunk).indexOf('data: {"msg":"close_stream"');
        if (end < 0) return out.enqueue(chunk);
        out.enqueue(chunk.slice(0, end));
        window.lateEnds += 1;
        await new Promise((resolve) => setTimeout(resolve, 2000));
        out.enqueue(chunk.slice(end));
      },
    });
    return new Response(response.body.pipeThrough(late), response);
  };
})()"""


@pytest.fixture
def slow_visitor(browser, page_url):
    context, person = visit(browser, "about:blank", 1280, 800)
    person.url = page_url
    context.add_init_script(LATE_END)
    person.page.close()
    person.open()
    yield person
    context.close()
    assert not person.errors


def enter(page):
    go_to_tab(page, "tab-latent", "Sample")
    captions = page.locator("#latent-gallery .caption-label")
    expect(captions).to_have_count(9)
    return captions


def test_a_request_while_a_stream_of_results_ends_is_answered(slow_visitor):
    page = slow_visitor.page
    captions = enter(page)
    seeds = page.locator("#latent-seeds textarea, #latent-seeds input").first
    for seed in range(3, 7):
        ended = page.evaluate("window.lateEnds")
        seeds.fill(str(seed))
        page.click("#latent-sample")
        expect(captions).to_have_text([f"seed {seed}"])
        page.wait_for_function("ended => window.lateEnds > ended", arg=ended)
        page.click("#latent-dice")  # the server has ended the stream, and the page does not know
        expect(captions).not_to_have_text([f"seed {seed}"])


def test_a_request_while_pictures_are_drawn_is_drawn_next(visitor):
    page = visitor.page
    captions = enter(page)
    seeds = page.locator("#latent-seeds textarea, #latent-seeds input").first
    for text in ("20-63", "5", "7, 8"):
        seeds.fill(text)
        page.click("#latent-sample")
    expect(captions).to_have_text(["seed 7", "seed 8"])


def test_two_quick_clicks_of_undo_are_two_steps(visitor):
    page = visitor.page
    captions = enter(page)
    seeds = page.locator("#latent-seeds textarea, #latent-seeds input").first
    for seed in (3, 4):
        seeds.fill(str(seed))
        page.click("#latent-sample")
        expect(captions).to_have_text([f"seed {seed}"])
    page.locator("#latent-undo").click(click_count=2, delay=20)
    expect(captions).to_have_count(9)
    page.locator("#latent-redo").click(click_count=2, delay=20)
    expect(captions).to_have_text(["seed 4"])


def test_nothing_moves_under_the_pointer_while_pictures_are_drawn(visitor):
    page = visitor.page
    captions = enter(page)
    beside = page.locator("#latent-undo")
    before = beside.bounding_box()
    page.locator("#latent-seeds textarea, #latent-seeds input").first.fill("20-83")
    page.click("#latent-sample")
    expect(page.locator("#latent-cancel")).to_be_visible()
    assert beside.bounding_box() == before
    expect(captions).to_have_count(64)
    expect(page.locator("#latent-cancel")).to_be_hidden()
    assert beside.bounding_box() == before
