"""A certificate authority for the sandbox: DSTU keys in every container that real authorities use, and time stamps.

``certificates`` (what is written into one), ``authority`` (who issues them), ``containers`` (the formats turned round:
written, so that reading them is tested against something), ``timestamps`` (an RFC 3161 authority, bytes in and out),
``estate`` (the whole set, made and loaded), ``command_line`` (``kassanet sandbox keys``). Nothing here protects
anything: passwords stand in a file beside the keys.
"""
