"""Where the views of the dialect stand."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from quart import Blueprint, Response

from actors.journal import Reader
from kassanet.cashiers import Cashiers
from kassanet.edge.application import own_askers
from kassanet.edge.cashdesk.asking import Asking
from kassanet.edge.cashdesk.checks import CheckDesk
from kassanet.edge.cashdesk.refusals import on_error
from kassanet.edge.cashdesk.shifts import ShiftDesk
from kassanet.edge.cashdesk.telling import Telling
from kassanet.edge.cashdesk.units import UnitDesk
from kassanet.edge.problems import tell_otherwise
from kassanet.edge.prro_documents import Painter
from kassanet.edge.rates import Rates
from kassanet.edge.settings import Trust
from kassanet.prros import Prros
from kassanet.tax_desk import TaxDesk

PREFIXES = {"": "", "_v2": "/api/v2"}
"""What the name of a view ends with, and where it stands then."""

View = Callable[..., Awaitable[Response]]
Route = tuple[str, str, View]


def cashdesk_blueprint(
    cashiers: Cashiers, prros: Prros, reader: Reader, rates: Rates, trust: Trust, tax_desk: TaxDesk
) -> Blueprint:
    """Each route twice, see :data:`PREFIXES`. ``rates`` are those of all tokens."""
    blueprint = Blueprint("cashdesk", __name__, url_prefix="/cashdesk")
    asking, painter = Asking(cashiers, prros, rates, trust), Painter()
    telling = Telling(reader, painter)
    units = UnitDesk(asking, prros, reader, cashiers, tax_desk)
    shifts = ShiftDesk(asking, prros, telling, tax_desk)
    checks = CheckDesk(asking, prros, reader, telling, painter)
    blueprint.before_request(asking.before)
    blueprint.after_request(asking.after)
    blueprint.record_once(lambda setup: tell_otherwise(setup.app.extensions, "/cashdesk/", on_error))
    for method, path, view in (*_of_units(units), *_of_shifts(shifts), *_of_checks(checks)):
        for ending, prefix in PREFIXES.items():
            name = f"{view.__name__}{ending}"
            blueprint.add_url_rule(f"{prefix}{path}", name, own_askers(_free(view)), methods=[method])
    return blueprint


def _of_units(desk: UnitDesk) -> Iterator[Route]:
    yield "POST", "/authenticate", desk.authenticate
    yield "POST", "/tax_objects", desk.tax_objects
    yield "GET", "/tax_objects/<int:num_fiscal>", desk.tax_object


def _of_shifts(desk: ShiftDesk) -> Iterator[Route]:
    yield "POST", "/shift", desk.shift
    yield "POST", "/shift/xReport", desk.x_report
    yield "POST", "/shift/zReport", desk.z_report
    yield "POST", "/shift/lastCheck", desk.last_check
    yield "POST", "/shift/ping", desk.ping


def _of_checks(desk: CheckDesk) -> Iterator[Route]:
    yield "POST", "/check/sale", desk.sale
    yield "POST", "/check/service", desk.service
    yield "POST", "/check/storno", desk.storno
    yield "GET", "/checks/<int:check_id>/text", desk.text
    yield "GET", "/checks/<int:check_id>/html", desk.html
    yield "GET", "/checks/<int:check_id>/png", desk.png


def _free(view: View) -> View:
    """A bound method takes no marks."""

    async def viewed(**arguments: Any) -> Response:  # noqa: ANN401 - whatever the route has
        return await view(**arguments)

    return viewed
