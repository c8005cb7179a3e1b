"""Терминал-ФА / КИТ Онлайн-Ф: the wire protocol of the maker's document v01.05, both directions, and its client.

From the wire upwards: ``frames`` (bytes ↔ frames), ``values`` and ``text`` (single values), ``layouts`` and ``tlv``
(structs of values), ``commands`` (every command and its answer), ``errors``, ``receipts`` (what a receipt becomes),
``archive`` (what the fiscal storage tells back), ``client`` (one register over a link), ``driver`` (the device type).
All but ``client`` and ``driver`` are free of I/O, so a simulated device is built from the same codec turned round.
"""
