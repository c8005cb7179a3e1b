"""Small statements, written by hand, with one thing changed in each test."""

from io import BytesIO

from kassanet.statements.opened import BankFile

OWN = "40702810900000000001"
DOCUMENT = {
    "Номер": "5",
    "Дата": "22.11.2026",
    "Сумма": "200.50",
    "ПлательщикСчет": "40817810000000000005",
    "Плательщик1": "Иванов Иван",
    "ПолучательСчет": OWN,
    "ДатаПоступило": "22.11.2026",
    "НазначениеПлатежа": "Интернет л/с 100500",
}


def document(**changed: str | None) -> list[str]:
    """A document section; None leaves a key out."""
    said = {**DOCUMENT, **changed}
    lines = [f"{key}={value}" for key, value in said.items() if value is not None]
    return ["СекцияДокумент=Платежное поручение", *lines, "КонецДокумента"]


def text(*documents: list[str], came: str | None = None, end: bool = True) -> str:
    """A statement of these documents; ``came`` adds an account section with that turnover."""
    head = ["1CClientBankExchange", "ВерсияФормата=1.03", "Кодировка=Windows", f"РасчСчет={OWN}"]
    if came is not None:
        head += ["СекцияРасчСчет", f"РасчСчет={OWN}", f"ВсегоПоступило={came}", "КонецРасчСчет"]
    body = [line for one in documents for line in one]
    return "\r\n".join([*head, *body, *(["КонецФайла"] if end else []), ""])


def opened(content: str | bytes, encoding: str = "cp1251") -> BankFile:
    """The file as the service would open it."""
    return BankFile(BytesIO(content.encode(encoding) if isinstance(content, str) else content))
