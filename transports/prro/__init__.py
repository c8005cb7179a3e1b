"""The fiscal server of the Ukrainian tax service: documents, commands and packets of a software register (ПРРО).

Everything but :mod:`transports.prro.client` is free of I/O. Signatures are made and opened by callables handed in:
this package knows what is signed, not how.
"""
