"""The trainings of the page's visitors: one thread trains them in turn, while somebody looks."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gan_models.learning.live.run import Run
from gan_models.learning.live.settings import Settings

MAX_SESSIONS = 12  # on a server
MAX_PER_VISITOR = 2
MAX_RUNS = 2  # side by side
PAUSED_AFTER_SECONDS = 10.0  # after the last look
DELETED_AFTER_SECONDS = 600.0
SLICE_SECONDS, LEAST_SLICE_SECONDS, ROUND_SECONDS = 0.05, 0.015, 0.24
PACES = (0, 5, 25, 100)  # steps a second at most; 0: as many as the server makes

BUSY = "The server trains for as many visitors as it can at once; try again in a few minutes."
YOURS = "Two trainings of this browser are being watched; close the other page, and try again."
GONE = "This training has ended, because nobody looked for ten minutes. Press Reset for a new one."


class GoneError(ValueError):
    """There is no such session, or it has been deleted."""


@dataclass(eq=False)
class Session:
    """The runs of one page, which make their steps together.

    Attributes:
        visitor: the browser's key.
        runs: one or two, of the same number of steps.
        playing: whether they make steps.
        stops_at: the step at which they pause; 0 for none.
        pace: steps a second at most, 0 for any number.
        last_look: when the page last asked, by the clock.
        was_unwatched: whether it was paused because nobody looked.
        version: counts the changes of what the page shows.
        marks: (clock, steps) after the last slices.
        pictured: when its last pictures were taken, by the clock.
        lock: held while the runs change.
    """

    visitor: str
    runs: list[Run]
    last_look: float
    playing: bool = False
    stops_at: int = 0
    pace: int = 0
    due: float = 0.0
    was_unwatched: bool = False
    version: int = 0
    pictured: float = 0.0
    marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=40))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def step_count(self) -> int:
        """Steps of the generators so far."""
        return max(run.training.step_count for run in self.runs)

    @property
    def steps_per_second(self) -> float:
        """Steps of the generators in the last two seconds or so."""
        marks = [mark for mark in self.marks if mark[0] > self.marks[-1][0] - 2]
        if not self.playing or len(marks) < 2:
            return 0.0
        return (marks[-1][1] - marks[0][1]) / max(marks[-1][0] - marks[0][0], 1e-6)

    def set_playing(self, playing: bool, stops_at: int = 0) -> None:
        """Start or pause, up to a step if one is given."""
        self.playing, self.stops_at = playing, stops_at
        self.was_unwatched = False
        self.version += 1
        self.marks.clear()

    def take_pictures(self, now: float) -> None:
        """Take the pictures that the page shows, of the runs as they are."""
        for run in self.runs:
            run.look()
        self.pictured = now
        self.version += 1

    def step(self) -> None:
        """One step of each run; one that has a head start makes that first, alone."""
        ahead = [run for run in self.runs if run.training.head_start_left and not run.is_over]
        for run in ahead or self.runs:
            run.step()
        if all(run.is_over for run in self.runs) or 0 < self.stops_at <= self.step_count:
            self.playing = False


class LiveTrainings:
    """Sessions of live trainings; the thread that trains lives while there are any.

    Args:
        clock: gives seconds.
        starts_thread: whether to train in a thread; else by `work_round` alone.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, starts_thread: bool = True
    ) -> None:
        self._clock, self._starts_thread = clock, starts_thread
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self, visitor: str, settings: Sequence[Settings]) -> str:
        """Begin a session of one or two runs; returns its token.

        Raises:
            ValueError: there are too many sessions, of this visitor or at all.
        """
        _check_count(settings)
        with self._lock:
            self._make_room(visitor)
        session = Session(visitor, [Run(each) for each in settings], self._clock())
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._make_room(visitor)  # another may have come while the networks were made
            self._sessions[token] = session
            if self._thread is None and self._starts_thread:
                self._thread = threading.Thread(target=self._train, daemon=True, name="live")
                self._thread.start()
        return token

    def _make_room(self, visitor: str) -> None:
        """Delete what nobody watches where its place is needed."""
        own = [token for token, one in self._sessions.items() if one.visitor == visitor]
        if len(own) >= MAX_PER_VISITOR:
            self._delete_unwatched(own, YOURS)
        if len(self._sessions) >= MAX_SESSIONS:
            self._delete_unwatched(list(self._sessions), BUSY)

    def _delete_unwatched(self, tokens: list[str], sentence: str) -> None:
        oldest = min(tokens, key=lambda token: self._sessions[token].last_look)
        if self._clock() - self._sessions[oldest].last_look < PAUSED_AFTER_SECONDS:
            raise ValueError(sentence)
        del self._sessions[oldest]

    def look(self, token: object) -> Session:
        """The session of a token, which counts as watched now.

        Raises:
            GoneError: there is none.
        """
        session = self._sessions.get(token) if isinstance(token, str) else None
        if session is None or self._is_expired(session):
            raise GoneError(GONE)
        session.last_look = self._clock()
        return session

    def play(self, token: object, stops_at: int = 0) -> None:
        """Let the runs make steps, up to a number of them if one is given."""
        session = self.look(token)
        with session.lock:
            session.set_playing(True, stops_at)
            session.due = self._clock()
        self._wake.set()

    def pause(self, token: object) -> None:
        """Stop the runs where they are."""
        session = self.look(token)
        with session.lock:
            self._stop(session)

    def _stop(self, session: Session) -> None:
        """Pause; the last steps may not have been pictured."""
        session.set_playing(False)
        session.take_pictures(self._clock())

    def step(self, token: object) -> None:
        """Make one step of the generators, with what is left of a head start before it."""
        session = self.look(token)
        self.play(token, session.step_count + 1)

    def set_pace(self, token: object, pace: object) -> None:
        """Set how many steps a second the runs make at most.

        Raises:
            ValueError: it is none of `PACES`.
        """
        session = self.look(token)
        if pace not in PACES or isinstance(pace, bool):
            raise ValueError(f"pace is one of {', '.join(map(str, PACES))}.")
        session.pace = int(pace)  # pyright: ignore[reportArgumentType] - it is one of PACES

    def reset(self, token: object, settings: Sequence[Settings]) -> None:
        """Begin anew with these settings, paused."""
        _check_count(settings)
        session = self.look(token)
        runs = [Run(each) for each in settings]
        with session.lock:
            session.runs = runs
            session.set_playing(False)

    def close(self) -> None:
        """Delete all sessions; the thread ends."""
        with self._lock:
            self._sessions.clear()
        self._wake.set()

    def count(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    def _is_expired(self, session: Session) -> bool:
        return self._clock() - session.last_look > DELETED_AFTER_SECONDS

    def _train(self) -> None:
        while True:
            self._wake.clear()
            worked = self.work_round()
            with self._lock:
                if not self._sessions:
                    self._thread = None
                    return
            if not worked:
                self._wake.wait(0.05 if self._any_playing() else 1.0)

    def _any_playing(self) -> bool:
        return any(session.playing for session in list(self._sessions.values()))

    def work_round(self) -> bool:
        """Give each session its slice, and delete those that expired; whether any made a step."""
        with self._lock:
            for token in [t for t, one in self._sessions.items() if self._is_expired(one)]:
                del self._sessions[token]
            sessions = list(self._sessions.values())
        for session in sessions:
            if session.playing and self._clock() - session.last_look > PAUSED_AFTER_SECONDS:
                with session.lock:
                    self._stop(session)
                    session.was_unwatched = True
        playing = [session for session in sessions if session.playing]
        span = max(LEAST_SLICE_SECONDS, min(SLICE_SECONDS, ROUND_SECONDS / max(1, len(playing))))
        return sum(self._work(session, span) for session in playing) > 0

    def _work(self, session: Session, span: float) -> int:
        """Make steps for so many seconds, then a picture; the number of steps."""
        steps, end = 0, self._clock() + span
        if not session.lock.acquire(blocking=False):
            return 0
        try:
            while session.playing and self._clock() < end:
                if session.pace:
                    if self._clock() < session.due:
                        break
                    session.due = max(session.due, self._clock() - 1) + 1 / session.pace
                session.step()
                steps += 1
            if steps:
                session.marks.append((self._clock(), session.step_count))
                # pictures that nobody would see are not taken
                if session.last_look > session.pictured or not session.playing:
                    session.take_pictures(self._clock())
        finally:
            session.lock.release()
        return steps


def _check_count(settings: Sequence[Settings]) -> None:
    if not 1 <= len(settings) <= MAX_RUNS:
        raise ValueError(f"One or two trainings run side by side, not {len(settings)}.")
