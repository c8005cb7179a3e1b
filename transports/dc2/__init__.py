"""DUALConnector 2: SA's fields as XML over HTTP, the second way to drive the same pinpads.

``documents`` writes and reads both sides' XML, ``posting`` is one HTTP exchange whose every written byte is known,
``client`` a pinpad behind somebody's DC2 service, ``driver`` its type. Our own DC2 service stands in
:mod:`kassanet.dc2`.
"""

from transports.dc2.driver import Dc2Driver
from transports.dc2.settings import Dc2Settings

__all__ = ["Dc2Driver", "Dc2Settings"]
