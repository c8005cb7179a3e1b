"""Who asks, what they ask, and at which register: what stands before every view of the dialect."""

from typing import Any, TypeVar

import msgspec
from quart import Response, g, request

from kassanet.cashiers import Cashiers
from kassanet.edge.auth import Access
from kassanet.edge.decoding import UNDECODABLE, invalid, malformed
from kassanet.edge.origin import origin
from kassanet.edge.rates import Rates
from kassanet.edge.settings import Trust
from kassanet.located import locate
from kassanet.prros import Prros
from schemas.cashdesk import Asked
from schemas.cashiers import Cashier
from schemas.problems import FieldError, ProblemError, problem
from schemas.prro_records import StoredPrro
from schemas.records import NotFound
from transports.cashdesk.forms import read_form
from transports.cashdesk.spellings import Said, understood

MOST_OF_A_BODY = 2**21
"""Bytes. A check of a thousand lines has some hundred thousand, and the token may stand in the body of a stranger."""

TRIES, TRIES_A_SECOND = 30, 1.0
"""Of signing in, from one address: at once, and then."""

STRANGERS, STRANGERS_A_SECOND = 200, 2.0
"""Requests with no token that is good, from one address: beyond that no body is looked into for one. To read two
megabytes takes some tenth of a second in which nobody else is served."""

T = TypeVar("T")
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
MOST_OF_A_KEY = 128
_KEYS = ("Idempotency-Key", "X-Request-Id")


class Asking:
    """``rates`` count what tokens ask, whoever they are of."""

    def __init__(self, cashiers: Cashiers, prros: Prros, rates: Rates, trust: Trust) -> None:
        self._cashiers = cashiers
        self._prros = prros
        self._rates = rates
        self._trust = trust
        self._tries = Rates(TRIES_A_SECOND, TRIES)
        self._strangers = Rates(STRANGERS_A_SECOND, STRANGERS)

    async def before(self) -> None:
        """Raises 401, 403, 415 and 429."""
        g.cashdesk_register = None
        request.max_content_length = MOST_OF_A_BODY
        _must_name_developer()
        if request.method == "POST" and request.mimetype not in (_JSON, _FORM):
            raise problem(415, "unsupported-media-type", f"Send JSON, and say so: Content-Type: {_JSON}.")
        if (request.endpoint or "").startswith("cashdesk.authenticate"):
            self._tries.take(f"address {self._address()}")
            return
        g.cashier = cashier = await self._known()
        g.access = Access(f"cashier {cashier.id}", "integration", cashier.tin)
        self._rates.take(g.access.name)

    async def _known(self) -> Cashier:
        """Raises 401 and 429."""
        address, token = f"address {self._address()}", _in_headers()
        if token is None:
            self._strangers.must_grant(address)
            token = await _in_body()
        cashier = None if token is None else self._cashiers.of_token(token)
        if cashier is None:
            self._strangers.take(address)
            said = "Send a cashier's token: Authorization: Bearer, the header token, or api_token."
            raise problem(401, "unauthorized", said)
        return cashier

    async def after(self, response: Response) -> Response:
        """Whether the shift is open now, where a register was named."""
        if g.get("cashdesk_register") in self._prros.rows:  # it may have been removed meanwhile
            is_open = self._prros.state(g.cashdesk_register).shift_is_open
            response.headers["Shift-state"] = "true" if is_open else "false"
        return response

    def register(self, num_fiscal: int) -> StoredPrro:
        """Raises 404, for a foreign one as for one that does not exist."""
        try:
            row = self._prros.by_number(num_fiscal)
        except NotFound:
            row = None
        if row is None or not works_at(asker(), row):
            raise problem(404, "not-found", f"There is no register {num_fiscal} for this cashier.")
        g.cashdesk_register = row.id
        return row

    def _address(self) -> str:
        client = request.scope.get("client")
        peer = client[0] if client else ""
        return origin(peer, request.headers.getlist("X-Forwarded-For"), self._trust.proxies) or peer


def asker() -> Cashier:
    """Whose token came with the request in hand."""
    cashier = g.cashier
    assert isinstance(cashier, Cashier)
    return cashier


def works_at(cashier: Cashier, row: StoredPrro) -> bool:
    return cashier.may_use(row.desk.register, row.desk.tin, row.key_id)


async def read(kind: type[T]) -> tuple[T, Said]:
    """The body, in our words and as it was sent. Raises 400 and 422."""
    said = understood(await _object())
    is_form = request.mimetype == _FORM
    try:
        return msgspec.convert(said.values, kind, strict=not is_form), said
    except msgspec.ValidationError as error:
        raise invalid(said.located(_where(error) if is_form else locate(kind, said.values) or _where(error))) from None


def key_of(asked: Asked) -> str | None:
    """Under which key the document is to be found again, None for none. Raises 422."""
    if asked.external_id is not None:
        return asked.external_id
    name = next((each for each in _KEYS if request.headers.get(each)), None)
    key = None if name is None else request.headers[name]
    if name is not None and key is not None and len(key) > MOST_OF_A_KEY:
        raise invalid([FieldError(name, f"has {len(key)} characters", f"at most {MOST_OF_A_KEY}")])
    return key


def developer() -> str:
    return request.headers.get("developer-id", "").strip()


def _must_name_developer() -> None:
    if not 1 <= len(developer()) <= 256:
        said = "Requests without the header developer-id are blocked: name your program or company there."
        raise problem(403, "no-developer", said)


def _in_headers() -> str | None:
    """The token of a header, or of the query."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    borne = bearer.strip() if scheme.lower() == "bearer" else ""
    return borne or request.headers.get("token") or request.args.get("api_token")


async def _in_body() -> str | None:
    """None also where the body cannot be read: who is not known hears that first."""
    try:
        token = (await _object()).get("api_token")
    except ProblemError:
        return None
    return token if isinstance(token, str) else None


def _where(error: msgspec.ValidationError) -> list[FieldError]:
    """The one place that msgspec names; of a form nothing better is known, for everything in it is text."""
    message, _, path = str(error).partition(" - at `$")
    return [FieldError(path.rstrip("`").lstrip("."), message)]


async def _object() -> dict[str, Any]:
    """Raises 400 for what is neither JSON nor a form, 422 for what is no object."""
    body: bytes = await request.body
    try:
        raw = read_form(body) if request.mimetype == _FORM else msgspec.json.decode(body)
    except msgspec.ValidationError as error:  # a number beyond every range
        raise invalid([FieldError("", str(error))]) from None
    except UNDECODABLE as error:
        raise malformed(error) from None
    except ValueError as error:
        raise problem(400, "malformed", f"The body is no form: {error}.") from None
    if not isinstance(raw, dict):
        raise invalid([FieldError("", "is no object", "a JSON object")])
    return raw
