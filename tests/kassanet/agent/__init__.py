"""The signing agent: secrets at rest, its chained log, licences, and the inner API over real HTTP."""
