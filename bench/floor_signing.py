"""The floor of a signature, its arithmetic alone: the document hashed, 450 bytes of attributes hashed, a multiple of G.

Nothing is encoded, no time is written down, no nonce is drawn: it is what the same compiled parts need in any case.
"""

from time import process_time

from transports.dstu import points
from transports.dstu.curves import M257
from transports.dstu.gost34311 import gost34311

ATTRIBUTES = bytes(450)
SCALAR = M257.n // 3


def signatures_a_second(document: bytes, count: int) -> float:
    begun = process_time()
    for _ in range(count):
        gost34311(document)
        gost34311(ATTRIBUTES)
        points.secret_x(M257, SCALAR)
    return count / (process_time() - begun)
