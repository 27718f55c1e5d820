# SPDX-License-Identifier: BSD-3-Clause
"""Bounded waits: poll a condition until it holds or a deadline passes."""

import time


class Timeout(AssertionError):
    """What was waited for did not happen in time."""


def until(condition, timeout_s, what, interval_s=0.02):
    """Return the first true value of condition(); raise Timeout naming `what` after timeout_s.

    condition may raise AssertionError to end the wait at once (say, a process that died).
    `what` is a string, or a function that gives one when the wait failed.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what
            raise Timeout(f"not within {timeout_s:g} s: {text}")
        time.sleep(interval_s)


def until_clock(monotonic_s):
    """Sleep until the monotonic clock shows monotonic_s: for sound, which takes its time."""
    left = monotonic_s - time.monotonic()
    if left > 0:
        time.sleep(left)
