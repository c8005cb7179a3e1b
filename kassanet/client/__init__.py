"""A client for programs in Python: receipts that are posted once however often it takes, and the live stream.

It needs none of the service, only the words that both speak (:mod:`schemas`), and runs on trio and on asyncio alike;
:meth:`Kassanet.follow` is for trio. ::

    async with Kassanet("http://127.0.0.1:8080", token) as kassanet:
        accepted = await kassanet.post(12, receipt)
        receipt = await kassanet.wait(accepted.id)
        async with kassanet.follow("receipts:12") as messages:
            async for message in messages:
                print(message)
"""

from kassanet.client.client import Kassanet
from kassanet.client.errors import NotFinal, Refused
from kassanet.client.following import Following

__all__ = ["Following", "Kassanet", "NotFinal", "Refused"]
