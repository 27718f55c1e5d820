# SPDX-License-Identifier: BSD-3-Clause
"""All exchanges, from their tables."""

from interop.compare import (exchanges_channels, exchanges_login, exchanges_people, exchanges_rights,
                             exchanges_voice)
from interop.compare.exchange import Leave, ListPing, Login, Open, Restart, S, flat

EXCHANGES = (exchanges_login.EXCHANGES + exchanges_channels.EXCHANGES + exchanges_rights.EXCHANGES
             + exchanges_people.EXCHANGES + exchanges_voice.EXCHANGES)


def absentees():
    """(exchange, who) where a step names somebody who has not come: mistakes of a table."""
    found = []
    for one in EXCHANGES:
        here = set(one.cast.split())
        for step in flat(one.steps):
            if isinstance(step, (Login, Open)):
                here.add(step.who)
            elif isinstance(step, Restart):
                here.clear()
            elif not isinstance(step, ListPing):
                found += [(one.name, who) for who in people_of(step) if who not in here]
            if isinstance(step, Leave):
                here.discard(step.who)
    return found


def people_of(step):
    """Whom a step speaks of."""
    def within(value):
        if isinstance(value, S):
            yield value.who
        elif isinstance(value, dict):
            for one in value.values():
                yield from within(one)
        elif isinstance(value, (list, tuple)):
            for one in value:
                yield from within(one)
    return [step.who, *within(getattr(step, "fields", {}))]
