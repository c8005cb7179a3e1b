"""Dialects of payment channels and billings: bytes to neutral requests and back, without any input or output.

One module for each dialect as a channel speaks it to us; :mod:`transports.channels.billings` holds the other side,
as we speak to a billing. What they share: an incoming request (:mod:`.dialect`), parameters that are read strictly
(:mod:`.parameters`), sums that are exact (:mod:`.sums`), XML that cannot explode (:mod:`.xml`) and signatures that
are compared in constant time (:mod:`.signatures`).
"""
