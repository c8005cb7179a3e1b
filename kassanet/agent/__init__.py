"""The signing agent: a small process at an integrator's that holds keys and signs, and does nothing else.

``master`` and ``vault`` (secrets at rest), ``store`` (one SQLite file, its audit log chained), ``licence``,
``desk`` (keys taken in, actors started), ``routes`` (the inner API), ``settings``, ``app`` (the process),
``command_line`` (``kassanet agent``). How a key signs is ``actors/signing``.
"""
