# SPDX-License-Identifier: BSD-3-Clause
"""What a client got, with all taken out that differs from run to run; and two of these compared."""

import datetime
import difflib
import hashlib
from dataclasses import dataclass

from lib import messages
from system.voice import read_varint

_COUNTED = {("UserStats", "onlinesecs"), ("UserStats", "idlesecs"), ("UserStats", "bandwidth")}
_SECRET = {("CryptSetup", "key"), ("CryptSetup", "client_nonce"), ("CryptSetup", "server_nonce")}
_TIME = {("PERSON", "last_seen"), ("BAN", "start")}
_SETS = {("ChannelState", "links"), ("GROUP", "add"), ("GROUP", "remove"),
         ("GROUP", "inherited_members")}  # in mumble-server's order of hashing
_ANY_ORDER = ({"channel_id", "links"}, {"session", "suppress"})  # messages: likewise


@dataclass
class Heard:
    """One message: its name, and {field: value} made comparable. "closed" is the end of a connection."""

    name: str
    fields: dict

    def key(self):
        """What it is about: messages of equal keys are compared with each other."""
        about = {"UserState": "session", "UserRemove": "session"}.get(self.name, "channel_id")
        return self.name, str(self.fields.get(about, ""))

    def __str__(self):
        return f"{self.name} " + " ".join(f"{name}={value}" for name, value in self.fields.items())


@dataclass(frozen=True)
class Difference:
    """Something that the two servers do not do alike."""

    exchange: str
    step: int
    asked: str  # the message that the step has sent
    client: str
    message: str
    field: str  # or "(missing)", "(extra)", "(order)": seen from ours
    theirs: object
    ours: object

    def __str__(self):
        return (f"{self.exchange} step {self.step}, {self.client}: {self.message}.{self.field}: "
                f"mumble-server {self.theirs!r}, ours {self.ours!r}")


def heard(kind, body, sessions):
    """A frame as Heard; sessions are {session: who}."""
    name = messages.NAMES.get(kind, f"type {kind}")
    if name == "UDPTunnel":
        return Heard(name, _voice(body, sessions))
    return Heard(name, _comparable(name, messages.decode(name, body), sessions))


def _comparable(name, fields, sessions):
    kinds = {field.name: field.kind for field in messages.FIELDS[name]}
    if name == "QueryUsers" and len(fields.get("ids", [])) == len(fields.get("names", [])):
        pairs = sorted(zip(fields.get("ids", []), fields.get("names", [])))
        return {"ids": [one for one, _ in pairs], "names": [one for _, one in pairs]}
    return {field: _value(name, field, kinds.get(field, "y"), value, sessions)
            for field, value in fields.items()}


def _value(name, field, kind, value, sessions):
    if isinstance(value, list):
        found = [_value(name, field, kind, one, sessions) for one in value]
        if (name, field) == ("ACL", "groups"):
            found.sort(key=lambda one: one.get("name", ""))
        return sorted(found) if (name, field) in _SETS else found
    if isinstance(value, dict):
        return _comparable(kind, value, sessions)
    if kind == "S":
        return sessions.get(value, f"session {value}" if value else 0)
    if (name, field) in _COUNTED:
        return "<n>"
    if (name, field) in _SECRET:
        return f"<{len(value)} bytes>"
    if (name, field) in _TIME:
        return _time(value)
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 40 else f"<{len(value)} bytes {_digest(value)}>"
    return value


def _digest(data):
    return hashlib.sha1(data).hexdigest()[:12]


def ordered(told, who):
    """A client's messages with those sorted of which mumble-server tells the order of a hash."""
    def rank(one):
        is_other = one.name == "UserState" and "name" in one.fields and one.fields["session"] != who
        return "other" if is_other else next(
            (str(form) for form in _ANY_ORDER if set(one.fields) == form), None)
    out, at = [], 0
    while at < len(told):
        end = at + 1
        while rank(told[at]) and end < len(told) and rank(told[end]) == rank(told[at]):
            end += 1
        out += sorted(told[at:end], key=lambda one: [str(it) for it in one.key()[1:]])
        at = end
    return out


def _time(text):
    """A time near now is what it should be; others are data."""
    try:
        at = datetime.datetime.fromisoformat(text.rstrip("Z").replace(" ", "T"))
    except ValueError:
        return text
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    form = "".join("0" if one.isdigit() else one for one in text)
    return f"<now as {form}>" if abs(now - at) < datetime.timedelta(hours=1) else text


def _voice(packet, sessions):
    """A legacy voice packet's parts."""
    session, at = read_varint(packet, 1)
    fields = {"type": packet[0] >> 5, "context": packet[0] & 0x1F,
              "session": sessions.get(session, f"session {session}")}
    fields["frame"], at = read_varint(packet, at)
    fields["rest"] = packet[at:].hex()
    return fields


def differences(exchange, step, asked, client, theirs, ours):
    """What differs between two lists of Heard."""
    found = []

    def differ(one, field, their_value, our_value):
        found.append(Difference(exchange, step, asked, client, one.name, field, their_value, our_value))

    keys = [[one.key() for one in side] for side in (theirs, ours)]
    paired, left, right = [], [], []
    matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
    for what, a, a_end, b, b_end in matcher.get_opcodes():
        if what == "equal":
            paired += zip(theirs[a:a_end], ours[b:b_end])
        else:
            left += theirs[a:a_end]
            right += ours[b:b_end]
    for key in ((lambda one: one.key()), (lambda one: one.name)):  # elsewhere; then of another thing
        for one in list(left):
            other = next((it for it in right if key(it) == key(one)), None)
            if other:
                differ(one, "(order)", theirs.index(one), ours.index(other))
                paired.append((one, other))
                left.remove(one)
                right.remove(other)
    for one in left:
        differ(one, "(missing)", str(one), None)
    for one in right:
        differ(one, "(extra)", None, str(one))
    for one, other in paired:
        for field in dict.fromkeys([*one.fields, *other.fields]):
            if one.fields.get(field) != other.fields.get(field):
                differ(one, field, one.fields.get(field), other.fields.get(field))
    return found
