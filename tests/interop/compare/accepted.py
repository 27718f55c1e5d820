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
                and (self.message == "*" or difference.message in self.message.split(", "))
                and difference.field in self.fields.split(", ")
                and self.is_so(difference.theirs, difference.ours))

    def row(self):
        """As docs/differences.md has it."""
        names = " ".join(f"`{one}`" for one in self.exchanges.split())
        return (f"| {names} | {self.message} | {self.fields} | {self.theirs} | {self.ours} "
                f"| {self.reason} |")


# Names of exchanges, message, field, what mumble-server does, what ours does, why; and how to tell.
RULES = (
    # Who we are, and what later versions say more
    Rule("*", "Version", "version_v1, release, os, os_version", "1.3.4, its platform", "1.5, ours",
         "another program, which speaks the protocol of 1.5"),
    Rule("*", "Version", "version_v2", "–", "sent", "1.5 clients read this form", only_ours),
    Rule("ping.list*", "datagram", "version", "1.3.4", "1.5", "as in Version"),
    Rule("*", "ChannelState", "is_enter_restricted, can_enter", "–", "sent",
         "clients from 1.4 show who may enter", only_ours),
    Rule("*", "ChannelState", "(extra)", "–", "can_enter sent anew when it changes",
         "as 1.4 does after a change of rights", lambda _, ours: is_only(ours, ENTER_FIELDS)),
    Rule("*", "ServerConfig", "recording_allowed", "–", "sent", "1.5 clients ask for it", only_ours),
    Rule("login.suggestions", "SuggestConfig", "version_v2", "–", "sent", "as in Version", only_ours),
    Rule("*", "PermissionQuery, ServerSync", "permissions", "without Listen and ResetUserContent",
         "with them", "permissions of 1.4; all others are equal", but_for_new_bits),
    Rule("*", "UserState", "channel_id", "absent for the root", "0",
         "1.5 names a newcomer's channel always", lambda theirs, ours: theirs is None and ours == 0),
    Rule("*", "UserStats", "version", "version_v1", "and version_v2", "as in Version",
         lambda theirs, ours: theirs == {**ours, "version_v2": None} or
         {**theirs, "version_v2": ours.get("version_v2")} == ours),
    Rule("login.no-version", "ChannelState", "description, description_hash", "the long text",
         "its hash", "a client that names no version is not from before 1.2.2"),

    # Order and completeness
    Rule("*", "ChannelState", "(order)", "siblings by name at start, later ones last",
         "siblings by id", "clients sort by position and name; a parent comes before its children"),
    Rule("*", "ChannelState", "description, position, max_users", "absent when empty or not asked for",
         "sent, empty or 0", "a complete state is never wrong",
         lambda theirs, ours: theirs is None and ours in ("", 0)),

    # Codecs
    Rule("*", "UserStats", "celt_versions", "what the client has, or CELT 0.7", "–",
         "Opus is the only codec", only_theirs),
    Rule("login.without-opus", "*", "(missing), (extra)", "lets them in and tells all to use CELT",
         "refuses them (WrongVersion), with a clear text", "Opus is the only codec"),

    # Words
    Rule("refused.*", "Reject", "reason", "its words", "ours, in plain language", "clients show them"),
    Rule("login.states self.recording", "TextMessage", "(extra)", "only a symbol, from 1.2.3 on",
         "and a line of text", "who is recorded should not have to look for a symbol"),
    Rule("actions.unknown", "TextMessage", "(extra)", "nothing", "says that there is no meeting",
         "the entries of our menu come back as ContextAction; stock clients send no others"),

    # Where mumble-server is wrong
    Rule("*", "UserStats", "certificates", "the leaf twice when it is all", "once",
         "a slip of Qt's list", lambda theirs, ours: theirs[1:] == ours),
    Rule("*", "UserStats", "strong_certificate", "true for a client without any", "false",
         "nothing was verified", lambda theirs, ours: theirs and not ours),
    Rule("login.names-are-trimmed", "*", "(missing), (extra)", "refuses a name with blanks around",
         "cuts them off, as 1.5 does", "a blank is easily typed"),
)

ENTER_FIELDS = {"channel_id", "is_enter_restricted", "can_enter"}


def is_only(message, fields):
    """Whether a message, as text, has no other fields."""
    return {one.partition("=")[0] for one in message.split()[1:]} <= fields


def rule_of(difference):
    """The first rule that covers a difference, or None."""
    return next((one for one in RULES if one.covers(difference)), None)


def is_accepted(difference):
    return rule_of(difference) is not None


if __name__ == "__main__":
    print("\n".join(one.row() for one in RULES))
