# SPDX-License-Identifier: BSD-3-Clause
"""The words in which exchanges are written: who sends what, one step a line."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Exchange:
    """Steps on a freshly set-up server; what each step brings to each client is compared."""

    name: str
    cast: str  # who has joined before it begins, in this order
    steps: tuple
    ini: dict = field(default_factory=dict)  # keys beside the usual ones
    is_fresh: bool = False  # a server without the small world


@dataclass(frozen=True)
class Send:
    """One message; its answers are read by all."""

    who: str
    message: str
    fields: dict


@dataclass(frozen=True)
class Raw:
    """Bytes of a message type, whatever they are."""

    who: str
    kind: int
    body: bytes


@dataclass(frozen=True)
class Open:
    """TLS and no word."""

    who: str
    options: dict


@dataclass(frozen=True)
class Login:
    """Version and Authenticate (on a connection that is open perhaps); what follows is all compared."""

    who: str
    options: dict


@dataclass(frozen=True)
class Leave:
    """The connection is closed by its client."""

    who: str


@dataclass(frozen=True)
class ListPing:
    """A datagram that is not encrypted, and its answer."""

    datagram: bytes


@dataclass(frozen=True)
class Restart:
    """The server is stopped and started again; everybody has to log in anew."""


# References, put in place of a value and resolved when the message is sent.


@dataclass(frozen=True)
class S:
    """The session of somebody."""

    who: str


@dataclass(frozen=True)
class C:
    """The id of a channel that the exchange has made, by its name."""

    name: str


@dataclass(frozen=True)
class Hash:
    """SHA-1 of somebody's certificate, as hexadecimal digits."""

    who: str


@dataclass(frozen=True)
class Join:
    """A text of parts, references among them."""

    parts: tuple


def send(who, kind, /, **fields):
    return Send(who, kind, fields)


def exchange(name, cast, *steps, ini=None, is_fresh=False):
    return Exchange(name, cast, steps, ini or {}, is_fresh)


def state(who, about=None, /, **fields):
    """A UserState, about oneself unless told otherwise."""
    return Send(who, "UserState", {"session": S(about or who), **fields})


def channel(who, channel_id=None, /, **fields):
    """A ChannelState: a new channel, or a change of one."""
    return Send(who, "ChannelState", {"channel_id": channel_id, **fields})


def query(who, *channel_ids):
    """PermissionQuery for each of these."""
    return tuple(Send(who, "PermissionQuery", {"channel_id": one}) for one in channel_ids)


def entry(group=None, grant=0, deny=0, user=None, here=True, subs=True):
    """An ACL entry."""
    return {"apply_here": here, "apply_subs": subs, "inherited": False, "user_id": user,
            "group": group, "grant": grant, "deny": deny}


def group(name, add=(), remove=(), inherit=True, inheritable=True):
    """A group of a channel."""
    return {"name": name, "inherited": False, "inherit": inherit, "inheritable": inheritable,
            "add": list(add), "remove": list(remove)}


def acl(who, channel_id, *parts, inherit=True):
    """Set a channel's ACL and groups."""
    return Send(who, "ACL", {"channel_id": channel_id, "inherit_acls": inherit,
                             "groups": [one for one in parts if "name" in one],
                             "acls": [one for one in parts if "name" not in one]})


def ask_acl(who, channel_id):
    return Send(who, "ACL", {"channel_id": channel_id, "query": True})


def voice(who, packet):
    """A voice packet in the tunnel."""
    return Raw(who, 1, packet)


def login(who, /, **options):
    return Login(who, options)


def flat(steps):
    """Steps with those that are tuples of steps unrolled."""
    for one in steps:
        if isinstance(one, tuple):
            yield from flat(one)
        else:
            yield one
