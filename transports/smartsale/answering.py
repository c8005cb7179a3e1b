"""Our answer to what the pinpad asked, kept until it was acknowledged.

A pinpad that missed our ACK asks again. Were "send to the host" carried out twice, the bank would read a request
twice; so the same question before the answer was acknowledged gets the same answer, and nothing is done.
"""

from transports.smartsale.message import Message


class Answering:
    """The last question and the frame that answers it; ``sends`` bounds how often that is sent."""

    def __init__(self, sends: int) -> None:
        self._most = sends
        self._sends = 0
        self._question: Message | None = None
        self.given = b""

    @property
    def outstanding(self) -> bool:
        return bool(self.given)

    def to(self, question: Message) -> None:
        self._question = question
        self.given = b""

    def give(self, frame: bytes) -> bytes:
        self.given = frame
        self._sends = 1
        return frame

    def again(self) -> bytes | None:
        if self._sends >= self._most:
            return None
        self._sends += 1
        return self.given

    def repeats(self, question: Message) -> bool:
        return self.outstanding and question == self._question

    def taken(self) -> None:
        self._question = None
        self.given = b""
