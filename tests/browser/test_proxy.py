"""The page behind nginx, under a path and another host name, as docs/running.md says."""

from __future__ import annotations

import io
import json
import os
import re
from urllib.parse import urlsplit

import httpx
import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import ARGUMENTS, visit
from tests.browser.open_tabs import go_to_tab
from tests.browser.proxy import HOST, NO_NGINX, PREFIX, Proxy, installed, settings
from tests.fakes import fake_load

pytestmark = pytest.mark.timeout(900)
TRICKS = ["--ignore-certificate-errors", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """nginx before a page that has the documented settings."""
    if not installed():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_NGINX)
    from app import create_app, launch

    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings().items():
            environment.setenv(name, value)
        app = create_app(fake_load)
        _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
        proxy = Proxy(tmp_path_factory.mktemp("nginx"), urlsplit(url).port)
        yield proxy
        proxy.close()
        app.close()


@pytest.fixture
def web(proxy):
    """A program on another machine: it asks the proxy for `HOST`."""
    address = f"https://127.0.0.1:{proxy.port}"
    headers = {"Host": f"{HOST}:{proxy.port}"}
    with httpx.Client(base_url=address, headers=headers, verify=False, timeout=120) as client:
        yield client


def call(web, name: str, data: list) -> list:
    """Call a public endpoint through the proxy: its values."""
    base = f"{PREFIX}/gradio_api/call/{name}"
    event = web.post(base, json={"data": data}).raise_for_status().json()["event_id"]
    lines = web.get(f"{base}/{event}").raise_for_status().text.strip().splitlines()
    assert lines[-2] == "event: complete", lines
    return json.loads(lines[-1].removeprefix("data: "))


def test_the_page_has_its_address_on_the_proxy(web, proxy):
    answer = web.get(f"{PREFIX}/")
    assert answer.status_code == 200
    root = f"https://{HOST}:{proxy.port}{PREFIX}"
    assert f'"root":"{root}"' in answer.text
    assert web.get(f"{PREFIX}/config").json()["root"] == root


@pytest.mark.parametrize("query", ["", "?seeds=1,2&model=faces-64"])
def test_the_icon_of_the_page_lies_under_the_prefix(web, query):
    found = re.search(r'<link rel="icon" href="([^"]+)">', web.get(f"{PREFIX}/{query}").text)
    answer = web.get(f"{PREFIX}/{found[1]}")
    assert answer.headers["content-type"].startswith("image/")


def test_the_path_without_its_slash_leads_to_the_page(web, proxy):
    answer = web.get(PREFIX)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{HOST}:{proxy.port}{PREFIX}/"


def test_programs_get_lists_and_pictures_through_the_proxy(web, proxy):
    (models,) = call(web, "list_models", [])
    assert "faces-64" in {row["id"] for row in models}
    (files,) = call(web, "sample", ["3, 8", "faces-64", 1])
    assert len(files) == 2
    for file in files:
        address = urlsplit(file["url"])
        assert address.netloc == f"{HOST}:{proxy.port}"
        assert address.path.startswith(f"{PREFIX}/gradio_api/file=")
        answer = web.get(address.path).raise_for_status()
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.size == (64, 64)


def test_the_python_client_works_through_the_proxy(proxy, tmp_path):
    address = f"https://127.0.0.1:{proxy.port}{PREFIX}/"
    client = Client(address, ssl_verify=False, verbose=False, download_files=tmp_path)
    (file,) = client.predict(seeds="7", model="faces-64", api_name="/sample")
    client.close()
    with Image.open(file) as picture:
        assert picture.size == (64, 64)


def test_an_upload_of_more_than_nginx_allows_by_default_passes(web):
    picture = io.BytesIO()
    Image.effect_noise((2048, 2048), 80).save(picture, "PNG")
    assert picture.tell() > 2_000_000
    files = {"files": ("noise.png", picture.getvalue(), "image/png")}
    assert web.post(f"{PREFIX}/gradio_api/upload", files=files).status_code == 200


def test_a_stranger_gets_no_tab_for_files_of_his_own(web):
    assert "tab-your-file" not in web.get(f"{PREFIX}/config").text


@pytest.fixture(scope="module")
def far_browser(browser, chromium_path):
    """A browser for which `HOST` is a name of the proxy."""
    arguments = [*ARGUMENTS, *TRICKS]
    far = browser.browser_type.launch(executable_path=chromium_path, args=arguments)
    yield far
    far.close()


def test_a_visitor_samples_through_the_proxy_and_nothing_else_is_asked_for(far_browser, proxy):
    context, person = visit(far_browser, f"https://{HOST}:{proxy.port}{PREFIX}/", 1280, 800)
    page = person.page
    go_to_tab(page, "tab-latent", "Sample")
    expect(page.locator("#latent-gallery .caption-label")).to_have_count(9)
    page.fill("#latent-seeds textarea, #latent-seeds input", "21, 22")
    page.click("#latent-sample")
    captions = page.locator("#latent-gallery .caption-label")
    expect(captions).to_have_text(["seed 21", "seed 22"])
    picture = page.locator("#latent-gallery button.thumbnail-item img").first
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("isSecureContext")
    context.close()
    assert not person.errors
    assert not person.foreign
    asked = proxy.requests()
    assert len(asked) > 20
    assert not [path for path, _ in asked if not path.startswith(f"{PREFIX}/") and path != PREFIX]
    closed = 499  # nginx's own: the browser left before the answer, as the page was closed
    assert not [request for request in asked if request[1] >= 400 and request[1] != closed]
