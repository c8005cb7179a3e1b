"""DSTU 4145 signatures: what every document of a Ukrainian register carries. Everything here is bytes in, bytes out.

From the ground upwards: ``backend`` (what does the arithmetic), ``gost28147``, ``gost34311`` and ``kupyna`` (cipher and
hashes), ``field``, ``curves`` and ``points``, ``keys`` (sign and verify a digest), ``der`` and ``structures`` (how it is
written), ``algorithms``, ``certificates``, ``messages`` (CMS read and verified), ``signing`` (CMS made: CAdES-BES and
-T), ``timestamps`` (RFC 3161), ``containers`` (files in which authorities hand keys out), ``imports`` (a container made
a signer, in a process of its own). Whatever goes wrong is one of ``errors``.
"""
