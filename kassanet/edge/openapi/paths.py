"""Parameters of paths: the same name means the same thing wherever it stands."""

from kassanet.edge.openapi.operation import Parameter

_NUMBER = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}

_SLUG = {"type": "string", "minLength": 1, "maxLength": 48}

COMMANDS = ("open_shift", "close_shift", "x_report", "z_report")

PATH_PARAMETERS = {
    each.name: each
    for each in (
        Parameter("circuit_id", "The circuit's number.", _NUMBER, 12),
        Parameter("receipt_id", "The receipt's number, as its acknowledgement gave it.", _NUMBER, 5),
        Parameter("attempt_id", "The attempt's number, as the receipt's attempts list it.", _NUMBER, 9),
        Parameter("integration_id", "The integration's number.", _NUMBER, 3),
        Parameter("callback_id", "The notice's number, as the receipt's notices list it.", _NUMBER, 7),
        Parameter("pinpad_id", "The pinpad's number.", _NUMBER, 1),
        Parameter("site_id", "The site's number.", _NUMBER, 3),
        Parameter("command_id", "The command's number.", _NUMBER, 17),
        Parameter("operation_id", "The operation's number.", _NUMBER, 7),
        Parameter("num_fiscal", "The fiscal number of a software register.", _NUMBER, 4000000001),
        Parameter("check_id", "The check's number here: `id` of the answer that told of it.", _NUMBER, 2),
        Parameter("prro_id", "The software register's number here.", _NUMBER, 1),
        Parameter("document_id", "The document's number here.", _NUMBER, 2),
        Parameter("cashier_id", "The cashier's number.", _NUMBER, 1),
        Parameter("agent", "The agent's name in the configuration; `local` is the one within.", _SLUG, "local"),
        Parameter("key_id", "The key, as its agent calls it.", _SLUG, "9f86d081884c7d65"),
        Parameter("sale_id", "The sale's number.", _NUMBER, 3),
        Parameter("payment_id", "The payment's number.", _NUMBER, 7),
        Parameter("part", "The name that it was given.", _SLUG, "terminals"),
        Parameter("channel", "The channel's name.", _SLUG, "terminals"),
        Parameter("key", "The alarm's key.", {"type": "string", "minLength": 1}, "kkt/127.0.0.1:7801/unreachable"),
        Parameter(
            "eip",
            "The register's address: `host:port` or `serial:/dev/…` (slashes may stand as they are).",
            {"type": "string", "minLength": 3, "maxLength": 255},
            "127.0.0.1:7801",
        ),
        Parameter(
            "identifier",
            "An organisation's INN, for all its circuits, or one circuit's `sinn`.",
            {"type": "string", "minLength": 1, "maxLength": 32},
            "7801234564",
        ),
        Parameter(
            "name", "An actor's name, as the tree has it.", {"type": "string", "minLength": 1}, "kkt/127.0.0.1:7801"
        ),
        Parameter("command", "What the register shall do.", {"type": "string", "enum": list(COMMANDS)}, "x_report"),
    )
}
