"""DSTU 4145 signatures: what every document of a Ukrainian register carries. Everything here is bytes in, bytes out.

From the ground upwards: ``backend`` (what does the arithmetic), ``gost28147``, ``gost34311`` and ``kupyna`` (cipher and
hashes), ``field``, ``curves`` and ``points``, ``keys`` (sign and verify a digest), ``der``, ``asn1`` and ``structures``
(how it is written), ``algorithms`` and ``schemes`` (RSA and ECDSA too), ``certificates``, ``messages`` (CMS read and
checked), ``timestamps`` (RFC 3161), ``signing`` (CAdES-BES and -T made), ``verification`` (what a message is worth),
``containers`` (files in which authorities hand keys out), ``imports`` and ``apart`` (from a container to a signer, in a
process of its own). Whatever goes wrong is one of ``errors``.
"""
