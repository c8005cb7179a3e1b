"""INPAS «SA» (SmartSale, UNIPOS Terminal): the protocol of cash register and pinpad, both directions, and its client.

From the wire upwards: ``crc`` and ``frames`` (bytes ↔ frames, whole and split), ``values`` (single values), ``fields``
(all that have a number), ``message`` (fields as one said thing), ``slips`` (field 90), ``exchange`` (who may say what
and when, the cash side), ``profile`` (what differs between terminals), ``requests`` and ``answers`` (an operation and
its result), ``relay`` (the host link that a pinpad borrows), ``client`` (one pinpad) and ``driver`` (the device type).
Nothing below ``relay`` knows of I/O, so a simulated terminal is built from the same codec turned round.
"""
