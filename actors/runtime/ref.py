"""Refs: the only way to reach an actor. A ref outlives every restart of the actor behind it."""

from math import inf
from typing import TYPE_CHECKING

import trio
from trio.lowlevel import checkpoint_if_cancelled, current_task, wait_task_rescheduled

from actors.runtime.envelope import Envelope, Question
from schemas.messages import Answer, Request

if TYPE_CHECKING:
    from actors.runtime.life import Life
    from actors.runtime.mailbox import Mailbox
    from actors.runtime.timers import Timers


class Ref:
    """``name`` is unique in its tree."""

    __slots__ = ("_mailbox", "_timers", "name", "watchers")

    def __init__(self, name: str, mailbox: "Mailbox", timers: "Timers") -> None:
        self.name = name
        self._mailbox = mailbox
        self._timers = timers
        self.watchers: dict[Life, None] = {}
        """Who monitors it; for the runtime, in the order of asking."""

    def __repr__(self) -> str:
        return f"<Ref {self.name}>"

    @property
    def depth(self) -> int:
        """How many messages wait, in both lanes."""
        return self._mailbox.work_depth + self._mailbox.control_depth

    @property
    def stopped(self) -> bool:
        """Whether the actor has stopped for good."""
        return self._mailbox.closed

    def tell(
        self, message: object, *, control: bool = False, deadline: float | None = None, key: str | None = None
    ) -> None:
        """Queue a message. ``deadline`` is absolute on Trio's clock: past it the message is dropped unhandled.

        Raises :class:`Overloaded` when the lane is full, :class:`ActorStopped` when the actor stopped for good.
        """
        self._mailbox.put(Envelope(message, inf if deadline is None else deadline, key, control))

    async def ask(
        self, message: Request[Answer], *, timeout: float = 5.0, control: bool = False, key: str | None = None
    ) -> Answer:
        """Queue a message and wait for its answer, at most ``timeout`` seconds.

        When time runs out or the asker is cancelled, a message still queued is withdrawn; one that the handler
        already took goes on, and its late answer is dropped. Raises :class:`Overloaded`, :class:`AskTimedOut`,
        :class:`ActorStopped`, :class:`ActorCrashed`, or what the handler declared.
        """
        await checkpoint_if_cancelled()
        deadline = trio.current_time() + timeout
        question = Question(message, deadline, key, control, task=current_task())
        self._mailbox.put(question)
        if timeout != inf:
            self._timers.call_at(deadline, question)
        await wait_task_rescheduled(question.withdraw)
        if question.error is not None:
            try:
                raise question.error
            finally:
                del question  # breaks the cycle error → traceback → frame → question
        value = question.value
        question.message = question.value = (
            None  # the timers may hold a question until its deadline: not what it carried
        )
        return value  # type: ignore[no-any-return]  # typed by the request, not by the envelope
