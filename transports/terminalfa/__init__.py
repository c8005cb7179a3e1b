"""Терминал-ФА / КИТ Онлайн-Ф: the wire protocol of the maker's document v01.05, both directions, and its client.

From the wire upwards: ``frames`` (bytes ↔ frames), ``text``, ``values`` and ``tlv`` (single values), ``layouts``
(structs of values), ``commands`` (every command and its answer), ``errors``, ``receipts`` and ``agents`` (what a
receipt becomes), ``objections`` (why one never can), ``archive`` (what the fiscal storage tells back), ``exchange``
(the rules of the link), ``client`` (one register), ``driver`` and ``settings`` (the device type). Nothing below
``exchange`` knows of I/O, so a simulated device is built from the same codec turned round.
"""
