# SPDX-License-Identifier: BSD-3-Clause
"""What differs on purpose. docs/differences.md has the same table; a rule that never applies is an error."""

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Callable

NEW_BITS = 0x100800  # Listen and ResetUserContent, from 1.4


def always(_theirs, _ours):
    return True


def only_ours(theirs, ours):
    """mumble-server does not send the field."""
    return theirs is None and ours is not None


def only_theirs(theirs, ours):
    return theirs is not None and ours is None


def but_for_new_bits(theirs, ours):
    """Permissions that are equal in the bits that 1.3 knows."""
    return (theirs or 0) & ~NEW_BITS == (ours or 0) & ~NEW_BITS


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    exchanges: str  # patterns of names
    message: str
    fields: str
    theirs: str  # as words
    ours: str
    reason: str
    is_so: Callable = always  # of the two values

    def covers(self, difference):
        return (any(fnmatch(difference.exchange, one) for one in self.exchanges.split())
                and fnmatch(difference.message, self.message)
                and difference.field in self.fields.split(", ")
                and self.is_so(difference.theirs, difference.ours))

    def row(self):
        """As docs/differences.md has it."""
        names = " ".join(f"`{one}`" for one in self.exchanges.split())
        return (f"| {names} | {self.message} | {self.fields} | {self.theirs} | {self.ours} "
                f"| {self.reason} |")


RULES = (
    Rule("*", "Version", "version_v1, release, os, os_version", "1.3.4, its platform", "1.5, ours",
         "we are another program and speak the protocol of 1.5"),
    Rule("*", "Version", "version_v2", "–", "sent", "1.5 clients read this form", only_ours),
)


def rule_of(difference):
    """The first rule that covers a difference, or None."""
    return next((one for one in RULES if one.covers(difference)), None)


def is_accepted(difference):
    return rule_of(difference) is not None


if __name__ == "__main__":
    print("\n".join(one.row() for one in RULES))
