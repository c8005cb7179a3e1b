"""The dialect of CashDesk, a Ukrainian cash desk service: what its requests mean, and how results are told in it.

What its public pages show is followed: the header ``developer-id``, ``num_fiscal``, ``api_token``, ``action_type`` with
``OPEN_SHIFT``, ``letters`` with ``tax_prc``, ``payments``, ``total_sum``, ``round_sum``, the rules of rounding, the
names of ``/authenticate`` (``email``, ``token``, ``token_expires_at``, ``user.full_name``, ``active_rro``,
``opened_shift``), ``text_print`` and ``qr`` in Base64, ``data`` of a register, ``local_number`` null for a service
receipt, an X report of zeros for a closed shift. They are one source, and read in part.

Everything else is our choice, made in the same spirit (the tax service's names in small letters): the lines
(``products``), the codes of payments, the words for a return and a deposit, ``order_ret_num``, all other answers, and
the form of errors. For what is often called otherwise, :mod:`transports.cashdesk.spellings` takes other words as well.
"""
