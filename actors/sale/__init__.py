"""Sales: a card payment and its receipt, which end as both or as neither.

``actor`` keeps the open ones, ``saga`` walks one from status to status; ``charging``, ``fiscalizing`` and ``reversing``
are its steps, ``counterparts`` how it speaks with pinpads and circuits.
"""

from actors.sale.actor import Sales
from actors.sale.desk import SaleDesk
from actors.sale.settings import SaleSettings

__all__ = ["SaleDesk", "SaleSettings", "Sales"]
