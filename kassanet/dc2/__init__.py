"""DUALConnector's HTTP service over our pinpads: tills that speak to it need no change.

``translating`` turns its documents into operations and back, ``service`` answers the requests on a port of its own.
"""
