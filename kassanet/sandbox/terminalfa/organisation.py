"""For whom simulated registers are registered: one invented organisation, and everything that registers must name."""

from kassanet.sandbox.fiscal_storage import Registration
from kassanet.sandbox.terminalfa.rnm import rnm_for

INN = "7707000015"
MODES = 0x2C
"""Automatic, services, internet: bits 2, 3 and 5."""

ALL_TAX_SYSTEMS = 0x3F
ALL_AGENTS = 0x7F


def registration_of(serial: str, order: int, inn: str = INN) -> Registration:
    """The registration of a register with this serial number, the ``order``-th of its organisation.

    All tax systems and agents, so that no receipt is refused for what the register was registered with.
    """
    return Registration(
        inn=inn,
        rnm=rnm_for(order, inn, serial),
        kkt_serial=serial,
        modes=MODES,
        tax_systems=ALL_TAX_SYSTEMS,
        agents=ALL_AGENTS,
        user='ООО "Песочница"',
        address="https://shop.example",
        place="https://shop.example",
        machine_number=serial[-6:],
        sender_email="receipts@shop.example",
        ofd_inn="7700000009",
        ofd_name="ОФД песочницы",
    )
