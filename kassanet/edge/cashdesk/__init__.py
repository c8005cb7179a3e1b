"""``/cashdesk``: our registers for programs that know CashDesk. Its words are those of :mod:`transports.cashdesk`.

* Every address stands under ``/cashdesk`` and under ``/cashdesk/api/v2``, as CashDesk's own pages write it.
* A program names itself in the header ``developer-id``; without one it is blocked (403).
* A cashier's token (lasting, or a temporary one from ``/authenticate``) comes as ``Authorization: Bearer``, in the
  header ``token``, in the query or in the body as ``api_token``. Neither the log nor the audit log has queries or
  bodies. A register that the cashier does not work at is answered like one that does not exist.
* Answers to what names a register carry ``Shift-state: true|false``.
* CashDesk names no key against doing things twice. Ours is ``external_id`` in the body, else the header
  ``Idempotency-Key``, else ``X-Request-Id`` (which a proxy may replace, as ours does): the same one is answered with
  its one document, with other content it is 409. Without any each request is a document of its own, and what became of
  one whose answer was lost is told by ``/shift/lastCheck`` alone.
* Errors are JSON: ``code`` (a stable word), ``message``, and ``errors``, texts by field. Statuses are those of HTTP.

Bodies are JSON, or forms (:mod:`transports.cashdesk.forms`), of which one wrong field is named and not all.
"""
