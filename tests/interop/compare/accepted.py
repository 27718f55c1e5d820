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
    asked: str = ""  # only in steps that send this message

    def covers(self, difference):
        return (any(fnmatch(difference.exchange, one) for one in self.exchanges.split())
                and (self.message == "*" or difference.message in self.message.split(", "))
                and difference.field in self.fields.split(", ")
                and self.asked in ("", difference.asked)
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
         lambda theirs, ours: theirs and ours and {
             **theirs, "version_v2": ours.get("version_v2")} == ours),
    Rule("login.no-version", "ChannelState", "description, description_hash", "the long text",
         "its hash", "a client that names no version is not from before 1.2.2"),

    # Order and completeness
    Rule("*", "ChannelState", "(order)", "siblings by name at start, later ones last",
         "siblings by id", "clients sort by position and name; a parent comes before its children"),
    Rule("*", "ChannelState", "description, position, max_users", "absent when empty or not asked for",
         "sent, empty or 0", "a complete state is never wrong",
         lambda theirs, ours: theirs is None and ours in ("", 0)),

    Rule("channel.remove.*", "ChannelRemove, UserState", "(order)", "by its tree of hashes", "by id",
         "children before parents, people before their channel; nothing else matters"),
    Rule("channel.create.temporary*", "ChannelState", "temporary", "left out at login", "sent",
         "clients show it", only_ours),
    Rule("rights.acl.fresh", "ACL", "inherit_acls", "false for the root", "true",
         "the root has nothing to inherit"),

    # Rights
    Rule("*", "PermissionQuery", "(extra)", "no answer that repeats the last one", "always one",
         "who asks gets an answer, as from 1.4 on", lambda _, ours: "flush" not in ours,
         asked="PermissionQuery"),
    Rule("channel.move.changes-rights", "PermissionQuery", "(extra)", "the old rights stay known",
         "told anew", "rights change with the parent", asked="ChannelState"),
    Rule("channel.temporary.acl rights.set.write-lost-guest", "PermissionQuery", "(missing)",
         "two flushes, the second takes the first back", "none", "nothing has changed in the end",
         asked="ACL"),
    Rule("rights.suppress.* voice.links-denied", "UserState", "(extra)", "suppression follows at the next move",
         "at once", "as from 1.4 on: nobody speaks with a right that is gone", asked="ACL"),
    Rule("rights.matched.traverse-denied-below rights.matched.traverse-denied-here",
         "PermissionQuery, UserState", "permissions, suppress, (extra)",
         "a Traverse entry counts wherever it applies", "only where it applies",
         "as from 1.5 on"),
    Rule("rights.matched.strong", "PermissionQuery", "permissions",
         "a client without certificate is strong", "it is not", "nothing was verified"),
    Rule("rights.set.foreign-bits", "ACL", "acls", "Listen and ResetUserContent cut off", "kept",
         "rights of 1.4"),
    Rule("rights.set.inherited-are-skipped", "ACL", "acls", "stores what is marked as inherited",
         "leaves it out", "as from 1.4 on: it is not the channel's own"),
    Rule("rights.acl.parent-write", "ACL, QueryUsers, PermissionDenied",
         "(missing), (extra), acls, groups, ids, names", "Write in the parent is enough",
         "Write in the channel or in the root", "as from 1.5 on"),
    Rule("rights.ask-users.no-write", "QueryUsers", "(missing)", "answers anybody",
         "only who has Write somewhere", "as from 1.5 on: it tells who is registered"),
    Rule("rights.ask-users", "QueryUsers", "names", "as asked for", "as registered",
         "one person, one name"),

    Rule("comment.of-another texture.of-another", "PermissionDenied", "permission",
         "Move in the root lets one clear what others show", "ResetUserContent",
         "as from 1.4 on", lambda theirs, ours: (theirs, ours) == (0x20, 0x100000)),
    Rule("flags.temporary", "PermissionDenied, UserState", "(missing), (extra)",
         "whoever made a temporary channel can give no priority in it", "can", "as from 1.5 on"),
    Rule("stats.by-register-right stats.by-ban-right", "UserStats",
         "address, opus, strong_certificate, version", "shown to who has Register",
         "shown to who has Ban", "as from 1.5 on"),
    Rule("userlist.unregister-online userlist.unregister-admin userlist.several", "PermissionQuery",
         "permissions, (extra)", "rights of the registered until the next login",
         "gone at once, and told", "who is not registered any more should not stay an admin"),

    # People
    Rule("comment.kept-by-registering", "UserState", "comment", "forgotten", "kept",
         "what one has written is not lost by registering", only_ours),
    Rule("flags.priority", "UserState", "priority_speaker", "ended in silence by a move", "told",
         "as from 1.4 on", lambda theirs, ours: theirs is None and ours is False),
    Rule("userlist.*", "UserState", "(order)", "after the rest", "before it",
         "each says it all"),
    Rule("userlist.rename-invalid", "PermissionDenied, UserState", "(extra), (missing)",
         "tells all a name that another has, and does not store it", "refuses it (UserName)",
         "names are told apart by more than case; nobody takes the name of who is online"),
    Rule("ban.by-certificate kick.ban", "*", "(missing)",
         "what comes right after the handshake may still be answered",
         "ends the connection at once", "banned is banned"),

    # Voice
    Rule("voice.tail voice.truncated", "UDPTunnel", "(missing)", "passes on what is not well-formed",
         "drops it", "as from 1.5 on"),
    Rule("voice.listening", "UserState", "(extra)", "does not know it", "ears in other channels",
         "listening of 1.4"),

    Rule("channel.temporary.kicked", "ChannelRemove", "(extra)", "the one who is kicked hears no more",
         "hears of the channel's end too", "it goes in the same moment"),

    # Texts
    Rule("text.html-not-allowed-*", "TextMessage", "message", "& and what is not well-formed as it is",
         "as entities", "what is left is shown as HTML"),

    # Channels
    Rule("channel.create.bad-names", "ChannelState, PermissionDenied",
         "(missing), (extra)", "names may begin with a blank and hold no < or /", "the reverse",
         "the channelname of 1.5; blanks around a name are cut off"),
    Rule("channel.create.plain-description", "ChannelState", "description", "& stands alone",
         "`&amp;`", "what is left is shown as HTML"),
    Rule("channel.create.with-links channel.temporary.flag-cannot-be-set", "ChannelState",
         "links_add, temporary", "repeats what was asked for and not done", "tells what was done",
         "clients would believe it", only_theirs),
    Rule("channel.rename", "ChannelState, PermissionDenied", "(extra), (missing)",
         "refuses the name that a channel has already", "takes it", "nothing is wrong with it"),

    # Codecs
    Rule("*", "UserStats", "celt_versions", "what the client has, or CELT 0.7", "–",
         "Opus is the only codec", only_theirs),
    Rule("login.without-opus", "*", "(missing), (extra)", "lets them in and tells all to use CELT",
         "refuses them (WrongVersion), with a clear text", "Opus is the only codec"),

    Rule("plugin.data", "PluginDataTransmission", "(extra)", "does not know it", "passes it on",
         "plugins of 1.4"),

    # Words
    Rule("*", "PermissionDenied", "reason", "–", "sent", "for clients that do not know the type",
         only_ours),
    Rule("refused.* register.loses-name", "Reject", "reason", "its words", "ours, in plain language", "clients show them"),
    Rule("login.states self.recording", "TextMessage", "(extra)", "only a symbol, from 1.2.3 on",
         "and a line of text", "who is recorded should not have to look for a symbol"),
    Rule("actions.unknown", "TextMessage", "(extra)", "nothing", "says that there is no meeting",
         "the entries of our menu come back as ContextAction; stock clients send no others"),

    # Where mumble-server is wrong
    Rule("*", "UserStats", "certificates", "the leaf twice when it is all", "once",
         "a slip of Qt's list", lambda theirs, ours: theirs and theirs[1:] == ours),
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
