"""Events of the page itself, called by their number with whatever: no bug, nothing read."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.page import HostilePage, file_data
from tests.hostile.values import PATHS, anything


def private_events(page: HostilePage) -> list[dict]:
    config = page.client.get("/config").json()
    return [one for one in config["dependencies"] if one["api_visibility"] == "private"]


def check_event(page: HostilePage, event: dict, values: list, **extra) -> None:
    """A private event never fails: it shows a toast and changes nothing."""
    message = page.join(event["id"], values, **extra)
    assert message is None or message["success"] is True, (event["id"], event["api_name"], message)
    assert "went wrong on the server" not in str(message)


def check_events(page: HostilePage, data) -> None:
    event = data.draw(st.sampled_from(private_events(page)))
    values = [data.draw(anything) for _ in event["inputs"]]
    before = len(bugs(page))
    check_event(page, event, values)
    assert bugs(page)[before:] == [], (event["id"], values)


def bugs(page: HostilePage) -> list[str]:
    return [line for line in page.text().splitlines() if line.endswith("failed")]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_event_called_by_its_number_does_not_fail(hostile_page, data):
    check_events(hostile_page, data)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_many_events_called_by_their_number_do_not_fail(hostile_page, data):
    check_events(hostile_page, data)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_event_takes_a_file_from_outside_or_one_value_for_another(page):
    """Each event with values that its fields could have, but for one."""
    config = page.client.get("/config").json()
    kinds = {one["id"]: one for one in config["components"]}
    chance, before = random.Random(5), bugs(page)
    for event in private_events(page):
        usual = [kinds[i]["props"].get("value") if i in kinds else None for i in event["inputs"]]
        for at in range(len(usual)):
            wrong = chance.choice(
                [None, "x", 7, -1.5, [], {}, True, [["x"]], *(file_data(path) for path in PATHS)]
            )
            values = [wrong if k == at else value for k, value in enumerate(usual)]
            if is_long_work(kinds, event, values):
                continue
            check_event(page, event, values)
            assert bugs(page) == before, (event["id"], event["api_name"], at, values)


def is_long_work(kinds: dict, event: dict, values: list) -> bool:
    """Whether an event would make pictures for minutes with these values."""
    names = [kinds[i]["props"].get("elem_id") or "" for i in event["inputs"] if i in kinds]
    return any("film" in name or "walk" in name for name in names)


@pytest.mark.parametrize("number", [-1, 10**6, 10**20, None, 1.5, [0], float("nan")])
def test_an_event_that_does_not_exist_is_refused(page, number):
    body = {"data": [], "fn_index": number, "session_hash": "x1"}
    answer = page.post("/gradio_api/queue/join", body)
    assert 400 <= answer.status_code < 500
    assert "detail" in answer.json()


@pytest.mark.parametrize("trigger", [-5, 10**9, 1])
def test_a_trigger_that_does_not_exist_does_no_harm(page, trigger):
    event = private_events(page)[0]
    values = [None for _ in event["inputs"]]
    check_event(page, event, values, trigger_id=trigger, event_data={"index": [[{}]]})


def test_the_first_example_is_shown_wherever_the_server_was_started(hostile_page):
    """The page of these tests runs in another folder than the project's."""
    events = private_events(hostile_page)
    event = next(one for one in events if one["api_name"] == "_first_example")
    message = hostile_page.join(event["id"], [None, None, "vintage"])
    assert message is not None
    shown = message["output"]["data"][0]
    answer = hostile_page.client.get(f"/gradio_api/file={shown['path']}")
    assert answer.content.startswith(b"\xff\xd8")  # a JPEG
    assert "translate/examples" not in shown["path"]
