"""A simulated fiscal server of the Ukrainian tax service (ПРРО), with the rules of the service's own text.

``registry`` (who is registered), ``seals`` and ``dstu`` (who signed), ``records`` and ``standing`` (what a register has
and where it stands), ``rules`` and ``offline`` (why a document is refused), ``register`` (commits), ``asking`` and
``totals`` (commands), ``server`` (bytes in, bytes out), ``service`` (sockets and faults), ``command_line``.
"""
