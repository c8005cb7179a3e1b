"""What people are shown of channels, billings and routes: secrets only to administrators."""

from typing import Any

from msgspec.structs import replace

from kassanet.edge.frs_view import HIDDEN
from schemas.routes import SECRET_SETTINGS, BillingSpec, ChannelSpec, RouteSpec


def without_secrets(spec: ChannelSpec | BillingSpec | RouteSpec) -> ChannelSpec | BillingSpec | RouteSpec:
    """``***`` in the place of passwords and of secret settings."""
    if isinstance(spec, RouteSpec):
        return spec
    settings: dict[str, Any] = {
        name: HIDDEN if name in SECRET_SETTINGS else value for name, value in spec.settings.items()
    }
    return replace(spec, settings=settings, password=None if spec.password is None else HIDDEN)
