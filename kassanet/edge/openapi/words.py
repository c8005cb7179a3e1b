"""What is said before the routes: how to use them all."""

INTRODUCTION = """\
Receipts in, fiscal documents out: exactly one for each accepted receipt.

**Tokens.** Everything but health, this description and the pages needs `Authorization: Bearer <token>`. A token has a
role (`viewer` < `operator` < `admin`, or that of an integration) and may be limited to one INN or one circuit; what it
may not see answers 404. With the setting `frs_auth = "trusted-net"`, `/frs`, `/fcircuit`, `/int` and `/metrics` also
serve listed networks without a token.

**Money** is whole kopecks. **Times** carry their zone, but for those that a register tells: they are its local time.

**Repeating.** A receipt may be posted again with the same `external_id` and content for as long as it takes: it is
accepted once and answered alike. `429` and `503` say in `Retry-After` how many seconds to wait; after `504` the outcome
is not known, so read the state before you repeat anything but a receipt.

**Problems** are RFC 9457 documents (`application/problem+json`). The last part of `type` is a stable word that programs
may compare; `errors` names every wrong field. Unknown addresses answer 404, wrong methods 405 with `Allow`.

**Requests** may carry `X-Request-Id` (1 to 64 of `A-Z a-z 0-9 . _ -`); every answer has one, and the log names it.
Every route that takes GET also takes HEAD, and every route OPTIONS.
"""

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "`kassanet token create`"},
    "cashier": {"type": "http", "scheme": "bearer", "description": "A cashier's token, lasting or temporary."},
    "cashierHeader": {"type": "apiKey", "in": "header", "name": "token", "description": "The same as a header."},
    "cashierQuery": {"type": "apiKey", "in": "query", "name": "api_token", "description": "The same in the query."},
}
"""How requests show who asks."""

TAGS = {
    "Receipts": "Post receipts, see what became of them, settle by hand.",
    "Circuits": "Fiscal circuits: which registers and integrations work for one organisation.",
    "Registers": "Cash registers: their state, switching on and off, commands by hand.",
    "Pinpads": "Card payments on bank terminals: every operation that they have, never charged twice.",
    "Software registers": "ПРРО of the Ukrainian tax service: documents signed, registered, made offline, delivered.",
    "CashDesk": "The same registers for programs that know CashDesk: its words, its tokens, its errors.",
    "Sales": "A card payment and its receipt as one thing: both or neither.",
    "Payments": "Money from channels, by routes, to billings and registers: credited once, fiscalized once.",
    "Actors": "Who lives inside the service.",
    "Stream": "Live state over a WebSocket.",
    "Sites": "Local servers that dial in: their registers, their receipts, commands to them.",
    "Alarms": "What needs a person now.",
    "Session": "Signing in with a browser.",
    "Operation": "Health, and this description.",
    "Pages": "For people.",
}
