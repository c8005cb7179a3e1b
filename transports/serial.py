"""Serial ports: pyserial opens and configures them, the bytes move on the file descriptor by Trio.

Reading in a thread would hold a cancelled command until pyserial's own time-out. Three traps are closed here:

* pyserial leaves VMIN=0 VTIME=0, where a read with nothing pending answers 0 bytes as if the line had hung up. VMIN is
  set to 1 after every configuration, so that 0 bytes means the end. Another program may set it back, so an end is
  believed only when it shows twice.
* A reader that waits must be told before the descriptor is closed under it.
* Closing a port waits until its output has left, however slow the line: output is dropped first.
"""

import os
import termios

import serial
import trio

from transports.link import NothingWritten
from transports.queued import bytes_queued

_RECEIVE = 4096
_VMIN_INDEX = 6  # of the list that tcgetattr answers: its special characters


class SerialStream:
    """An open, configured port."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._fd: int = port.fileno()
        self._closed = False

    async def send_all(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        sent = 0
        while sent < len(data):
            self._demand_open()
            try:
                sent += os.write(self._fd, data[sent:])
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._fd)
            except OSError as error:
                raise (trio.BrokenResourceError if sent else NothingWritten)(str(error)) from error

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        for _ in range(2):
            data = await self._read_when_ready(max_bytes or _RECEIVE)
            if data:
                return data
        return b""

    async def _read_when_ready(self, count: int) -> bytes:
        while True:
            self._demand_open()
            await trio.lowlevel.wait_readable(self._fd)
            try:
                return os.read(self._fd, count)
            except BlockingIOError:
                continue
            except OSError as error:
                raise trio.BrokenResourceError(str(error)) from error

    def unconfirmed(self) -> int:
        """Bytes that were sent and have not left the port yet. Raises OSError when it is gone."""
        self._demand_open()
        return bytes_queued(self._fd)

    def fileno(self) -> int:
        """The descriptor, for those who look at the port's settings."""
        return self._fd

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        trio.lowlevel.notify_closing(self._fd)
        _drop_output(self._fd)
        self._port.close()

    def _demand_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this port was closed")


class SerialDialer:
    """Opens one port, 8N1 without flow control, for this process alone."""

    persistent = True

    def __init__(self, path: str, baudrate: int = 115200) -> None:
        self._path = path
        self._baudrate = baudrate

    @property
    def address(self) -> str:
        return f"serial:{self._path}"

    async def dial(self) -> SerialStream:
        """Raises OSError: no such port, no right to it, or another process holds it."""
        await trio.lowlevel.checkpoint()
        port = serial.Serial(self._path, self._baudrate, timeout=0, write_timeout=0, exclusive=True)
        try:
            _block_on_empty(port.fileno())
        except BaseException:
            port.close()
            raise
        return SerialStream(port)


def _block_on_empty(fd: int) -> None:
    try:
        attributes = termios.tcgetattr(fd)
        attributes[_VMIN_INDEX][termios.VMIN] = 1
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
    except termios.error as error:
        raise OSError(*error.args) from error


def _drop_output(fd: int) -> None:
    try:
        termios.tcflush(fd, termios.TCOFLUSH)
    except termios.error:
        return  # the port is gone, and its output with it
