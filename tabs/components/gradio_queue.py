"""The queue of the page: bounded, fair between visitors, without those who have gone.

Everything here relies on Gradio's `Queue`; `tests/tabs/components/test_gradio_queue.py` checks what
each docstring says is relied on.

Events with a name of `events.WORK` use the device and wait in one order, which `FairOrder` gives.
All others are control: clicks, status, stop. They have a larger bound of their own and never wait
for the device.
"""

from __future__ import annotations

import asyncio
import html
import time
from asyncio import Queue as Messages
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal, TypeVar

import fastapi
from gradio import route_utils
from gradio.block_function import BlockFunction
from gradio.context import LocalContext
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event, Queue
from gradio.server_messages import (
    EventMessage,
    LogMessage,
    ProcessCompletedMessage,
    ProgressMessage,
    ProgressUnit,
)
from gradio.utils import run_coro_in_background

from tabs.components.clients import Client, Clients
from tabs.components.events import LONG, SHORT, WORK
from tabs.components.fair_order import FairOrder, Turns
from tabs.components.gradio_compat import Page, no_updates
from tabs.components.gradio_sessions import forget, forget_closed

UNHEARD_SECONDS = 60.0  # without anybody who reads its answer an event is dropped
KEPT_SECONDS = 600.0  # that an answer nobody has read is kept
SWEEP_SECONDS = 5.0
FIRST_COST_SECONDS = 1.0  # expected of an event that has not run yet
BUSY_TITLE, BUSY_SECONDS = "Busy", 10
STOPPING = "Busy: the page is being restarted; try again in a minute."
_MOST_UNREAD = 64  # messages of one session; then requests get a plain 503
_MANY_FILES = 1000  # in one component's list of files, before it is looked through

PageT = TypeVar("PageT", bound=Page)
Pushed = tuple[bool, Any, Literal["success", "error", "queue_full", "validator_error"]]


class Mailbox(Messages[EventMessage]):
    """Messages to a page or a program, which knows when it was last read.

    Relies on the stream of a session calling `get`, again every 10 seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._readers = 0
        self._read = time.monotonic()

    def expect_reader(self) -> None:
        """Count the time without a reader from now on."""
        self._read = time.monotonic()

    async def get(self) -> EventMessage:
        """The next message."""
        self._readers += 1
        try:
            return await super().get()
        finally:
            self._readers -= 1
            self._read = time.monotonic()

    def unread_seconds(self) -> float:
        """How long nobody has read it; 0 while somebody does."""
        return 0.0 if self._readers else time.monotonic() - self._read


class VisitorQueue(Queue):
    """Gradio's queue with `Clients` and a fair order. Use `install_queue`."""

    def __init__(self, clients: Clients, replaced: Queue) -> None:
        """Relies on the arguments of `Queue`, which are those of the queue that is replaced."""
        super().__init__(
            live_updates=replaced.live_updates,
            concurrency_count=replaced.max_thread_count,
            update_intervals=replaced.update_intervals,
            max_size=None,  # `push` refuses
            blocks=replaced.blocks,
            default_concurrency_limit=replaced.default_concurrency_limit,
        )
        self.ANALYTICS_MAX_EVENTS = 1  # nobody looks at statistics of single events
        self._clients, self._order, self._turns = clients, FairOrder(), Turns()
        self.loop: asyncio.AbstractEventLoop | None = None  # that the server runs in
        self.is_closing = False  # then nothing more is let in
        self._of: dict[str, Client] = {}  # by the id of an event that waits or runs
        self._tags: dict[str, tuple[float, float]] = {}  # tag and cost, of those of the device

    def start(self) -> None:
        """Also start to sweep; called when the server starts."""
        super().start()
        run_coro_in_background(self._sweep_on_schedule)

    def compute_analytics_summary(self, records: Any) -> dict[str, Any]:
        """Nothing: Gradio makes a table of the last 10,000 events at the end of each event."""
        return self.cached_event_analytics_summary

    # who may wait

    async def push(
        self, body: PredictBodyInternal, request: fastapi.Request, username: str | None
    ) -> Pushed:
        """As Gradio's, but an event that finds no room is answered with a sentence.

        A page, and gradio_client, show the error of an answer, but not the words of an HTTP 503:
        they get an answer. A plain program gets the 503 with the sentence.
        """
        fn = self._function(body)
        if fn is None:
            return await super().push(body, request, username)
        address = request.client.host if request.client else ""
        client = self._clients.client(body.session_hash or "", address)
        if refusal := self._refusal(fn, client):
            return self._refuse(body, request, username, fn, refusal)
        if body.session_hash is not None:
            self._mailbox(body.session_hash)
        pushed = await super().push(body, request, username)
        if pushed[0] and (event := self.event_ids_to_events.get(str(pushed[1]))) is not None:
            self._admit(event, address)
        return pushed

    def _function(self, body: PredictBodyInternal) -> BlockFunction | None:
        """The function of an event; None of an unknown one. Relies on `get_fn`."""
        try:
            return route_utils.get_fn(self.blocks, None, body)
        except (KeyError, route_utils.FnIndexInferError):
            return None

    def _mailbox(self, session: str) -> Mailbox:
        """The messages of a session; relies on `push` using those that are there."""
        if session not in self.pending_messages_per_session:
            self.pending_messages_per_session[session] = Mailbox()
        messages = self.pending_messages_per_session[session]
        if not isinstance(messages, Mailbox):  # of a program, which `push` has just made
            box = Mailbox()
            while not messages.empty():
                box.put_nowait(messages.get_nowait())
            self.pending_messages_per_session[session] = messages = box
        return messages

    def _admit(self, event: Event, address: str) -> None:
        """Give an event that was pushed its place. Relies on the lists of events being served from
        the front.
        """
        self._mailbox(event.session_hash).expect_reader()
        client = self._of[event._id] = self._clients.client(event.session_hash, address)
        if not is_work(event.fn):
            return
        cost = self._expected_seconds(event.fn)
        self._tags[event._id] = self._order.tag(client.name, cost), cost
        waiting = self.event_queue_per_concurrency_id[event.concurrency_id].queue
        waiting.sort(key=self._tag)
        if event is not waiting[-1]:
            self.broadcast_estimations(event.concurrency_id, waiting.index(event))

    def _tag(self, event: Event) -> float:
        return self._tags.get(event._id, (0.0, 0.0))[0]

    def _expected_seconds(self, fn: BlockFunction) -> float:
        """The mean time of a function so far; relies on `process_time_per_fn`."""
        if fn in self.process_time_per_fn:
            return self.process_time_per_fn[fn].avg_time
        return FIRST_COST_SECONDS

    def _refusal(self, fn: BlockFunction, client: Client) -> str | None:
        """Why an event may not wait; None: it may."""
        if self.is_closing:
            return STOPPING
        control = not is_work(fn)
        room = self._clients.room(control)
        waiting = [
            event
            for queue in self.event_queue_per_concurrency_id.values()
            for event in queue.queue
            if is_work(event.fn) != control
        ]
        if len(waiting) >= room.in_all:
            return (
                f"Busy: {len(waiting)} requests wait before you; nothing was done. "
                "Try again in a minute."
            )
        there = [self._of[e._id] for e in [*waiting, *self._running(control)] if e._id in self._of]
        of_client = sum(other.name == client.name for other in there)
        of_address = sum(other.address == client.address for other in there)
        if (room.of_client is not None and of_client >= room.of_client) or (
            room.of_address is not None and of_address >= room.of_address
        ):
            return (
                f"Busy: {of_client or of_address} of your requests are not finished; nothing was "
                "done. Try again when one of them is."
            )
        return None

    def _running(self, control: bool) -> Iterable[Event]:
        """The events that run; relies on `active_jobs`."""
        for job in self.active_jobs:
            for event in job or ():
                if is_work(event.fn) != control:
                    yield event

    def _refuse(
        self,
        body: PredictBodyInternal,
        request: fastapi.Request,
        username: str | None,
        fn: BlockFunction,
        sentence: str,
    ) -> Pushed:
        """Answer an event without running it.

        Relies on a session's messages being sent to it, on the stream ending when none of
        `pending_event_ids_session` is left, and on an answer without changes for a private event.
        """
        session = body.session_hash
        if session is None or self._mailbox(session).qsize() > _MOST_UNREAD:
            return False, sentence, "queue_full"
        self._mailbox(session).expect_reader()
        event = Event(session, fn, request, username)
        self.pending_event_ids_session.setdefault(session, set()).add(event._id)
        if fn.api_visibility == "private":
            note = LogMessage(
                log=html.escape(sentence), level="warning", duration=BUSY_SECONDS, title=BUSY_TITLE
            )
            self.send_message(event, note)
            answer = ProcessCompletedMessage(output=no_updates(fn), success=True)
            self.send_message(event, answer)
        else:
            self.fail(event, sentence)
        return True, event._id, "success"

    def fail(self, event: Event, sentence: str) -> None:
        """End an event with an error; relies on the entries of `error_payload`."""
        error = {"error": sentence, "title": BUSY_TITLE, "visible": True, "duration": BUSY_SECONDS}
        answer = ProcessCompletedMessage(output=error, success=False, title=BUSY_TITLE)
        self.send_message(event, answer)

    # what they see

    def broadcast_estimations(self, concurrency_id: str, after: int | None = None) -> None:
        """As Gradio's, and those who wait are told how many are before them.

        Relies on the progress of a pending event being shown in its place, where it is a number.
        """
        super().broadcast_estimations(concurrency_id, after)
        queue = self.event_queue_per_concurrency_id[concurrency_id]
        if queue.concurrency_limit is None or queue.current_concurrency < queue.concurrency_limit:
            return  # they begin at once
        for rank, event in enumerate(queue.queue):
            if (after is None or rank >= after) and event.fn.show_progress != "hidden":
                text = f"Busy: {rank} before you" if rank else "Busy: you are next"
                unit = ProgressUnit(index=None, length=None, unit=None, progress=0.0, desc=text)
                self.send_message(event, ProgressMessage(progress_data=[unit]))

    # what runs

    async def process_events(
        self, events: list[Event], batch: bool, begin_time: float, fn: BlockFunction
    ) -> None:
        """As Gradio's; then the time is charged, and what a program's call has left is forgotten.

        Relies on an event's id being its session where a program names none.
        """
        for event in events:
            self._order.serve(self._tag(event))
        began = time.monotonic()
        try:
            with self._turns.short() if fn.concurrency_id in SHORT else nullcontext():
                await super().process_events(events, batch, begin_time, fn)
        finally:
            seconds = time.monotonic() - began
            for event in events:
                self._finish(event, seconds)

    def _finish(self, event: Event, seconds: float) -> None:
        client = self._of.pop(event._id, None)
        _, cost = self._tags.pop(event._id, (0.0, 0.0))
        if client is not None and is_work(event.fn):
            self._order.correct(client.name, seconds - cost)
        if (app := self.server_app) is not None:
            app.iterators_to_reset.discard(event._id)
            if event.session_hash == event._id:
                forget(app.state_holder, event._id)
        if event.session_hash not in self.pending_messages_per_session:
            self.pending_event_ids_session.pop(event.session_hash, None)

    def turn(self, event_id: str | None) -> AbstractAsyncContextManager[None]:
        """The turn of an event for one step, if its work is long and comes in steps."""
        event = self.event_ids_to_events.get(event_id or "")
        client = self._of.get(event_id or "")
        if event is None or client is None or event.concurrency_id != LONG["concurrency_id"]:
            return nullcontext()
        return self._turns.turn(client.name)

    def is_abandoned(self, event_id: str) -> bool:
        """Whether nobody waits for an event any more: its page was closed, or it was cancelled.

        Relies on `alive`, and on `event_ids_to_events` losing those that were cancelled.
        """
        event = self.event_ids_to_events.get(event_id)
        return event is None or not event.alive

    # what is dropped

    async def _sweep_on_schedule(self) -> None:
        self.loop = asyncio.get_running_loop()
        while not self.stopped:
            await asyncio.sleep(SWEEP_SECONDS)
            await self.sweep()

    async def sweep(self) -> None:
        """Drop events that nobody waits for, answers that nobody reads, and closed sessions.

        Relies on `clean_events` removing what waits and marking what runs as not `alive`, which
        ends a generator at its next step.
        """
        boxes = list(self.pending_messages_per_session.items())
        for session, messages in boxes:
            unread = messages.unread_seconds() if isinstance(messages, Mailbox) else 0.0
            if unread > UNHEARD_SECONDS and self._has_events(session):
                await self.clean_events(session_hash=session)
                self._forget_session(session)
            elif unread > KEPT_SECONDS and not self._has_events(session):
                self._forget_session(session)
        for event_id in [i for i in self._of if i not in self.event_ids_to_events]:
            self._give_up(event_id)
        if self.server_app is not None:
            forget_closed(self.server_app.state_holder)
        await asyncio.to_thread(self._forget_files)

    def _forget_session(self, session: str) -> None:
        self.pending_messages_per_session.pop(session, None)
        self.pending_event_ids_session.pop(session, None)

    def _has_events(self, session: str) -> bool:
        ids = self.pending_event_ids_session.get(session, ())
        return any(i in self.event_ids_to_events for i in ids)

    def _give_up(self, event_id: str) -> None:
        """Forget an event that was removed before it ran; its client gets its cost back."""
        client, (_, cost) = self._of.pop(event_id), self._tags.pop(event_id, (0.0, 0.0))
        self._order.correct(client.name, -cost)

    def _forget_files(self) -> None:
        """Forget the names of files that were deleted; relies on `temp_file_sets`."""
        for names in self.blocks.temp_file_sets:
            if len(names) > _MANY_FILES:
                names -= {name for name in list(names) if not Path(name).exists()}


def is_work(fn: BlockFunction) -> bool:
    """Whether an event uses the device, and is not just control."""
    return fn.concurrency_id in WORK


def install_queue(app: PageT, clients: Clients) -> PageT:
    """Replace the queue of a page after `app.queue()`.

    Relies on everything asking the page for its `_queue`, and on `start` being called later.
    """
    queue = VisitorQueue(clients, app._queue)
    app._queue, app.turn_of = queue, queue.turn
    return app


def abandonment() -> Callable[[], bool]:
    """A function that says whether the visitor of the event that runs now has gone.

    Relies on `LocalContext` in the thread of an event; elsewhere nobody ever goes.
    """
    event_id, blocks = LocalContext.event_id.get(None), LocalContext.blocks.get(None)
    queue = getattr(blocks, "_queue", None)
    if event_id is None or not isinstance(queue, VisitorQueue):
        return lambda: False
    return lambda: queue.is_abandoned(event_id)
