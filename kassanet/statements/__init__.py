"""Bank statements and registries of payments: files that people bring, read with care and without trust.

A file is read twice: a survey of the whole (encoding, structure, totals, a hash), and only when that holds, its lines.
Both readings stream, so a file's size costs time and not memory. A broken file is refused as a whole and said where;
what real banks break without harm is tolerated and reported.
"""
