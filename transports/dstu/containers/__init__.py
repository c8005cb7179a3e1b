"""Files in which keys are handed out: PKCS#12 (.pfx, .p12, .zs2), Key-6.dat, Java key stores, PEM and bare PKCS#8.

:func:`open_container` looks at the bytes, not at the name. It may take long (a container says itself how many rounds
its password wants): ``transports.dstu.apart`` does it in a process of its own with a time limit.
"""

from transports.dstu.containers.contents import Contents, known_password
from transports.dstu.containers.formats import kind_of, open_container

__all__ = ["Contents", "kind_of", "known_password", "open_container"]
