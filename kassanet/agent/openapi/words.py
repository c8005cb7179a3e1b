"""What is said before the agent's routes: how to use them all."""

from kassanet.edge.openapi.operation import Parameter

INTRODUCTION = """\
Keys in, signatures out: DSTU 4145 signatures of a merchant's documents, made where the keys are.

**Tokens.** Everything but health and this description needs `Authorization: Bearer <token>`, made by
`kassanet agent token`. `admin` hands keys over and takes them away, `operator` signs, `viewer` looks. A token of one
tenant (a tax number) sees that organisation's keys alone: the others answer 404. Where `tls_clients` is set, every
client shows a certificate beside its token.

**Bytes** travel as base64. **Times** carry their zone.

**Repeating.** A document's `id` gets one signature. The same document under it is answered with that signature however
often it is asked (`repeated`), another one is `409 document-differs`. So whoever heard nothing asks again.

**Refusals.** Nothing is signed without an agreement with the key's owner that is in force, beyond the key's policy, for
another's tax number, or without a good licence where one is asked for. `503 locked`: the agent awaits its master key.

**Problems** are RFC 9457 documents (`application/problem+json`). The last part of `type` is a stable word that programs
may compare; `errors` names every wrong field. `429` and `503` say in `Retry-After` how many seconds to wait.
"""

TAGS = {
    "Keys": "Taken in from containers, kept encrypted, looked at, taken away.",
    "Signatures": "Documents signed, and signed messages looked into.",
    "Operation": "State, locking, health, figures, and this description.",
    "Pages": "For people.",
}

PARAMETERS = {
    "key_id": Parameter(
        "key_id",
        "The key's name here, as its taking in gave it.",
        {"type": "string", "minLength": 1},
        "e7f1556fdc05cca7",
    )
}
