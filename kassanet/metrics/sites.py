"""Sites as Prometheus reads them."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from schemas.sites import SiteState


def sites(states: Sequence[SiteState]) -> Iterator[Metric]:
    """By the site's name; a site that is away has no lag, for nothing of it is live."""
    name = ("site",)
    connected = GaugeMetricFamily("kassanet_site_connected", "1 while the site's link is up.", labels=name)
    lag = GaugeMetricFamily("kassanet_site_lag_seconds", "How old what is shown of it may be.", labels=name)
    cuts = CounterMetricFamily("kassanet_site_cuts", "Links of the site that ended.", labels=name)
    owed = GaugeMetricFamily("kassanet_site_owed_receipts", "Receipts it is to make and has not ended.", labels=name)
    behind = GaugeMetricFamily("kassanet_site_behind_receipts", "Receipts it has still to copy here.", labels=name)
    for state in states:
        if state.condition == "revoked":
            continue
        connected.add_metric((state.name,), float(state.condition == "connected"))
        cuts.add_metric((state.name,), state.reconnects)
        owed.add_metric((state.name,), state.owed)
        behind.add_metric((state.name,), state.behind)
        if state.lag is not None:
            lag.add_metric((state.name,), state.lag)
    yield from (connected, lag, cuts, owed, behind)
