"""What may differ between simulated terminals. A test may turn any of it while the terminal works.

Where the public knowledge of the protocol ends, the terminal's behaviour is a setting here, so that a driver can be
tried against both possibilities.
"""

from msgspec import Struct


class TerminalSettings(Struct, kw_only=True, forbid_unknown_fields=True):
    """How a terminal behaves. Times are in seconds, amounts in kopecks.

    * A customer takes ``card_seconds`` to present a card and ``pin_seconds`` for the PIN, asked from ``pin_above`` on;
      nobody waits longer than ``card_timeout`` for a card. ``slow_seconds`` is what a slow customer takes more.
    * ``wait_every`` is the pause between two WAITs, ``wait_ack_seconds`` how long each one's ACK is waited for (a cash
      register need not send it). ``dialogs``: it tells its screens with operation 52.
    * The result is sent ``sends`` times: again at a NAK or after ``ack_seconds`` of silence. EOT is waited for
      ``eot_seconds``. Frames above ``packet_bytes`` go in packets, numbered downwards, or upwards with
      ``counts_upwards``: the maker's library takes both.
    * ``between_bytes`` is the longest silence inside a frame, ``quiet_seconds`` the silence after a damaged one;
      ``idle_seconds`` without a request close a TCP connection, ``answer_seconds`` is the cash register's time for a
      host command.
    * ``answers_eot``: an EOT in the middle of an operation is answered with field 39 = 53, where it is usually not.
    * ``host_seconds`` bounds an exchange with the bank, ``connect_seconds`` the way there; with wiring ``pkh`` the
      terminal asks for the host's bytes every ``poll_seconds``. ``reversal_seconds`` is the pause between two attempts
      to tell the bank of a reversal, ``echoes_host`` makes the connection check ask the bank too.
    * ``reverses_voids``: a void that was not acknowledged is taken back as well, as the maker's description of voids
      says. ``repeats_emergency_void``: a second one for the same operation is approved again, else refused.
      ``checks_number``: an emergency void that names another transaction number than the last one's is refused.
    * ``void_status`` is field 39 of an approved void: some firmware says 0. ``terse`` leaves out whatever the maker's
      own profile does not list; ``copy_details`` adds the operation's fields to a receipt copy. ``answers_as`` puts
      another terminal id into field 27.
    * ``leaves_out`` is the number of a field that is missing in every result (39 makes none of them definite).
      ``numbers_slips``: a slip tells the cash register's own number (field 26), which few banks print.
      ``slip_lines`` are added to each slip, for long ones. ``utc_offset`` is the zone of its clock in hours.
    """

    card_seconds: float = 1.0
    pin_seconds: float = 1.0
    pin_above: int = 100_000
    card_timeout: float = 30.0
    slow_seconds: float = 20.0
    wait_every: float = 1.0
    wait_ack_seconds: float = 1.0
    dialogs: bool = False
    sends: int = 3
    ack_seconds: float = 5.0
    eot_seconds: float = 3.0
    answers_eot: bool = False
    packet_bytes: int = 1024
    counts_upwards: bool = False
    between_bytes: float = 2.0
    quiet_seconds: float = 0.1
    idle_seconds: float = 30.0
    answer_seconds: float = 10.0
    host_seconds: float = 15.0
    connect_seconds: float = 5.0
    poll_seconds: float = 0.2
    reversal_seconds: float = 3.0
    echoes_host: bool = True
    reverses_voids: bool = True
    repeats_emergency_void: bool = True
    checks_number: bool = True
    void_status: int = 1
    terse: bool = False
    copy_details: bool = False
    answers_as: str | None = None
    leaves_out: int | None = None
    numbers_slips: bool = True
    slip_lines: int = 0
    utc_offset: float = 3.0
