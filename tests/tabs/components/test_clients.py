"""Who a request comes from, and the shares of a public page."""

import pytest

from tabs.components import clients as module
from tabs.components.clients import Clients, trusted_proxies


def test_strangers_are_told_by_their_address_and_by_their_key_once_it_is_known():
    clients = Clients(public=True)
    first, second = clients.client("page 1", "10.0.0.1"), clients.client("page 2", "10.0.0.1")
    assert first == second
    clients.remember("page 1", "key of one")
    clients.remember("page 2", "key of another")
    first, second = clients.client("page 1", "10.0.0.1"), clients.client("page 2", "10.0.0.1")
    assert first.name != second.name
    assert first.address == second.address


def test_a_new_session_is_no_new_stranger():
    clients = Clients(public=True)
    assert len({clients.client(f"page {k}", "10.0.0.1").name for k in range(9)}) == 1


def test_on_a_private_page_each_page_has_its_turn_and_none_has_a_limit():
    clients = Clients(public=False)
    assert clients.client("page 1", "127.0.0.1") != clients.client("page 2", "127.0.0.1")
    assert clients.room(control=False).of_client is None
    assert clients.room(control=False).of_address is None


def test_control_has_more_room_than_work():
    clients = Clients(public=True)
    work, control = clients.room(control=False), clients.room(control=True)
    assert work.in_all < control.in_all
    assert work.of_client < control.of_client
    assert work.of_client < work.of_address <= work.in_all


def test_the_settings_are_read(monkeypatch):
    monkeypatch.setenv("GANVAS_QUEUE_SIZE", "5")
    monkeypatch.setenv("GANVAS_QUEUE_SHARE", "2")
    room = Clients(public=True).room(control=False)
    assert (room.in_all, room.of_client) == (5, 2)


@pytest.mark.parametrize("text", ["", "0", "-3", "many", "1.5", "1e3"])
def test_a_setting_that_is_no_number_is_named(monkeypatch, text):
    monkeypatch.setenv("GANVAS_QUEUE_SHARE", text)
    with pytest.raises(ValueError, match="GANVAS_QUEUE_SHARE"):
        Clients(public=True).room(control=False)


def test_sessions_are_not_remembered_for_ever():
    clients = Clients(public=True)
    for k in range(2 * module._MOST_SESSIONS):
        clients.remember(f"page {k}", "key")
    assert len(clients._keys) <= module._MOST_SESSIONS


def test_no_proxy_is_trusted_unless_the_host_names_it(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.delenv("GANVAS_TRUSTED_PROXIES", raising=False)
    assert trusted_proxies() == ""
    monkeypatch.setenv("GANVAS_TRUSTED_PROXIES", "192.0.2.1")
    assert trusted_proxies() == "192.0.2.1"
