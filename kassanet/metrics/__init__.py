"""What Prometheus reads at ``/metrics``: what was measured as it happened, and the present, looked at when asked."""
