"""One HTTP POST over a byte stream: what failed before a byte was written is told apart from what failed after."""

import h11
import trio

from transports.link import ByteStream, NothingWritten
from transports.pinpad import Unknown, Unreachable

MOST_OF_AN_ANSWER = 1_048_576


async def post(stream: ByteStream, host: str, path: str, body: bytes, seconds: float) -> bytes:
    """The answer's body. Raises :class:`Unreachable` or :class:`Unknown`, also for every status but 200."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=65_536)
    written = _request(connection, host, path, body)
    try:
        await stream.send_all(written)
    except NothingWritten as error:
        raise Unreachable(str(error)) from error
    except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
        raise Unknown(f"the link broke while the request was written: {error}") from error
    try:
        with trio.fail_after(seconds):
            return await _answer(stream, connection)
    except trio.TooSlowError:
        raise Unknown(f"no answer of the service within {seconds:g} s") from None
    except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
        raise Unknown(f"the link broke before the service answered: {error}") from error
    except h11.RemoteProtocolError as error:
        raise Unknown(f"the service's answer is no HTTP: {error}") from error


def _request(connection: h11.Connection, host: str, path: str, body: bytes) -> bytes:
    headers = [
        ("Host", host),
        ("Content-Type", "text/xml; charset=windows-1251"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    parts = (
        connection.send(h11.Request(method="POST", target=path, headers=headers)),
        connection.send(h11.Data(data=body)),
        connection.send(h11.EndOfMessage()),
    )
    return b"".join(part for part in parts if part)


async def _answer(stream: ByteStream, connection: h11.Connection) -> bytes:
    status, body = 0, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await stream.receive_some())
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_OF_AN_ANSWER:
                raise Unknown("the service's answer does not end")
        elif isinstance(event, h11.EndOfMessage):
            break
        elif isinstance(event, h11.ConnectionClosed):
            raise Unknown("the service closed the connection")
    if status != 200:
        raise Unknown(f"the service answered with status {status}")
    return bytes(body)
