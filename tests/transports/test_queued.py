"""What the kernel took and nobody has received yet."""

import os
import socket
import tty
from contextlib import suppress

import pytest

from transports.queued import bytes_queued


def test_a_socket_whose_peer_takes_everything_and_then_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as ours:
        ours.connect(listener.getsockname())
        theirs, _ = listener.accept()
        ours.sendall(b"taken")
        assert theirs.recv(100) == b"taken"
        assert bytes_queued(ours.fileno()) == 0
        ours.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                ours.send(bytes(65536))
        assert bytes_queued(ours.fileno()) > 0
        theirs.close()


def test_a_terminal() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.write(slave, b"x")
    assert os.read(master, 1) == b"x"
    assert bytes_queued(slave) == 0
    os.close(master)
    os.close(slave)


def test_what_is_neither_or_gone() -> None:
    with open(os.devnull, "wb") as file:
        assert bytes_queued(file.fileno()) == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        bytes_queued(file_descriptor_of_nothing())


def file_descriptor_of_nothing() -> int:
    fd = os.open(os.devnull, os.O_RDONLY)
    os.close(fd)
    return fd
