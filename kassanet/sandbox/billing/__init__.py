"""Billings, channels and bank files that behave as the real ones do: for tests, demonstrations and benches.

A billing has accounts and a ledger (:mod:`.books`), speaks one of three dialects and can be told to fail
(:mod:`.server`). Players send what channels send, again and out of order (:mod:`.players`). Statements and registries
of any size are written by :mod:`.statements` and :mod:`.registries`. The wire is written here anew, not with our
codecs: a mistake in those must not be answered by the same mistake.
"""
