# SPDX-License-Identifier: BSD-3-Clause
"""Exchanges run on both servers at once, and what differs."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch

from interop.compare import stage, transcript
from interop.compare.exchange import flat
from interop.compare.exchanges import EXCHANGES
from interop.compare.servers import Company, Ours, Reference
from interop.compare.world import CERTIFICATES
from system.case import make_certificate


def chosen(patterns):
    """The exchanges whose names match one of these."""
    return [one for one in EXCHANGES if any(fnmatch(one.name, pattern) for pattern in patterns)]


def play(exchanges, kinds=(Reference, Ours)):
    """(exchange, [transcript of each kind of server]) one by one; a transcript: {who: [Heard]} a step."""
    with tempfile.TemporaryDirectory(prefix="compare-") as directory, ThreadPoolExecutor() as threads:
        certificates = stage.certificates(directory, make_certificate, CERTIFICATES)
        companies = list(threads.map(lambda kind: Company(kind, directory, certificates), kinds))
        for one in exchanges:
            yield one, list(threads.map(lambda company, it=one: company.play(it), companies))


def differences(exchange, theirs, ours):
    """All differences of two transcripts."""
    found = []
    for number, step in enumerate(flat(exchange.steps)):
        asked = getattr(step, "message", type(step).__name__)
        for who in dict.fromkeys([*theirs[number], *ours[number]]):
            found += transcript.differences(exchange.name, number, asked, who,
                                            theirs[number].get(who, []), ours[number].get(who, []))
    return found
