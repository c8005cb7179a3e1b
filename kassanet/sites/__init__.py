"""The central half: sites dial in here, show their registers, obey, take receipts and tell what became of them.

Whatever a site sends is read as its own and nobody else's; what cannot be understood ends its link, and only that. Each
link lives in its own WebSocket's task; everything that must outlive a link is in the journal.
"""
