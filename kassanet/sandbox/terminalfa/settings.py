"""What may differ between simulated registers. A test may turn any of it while the register works."""

from dataclasses import dataclass, field


@dataclass
class DeviceSettings:
    """How a register behaves. Times are in seconds.

    * A document takes ``document_seconds`` (a shift report ``shift_share`` of it). The fiscal storage commits after
      ``commit_at`` of that time: before it nothing exists, after it only the answer is still to come.
    * ``closes`` is the protocol's habit of closing the connection after each answer. ``request_seconds`` bounds the
      wait for the rest of a request, ``restart_seconds`` how long a restart refuses connections.
    * ``archive_limit`` bounds an archive answer, its result byte included. ``status_bytes`` (21 or 22) and
      ``commit_bytes`` (10, 15 or 17) are what different firmware answers to ``01`` and ``24``.
    * ``vat_rates`` are the codes of tag 1199 that it can print. ``ffd12`` adds the commands of FFD 1.2 firmware, which
      need an activation code. Limits that no document states are generous here and can be tightened.
    * ``clock_ahead`` shifts its clock, ``clock_gains`` is seconds a day. ``utc_offset`` is its zone in hours.
    """

    document_seconds: float = 1.0
    shift_share: float = 1.0
    commit_at: float = 0.5
    closes: bool = True
    request_seconds: float = 10.0
    restart_seconds: float = 1.0
    archive_limit: int = 1024
    status_bytes: int = 22
    commit_bytes: int = 17
    vat_rates: frozenset[int] = field(default_factory=lambda: frozenset(range(1, 7)))
    ffd12: bool = True
    activated: bool = True
    max_items: int = 1000
    max_agent_items: int = 1000
    buffer_lines: int = 255
    utc_offset: float = 3.0
    clock_ahead: float = 0.0
    clock_gains: float = 0.0
