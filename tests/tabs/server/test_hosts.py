"""Host names that the page answers under, and the pages that may call it."""

from __future__ import annotations

import pytest

from tabs.server.hosts import FOREIGN_ORIGIN, UNKNOWN_HOST, HostRules

PRIVATE = HostRules(private=True)
PUBLIC = HostRules(private=False, served="0.0.0.0")


def problem(rules: HostRules, host: str, **headers: str) -> str:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return rules.problem({"host": host, **given})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7860", "localhost", "localhost:1", "LOCALHOST:7860", "[::1]:7860", "127.3.2.1"],
)
def test_a_private_page_answers_under_the_names_of_the_machine(host):
    assert problem(PRIVATE, host) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:7860", "localhost.evil.example", "127.0.0.1.evil.example"),
        *("", "192.168.1.7", "localhost@evil.example", "[::1", "localhost:port", "a b", "0.0.0.0"),
        "localhost, evil.example",
    ],
)
def test_a_private_page_answers_under_no_other_name(host):
    assert problem(PRIVATE, host) == UNKNOWN_HOST


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1, evil.example"])
def test_a_host_that_a_proxy_names_counts_too(host):
    assert problem(PRIVATE, "localhost", x_forwarded_host="evil.example") == UNKNOWN_HOST
    assert problem(PRIVATE, "localhost", x_forwarded_host="localhost:80") == ""


def test_a_private_page_for_the_network_answers_under_addresses_and_the_machines_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Laptop")
    shared = HostRules(private=True, served="0.0.0.0")
    for host in ("192.168.1.7:7860", "laptop", "laptop.local:80", "localhost"):
        assert problem(shared, host) == ""
    assert problem(shared, "evil.example") == UNKNOWN_HOST


@pytest.mark.parametrize(
    ("listed", "taken", "refused"),
    [
        (("gans.example.org",), "gans.example.org:443", "other.example.org"),
        (("*.example.org",), "a.example.org", "example.org.evil"),
        (("*",), "anything.at.all", None),
    ],
)
def test_the_host_lists_other_names(listed, taken, refused):
    for private in (True, False):
        rules = HostRules(private, listed=listed)
        assert problem(rules, taken) == ""
        assert problem(rules, "localhost:7860") == ""
        if refused:
            assert problem(rules, refused) == UNKNOWN_HOST


def test_a_public_page_without_a_list_answers_under_any_name():
    assert problem(PUBLIC, "gans.example.org") == ""
    assert problem(PUBLIC, "") == UNKNOWN_HOST


@pytest.mark.parametrize("rules", [PRIVATE, PUBLIC])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://localhost.evil.example", "file://"]
)
def test_pages_of_other_sites_may_not_call(rules, origin):
    assert problem(rules, "localhost:7860", origin=origin) == FOREIGN_ORIGIN


def test_the_page_itself_may_call():
    assert problem(PRIVATE, "localhost:7860", origin="http://localhost:7860") == ""
    assert problem(PRIVATE, "[::1]:7860", origin="http://[::1]:7860") == ""
    assert problem(PUBLIC, "gans.example.org", origin="https://gans.example.org") == ""
    # a proxy that names the host without the port
    assert problem(PUBLIC, "gans.example.org", origin="https://gans.example.org:8443") == ""


def test_other_programs_of_this_machine_may_not_call_a_private_page():
    assert problem(PRIVATE, "localhost:7860", origin="http://localhost:3000") == FOREIGN_ORIGIN


def test_listed_pages_may_call():
    rules = HostRules(private=True, listed=("friend.example",))
    assert problem(rules, "localhost:7860", origin="https://friend.example") == ""
    assert problem(rules, "localhost:7860", origin="https://evil.example") == FOREIGN_ORIGIN
    assert problem(HostRules(True, listed=("*",)), "localhost", origin="null") == ""


def test_a_space_takes_its_own_page_and_no_other(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "me/ganvas")
    monkeypatch.setenv("SPACE_HOST", "me-ganvas.hf.space")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    rules = HostRules.from_environment()
    own = "https://me-ganvas.hf.space"
    assert problem(rules, "me-ganvas.hf.space", origin=own) == ""
    assert problem(rules, "10.0.0.7:7860", origin=own) == ""
    assert problem(rules, "me-ganvas.hf.space", origin="https://other.hf.space") == FOREIGN_ORIGIN


def test_a_foreign_page_cannot_embed_what_a_private_page_serves():
    def fetched(mode: str, dest: str) -> str:
        return problem(
            PRIVATE,
            "localhost:7860",
            sec_fetch_site="cross-site",
            sec_fetch_mode=mode,
            sec_fetch_dest=dest,
        )

    assert fetched("no-cors", "image") == FOREIGN_ORIGIN
    assert fetched("navigate", "iframe") == FOREIGN_ORIGIN
    assert fetched("navigate", "document") == ""  # a link
