"""Billings as we speak to them: a request encoded, an answer decoded into what it decides.

A billing's ``pay`` is a commit whose outcome can get lost, so the classes are strict (:mod:`.verdict`): credited,
refused for good, to be repeated, or not known. Whatever is not exactly an answer to what was asked is *not known*,
and is settled by asking again with the same number.
"""
