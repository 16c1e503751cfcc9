"""Sessions that refer to the page: what each relies on in Gradio, and that they are apart."""

import datetime
import gc
import tracemalloc

import gradio as gr
import pytest
from gradio import route_utils, state_holder
from gradio.state_holder import StateHolder

from tabs.components import gradio_sessions as sessions
from tabs.components.gradio_sessions import LeanSession


@pytest.fixture
def holder():
    """The sessions of a page with two hundred components."""
    with gr.Blocks() as app:
        for k in range(200):
            gr.Slider(0, 2, 1, label=f"slider {k}")
        gr.State({"seeds": []})
    before = state_holder.SessionState, route_utils.SessionState
    sessions.use_lean_sessions()
    made = StateHolder()
    made.set_blocks(app)
    yield made
    state_holder.SessionState, route_utils.SessionState = before


def ids(holder: StateHolder, kind: type) -> list[int]:
    return [key for key, block in holder.blocks.blocks.items() if isinstance(block, kind)]


def test_gradio_makes_our_sessions(holder):
    """Else the class is looked up elsewhere, and sessions are large again."""
    assert type(holder["a"]) is LeanSession
    assert route_utils.SessionState is LeanSession


def test_a_session_has_all_that_gradios_own_has(holder):
    """Else Gradio has given sessions something more, which ours lack."""
    plain = vars(sessions.SessionState(holder.blocks))
    assert set(vars(holder["a"])) == set(plain)


def test_sessions_do_not_see_each_others_values(holder):
    state, slider = ids(holder, gr.State)[0], ids(holder, gr.Slider)[0]
    holder["a"][state]["seeds"].append(1)
    holder["a"][slider] = gr.Slider(0, 9, 3)
    assert holder["b"][state] == {"seeds": []}
    assert holder["b"][slider].maximum == 2
    assert holder["a"][slider].maximum == 9
    assert holder.blocks.blocks[slider].maximum == 2


def test_all_components_can_be_listed(holder):
    """Else the properties of a session, which Gradio stores for a link, lack some."""
    plain = list(sessions.SessionState(holder.blocks).components)
    assert [c["id"] for c in holder["a"].components] == [c["id"] for c in plain]


def test_a_session_costs_a_few_kilobytes(holder):
    slider = ids(holder, gr.Slider)[0]
    for k in range(5):
        holder[f"warm {k}"]._update_value_in_config(slider, 1)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for k in range(100):
        for key in ids(holder, gr.Slider):
            holder[f"page {k}"]._update_value_in_config(key, "x" * 1000)
    gc.collect()
    each = (tracemalloc.get_traced_memory()[0] - before) / 100
    tracemalloc.stop()
    assert each < 8000


def test_a_session_is_forgotten_with_all_that_it_has(holder):
    ended = []
    state = ids(holder, gr.State)[0]
    holder.blocks.blocks[state].delete_callback = ended.append
    holder["a"][state] = {"seeds": [7]}
    sessions.forget(holder, "a")
    assert ended == [{"seeds": [7]}]
    assert "a" not in holder.session_data
    assert "a" not in holder.time_last_used


def test_closed_pages_are_forgotten_after_a_while_and_open_ones_never(holder):
    long_ago = datetime.datetime.now() - datetime.timedelta(seconds=sessions.CLOSED_SECONDS + 1)
    for name in ("open", "closed", "just closed"):
        holder[name].is_closed = name != "open"
    for name in ("open", "closed"):
        holder.time_last_used[name] = long_ago
    sessions.forget_closed(holder)
    assert set(holder.session_data) == {"open", "just closed"}
