"""The service that DUALConnector's clients know: one POST, one document back, always with status 200.

It asks for no token, because its clients have none to give: it is off unless it is given a port, and then listens to
the networks that it is told, the machine itself unless said otherwise.
"""

from collections.abc import Callable, Mapping

import structlog
import trio
from msgspec.structs import replace
from quart import Response, request
from quart_trio import QuartTrio

from actors.runtime import ActorError, AskTimedOut
from actors.store import StoreUnavailable
from kassanet.dc2.translating import (
    BAD_REQUEST,
    CODES,
    DEFAULT_TIMEOUT,
    DEVICES,
    SYSTEM,
    Asked,
    outcome,
    read_asked,
    refusal,
)
from kassanet.edge.cookies import from_foreign_page
from kassanet.edge.settings import Network, contains
from kassanet.pinpads import Pinpads
from schemas.pinpad_commands import NotPossible
from schemas.records import Conflict, NotFound
from transports.dc2.documents import ENCODING, Answer, BadDocument, Request, read_request, write_answer
from transports.smartsale.profile import TerminalProfile

log = structlog.get_logger("dc2")

GRACE = 5.0
"""Seconds beyond the till's own time-out for the operation to be ended on our side."""

Profiles = Callable[[int], TerminalProfile]
"""The terminal profile of a pinpad: what its operations' codes are."""


class Dc2Service:
    """``devices`` names pinpads by ``COM3`` or ``ip:port``, as tills call them; ``default`` is for who names none."""

    def __init__(self, pinpads: Pinpads, profiles: Profiles, devices: Mapping[str, int], default: int | None) -> None:
        self._pinpads = pinpads
        self._profiles = profiles
        self._devices = {name.upper(): pinpad_id for name, pinpad_id in devices.items()}
        self._default = default

    async def answer(self, body: bytes) -> bytes:
        """The document that answers this one."""
        return write_answer(await self._answer(body))

    async def _answer(self, body: bytes) -> Answer:
        try:
            said = read_request(body)
            pinpad_id = self._pinpad(said)
            asked = read_asked(said, self._profiles(pinpad_id))
        except BadDocument as error:
            return refusal(BAD_REQUEST, str(error))
        except NotFound as error:
            return refusal(DEVICES, str(error))
        try:
            return await self._carry_out(pinpad_id, asked)
        except NotPossible as error:
            return refusal(BAD_REQUEST, "; ".join(f"{e.path} {e.message}, expected {e.expected}" for e in error.errors))
        except NotFound as error:
            return refusal(DEVICES, str(error))
        except Conflict as conflict:
            return refusal(CODES.get(conflict.code, BAD_REQUEST), conflict.text)
        except (ActorError, StoreUnavailable) as trouble:
            log.warning("dc2_system", reason=str(trouble))
            return refusal(SYSTEM, "the service cannot do its work now")

    def _pinpad(self, said: Request) -> int:
        """By the device's name, else by a pinpad's own address. Raises NotFound."""
        name = said.address or (f"COM{said.com}" if said.com is not None else None)
        if name is None:
            only = list(self._pinpads.rows)
            found = self._default if self._default is not None else only[0] if len(only) == 1 else None
        else:
            found = self._devices.get(name.upper(), self._by_address(name))
        if found is None or found not in self._pinpads.rows:
            raise NotFound(f"no pinpad is known as {name or 'the default one'}")
        return found

    def _by_address(self, address: str) -> int | None:
        rows = self._pinpads.rows.values()
        return next((row.id for row in rows if row.spec.address == address), None)

    async def _carry_out(self, pinpad_id: int, asked: Asked) -> Answer:
        seconds = asked.request.time_limit or DEFAULT_TIMEOUT
        if asked.undone is not None:
            last = await self._pinpads.last_charge(pinpad_id)
            if last is None or last.amount != asked.undone:
                raise Conflict("not_last", f"the last operation was not one of {asked.undone} kopecks")
            asked = replace(asked, request=replace(asked.request, of=last.id))
        with trio.CancelScope(shield=True):  # a till that hangs up leaves no operation half accepted
            accepted = await self._pinpads.submit(pinpad_id, asked.request)
        try:
            await self._pinpads.wait(pinpad_id, accepted.operation_id, seconds + GRACE)
        except AskTimedOut:
            log.warning("dc2_not_completed", pinpad=pinpad_id, operation=accepted.operation_id)
        return outcome(asked, await self._pinpads.operation(pinpad_id, accepted.operation_id))


def dc2_app(service: Dc2Service, networks: tuple[Network, ...], path: str = "/") -> QuartTrio:
    """The application for its own port."""
    app = QuartTrio(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 262_144

    @app.post(path)
    async def post() -> Response:
        client = request.scope.get("client")
        if client is None or not contains(networks, client[0]):
            return Response("not from here", 403)
        if from_foreign_page(request.headers):
            return Response("not from a page", 403)  # of another site, in a browser that stands in these networks
        body: bytes = await request.body
        document = await service.answer(body)
        return Response(document, content_type=f"text/xml; charset={ENCODING}")

    return app
