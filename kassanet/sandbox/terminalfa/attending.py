"""One client after another: requests are read, commands executed, answers delivered, unless a fault intervenes.

The register is busy until the answer has left or cannot leave; a client that goes away in between changes nothing.
"""

import trio

from kassanet.sandbox.peers import Gone, Peer
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.disturbance import Closing, Disturbance
from kassanet.sandbox.terminalfa.execution import Outcome, execute
from kassanet.sandbox.terminalfa.failures import Code
from kassanet.sandbox.terminalfa.names import names_of
from kassanet.sandbox.terminalfa.requests import Requests
from transports.terminalfa.commands import encode_failure
from transports.terminalfa.frames import Event, Frame


async def attend(device: Device, peer: Peer) -> float:
    """Serve one client and close its connection, or answer for how many seconds more it is to be held open."""
    requests = Requests(peer, device.settings.request_seconds)
    try:
        while (event := await requests.next()) is not None:
            closing = await _answer_in_turn(device, peer, event)
            if closing is not None and not peer.persistent:
                if not closing.seconds:
                    await peer.close(abort=closing.abort)
                return closing.seconds
            if device.settings.closes and not peer.persistent:
                break
    except Gone:
        pass
    await peer.close()
    return 0.0


async def _answer_in_turn(device: Device, peer: Peer, event: Event) -> Closing | None:
    """One exchange at a time, also where a device has several links; how the connection ends when a fault ends it."""
    acting = device.posing_as or device
    try:
        acting.queue.acquire_nowait()  # without a scheduler's turn, as nearly always
    except trio.WouldBlock:
        await acting.queue.acquire()
    try:
        await _answer(device, acting, peer, event)
    except Closing as closing:
        return closing
    finally:
        acting.queue.release()
    return None


async def _answer(device: Device, acting: Device, peer: Peer, event: Event) -> None:
    """Raises :class:`Closing` or :class:`Gone` when the connection ends with this exchange."""
    if not isinstance(event, Frame):
        await peer.send(encode_failure(Code.STRUCTURE))
        return
    fault = device.faults.choose(*names_of(event.head))
    if fault is not None:
        outcome = await Disturbance(device, peer, event, fault).run(acting)
    else:
        outcome = await execute(acting, event)
        await _deliver(device, peer, event, outcome)
    if outcome is not None and outcome.restarts:
        device.power_cycle(device.settings.restart_seconds)


async def _deliver(device: Device, peer: Peer, request: Frame, outcome: Outcome) -> None:
    try:
        await peer.send(outcome.reply)
    except Gone:
        device.events.undelivered(device.address, request.head, outcome.fd)
        raise
