"""Limits, each measured beside a floor: the least that the same job costs without the thing that is measured.

One file for each limit (``limit_NAME.py``) and its floors beside it (``floor_*.py``). Rates move by half on a shared
machine; the ratio to a floor taken in the same minute does not, so the ratio is what is judged.
"""
