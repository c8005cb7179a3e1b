"""The mediator: payments from channels, by routes, to billings and registers.

``setup`` knows which channels, billings and routes there are, ``template`` makes receipts, ``cashier`` takes payments
in, ``mediator`` keeps it all together. The actors that ask billings live in :mod:`actors.payments`; the HTTP side
stands in :mod:`kassanet.edge`.
"""
