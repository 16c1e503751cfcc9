"""The page's security policy lets all of the page work, and nothing of other sites in."""

from __future__ import annotations

import http.server
import threading

import pytest
from playwright.sync_api import expect

from tabs import visible_tabs
from tests.browser.open_tabs import go_to_tab
from tests.browser.test_accessibility import READY

pytestmark = pytest.mark.timeout(900)
COLLECT = """
window.violations = [];
document.addEventListener('securitypolicyviolation',
  event => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# what the canvas, downloads, previews of uploads and the camera need
LOADS = """async () => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 4;
  canvas.getContext('2d').fillRect(0, 0, 4, 4);
  const shows = source => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(true);
    image.onerror = () => reject(new Error(source.slice(0, 20)));
    image.src = source;
  });
  const blob = await new Promise(resolve => canvas.toBlob(resolve));
  await shows(canvas.toDataURL());
  await shows(URL.createObjectURL(blob));
  await (await fetch(canvas.toDataURL())).blob();
  await (await fetch(URL.createObjectURL(blob))).blob();
  new Worker(URL.createObjectURL(new Blob(['1'], {type: 'text/javascript'}))).terminate();
  return document.featurePolicy ? document.featurePolicy.allowsFeature('camera') : true;
}"""


def test_no_tab_breaks_the_policy(browser, page_url):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(COLLECT)
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    page.goto(page_url)
    for tab in visible_tabs():
        go_to_tab(page, tab.ELEM_ID, tab.TITLE)
        expect(page.locator(READY.get(tab.ELEM_ID, f"#{tab.ELEM_ID}")).first).to_be_visible()
        page.wait_for_timeout(300)
    assert page.evaluate(LOADS) is True
    assert page.evaluate("window.violations") == []
    assert not told
    context.close()


def test_what_another_site_holds_is_not_loaded(browser, page_url):
    context = browser.new_context()
    context.add_init_script(COLLECT)
    page = context.new_page()
    page.goto(page_url)
    expect(page.locator(".tile img").first).to_be_visible()
    page.evaluate("""() => {
      const image = new Image();
      image.src = 'http://127.0.0.1:9/x.png';
      const script = document.createElement('script');
      script.src = 'http://127.0.0.1:9/x.js';
      document.body.append(image, script);
      return fetch('http://127.0.0.1:9/x').catch(() => 0);
    }""")
    page.wait_for_function("window.violations.length >= 3")
    kinds = {one.split("-")[0] for one in page.evaluate("window.violations")}
    assert kinds == {"img", "script", "connect"}
    context.close()


class OtherSite(http.server.BaseHTTPRequestHandler):
    """A page that frames ours, and posts to it."""

    target = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="{self.target}"></iframe>'.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def other_site(page_url):
    OtherSite.target = page_url
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OtherSite)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


def test_a_page_of_another_site_can_neither_frame_this_one_nor_upload_to_it(
    browser, page_url, other_site
):
    context = browser.new_context()
    page = context.new_page()
    answers: list[int] = []
    page.on("response", lambda one: answers.append(one.status) if "upload" in one.url else None)
    page.goto(other_site)
    page.wait_for_timeout(1500)
    assert not page.frames[-1].locator(".tile").count()
    result = page.evaluate(
        """async url => {
          const form = new FormData();
          form.append('files', new Blob(['x'.repeat(1000)]), 'x.png');
          const sent = {method: 'POST', body: form, mode: 'no-cors'};
          await fetch(`${url}/gradio_api/upload`, sent).catch(() => 0);
          try { await fetch(`${url}/config`); return 'read'; } catch { return 'not read'; }
        }""",
        page_url,
    )
    assert result == "not read"
    assert set(answers) <= {403}
    context.close()
