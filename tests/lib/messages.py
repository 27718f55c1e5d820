# SPDX-License-Identifier: BSD-3-Clause
"""Mumble's control messages by name: what each field is called, and what it means to a reader.

A field is "number kind name"; kinds: u unsigned, i signed, b bool, s text, y bytes, f float, S a session,
or the name of an inner message in capitals. A star after the kind: repeated.
"""

import struct

from lib import protobuf

_TABLE = """
0 Version: 1 u version_v1, 5 u version_v2, 2 s release, 3 s os, 4 s os_version
1 UDPTunnel:
2 Authenticate: 1 s username, 2 s password, 3 s* tokens, 4 i* celt_versions, 5 b opus, 6 i client_type
3 Ping: 1 u timestamp, 2 u good, 3 u late, 4 u lost, 5 u resync, 6 u udp_packets, 7 u tcp_packets, \
8 f udp_ping_avg, 9 f udp_ping_var, 10 f tcp_ping_avg, 11 f tcp_ping_var
4 Reject: 1 u type, 2 s reason
5 ServerSync: 1 S session, 2 u max_bandwidth, 3 s welcome_text, 4 u permissions
6 ChannelRemove: 1 u channel_id
7 ChannelState: 1 u channel_id, 2 u parent, 3 s name, 4 u* links, 5 s description, 6 u* links_add, \
7 u* links_remove, 8 b temporary, 9 i position, 10 y description_hash, 11 u max_users, \
12 b is_enter_restricted, 13 b can_enter
8 UserRemove: 1 S session, 2 S actor, 3 s reason, 4 b ban, 5 b ban_certificate, 6 b ban_ip
9 UserState: 1 S session, 2 S actor, 3 s name, 4 u user_id, 5 u channel_id, 6 b mute, 7 b deaf, \
8 b suppress, 9 b self_mute, 10 b self_deaf, 11 y texture, 12 y plugin_context, 13 s plugin_identity, \
14 s comment, 15 s hash, 16 y comment_hash, 17 y texture_hash, 18 b priority_speaker, 19 b recording, \
20 s* temporary_access_tokens, 21 u* listening_channel_add, 22 u* listening_channel_remove, \
23 VOLUME* listening_volume_adjustment
10 BanList: 1 BAN* bans, 2 b query
11 TextMessage: 1 S actor, 2 S* session, 3 u* channel_id, 4 u* tree_id, 5 s message
12 PermissionDenied: 1 u permission, 2 u channel_id, 3 S session, 4 s reason, 5 u type, 6 s name
13 ACL: 1 u channel_id, 2 b inherit_acls, 3 GROUP* groups, 4 ENTRY* acls, 5 b query
14 QueryUsers: 1 u* ids, 2 s* names
15 CryptSetup: 1 y key, 2 y client_nonce, 3 y server_nonce
16 ContextActionModify: 1 s action, 2 s text, 3 u context, 4 u operation
17 ContextAction: 1 S session, 2 u channel_id, 3 s action
18 UserList: 1 PERSON* users
19 VoiceTarget: 1 u id, 2 TARGET* targets
20 PermissionQuery: 1 u channel_id, 2 u permissions, 3 b flush
21 CodecVersion: 1 i alpha, 2 i beta, 3 b prefer_alpha, 4 b opus
22 UserStats: 1 S session, 2 b stats_only, 3 y* certificates, 4 COUNTS from_client, \
5 COUNTS from_server, 6 u udp_packets, 7 u tcp_packets, 8 f udp_ping_avg, 9 f udp_ping_var, \
10 f tcp_ping_avg, 11 f tcp_ping_var, 12 VERSION version, 13 i* celt_versions, 14 y address, \
15 u bandwidth, 16 u onlinesecs, 17 u idlesecs, 18 b strong_certificate, 19 b opus
23 RequestBlob: 1 S* session_texture, 2 S* session_comment, 3 u* channel_description
24 ServerConfig: 1 u max_bandwidth, 2 s welcome_text, 3 b allow_html, 4 u message_length, \
5 u image_message_length, 6 u max_users, 7 b recording_allowed
25 SuggestConfig: 1 u version_v1, 4 u version_v2, 2 b positional, 3 b push_to_talk
26 PluginDataTransmission: 1 S senderSession, 2 S* receiverSessions, 3 y data, 4 s dataID
- VOLUME: 1 u listening_channel, 2 f volume_adjustment
- BAN: 1 y address, 2 u mask, 3 s name, 4 s hash, 5 s reason, 6 s start, 7 u duration
- GROUP: 1 s name, 2 b inherited, 3 b inherit, 4 b inheritable, 5 u* add, 6 u* remove, \
7 u* inherited_members
- ENTRY: 1 b apply_here, 2 b apply_subs, 3 b inherited, 4 u user_id, 5 s group, 6 u grant, 7 u deny
- PERSON: 1 u user_id, 2 s name, 3 s last_seen, 4 u last_channel
- TARGET: 1 S* session, 2 u channel_id, 3 s group, 4 b links, 5 b children
- COUNTS: 1 u good, 2 u late, 3 u lost, 4 u resync
- VERSION: 1 u version_v1, 5 u version_v2, 2 s release, 3 s os, 4 s os_version
"""


class Field:
    """One field of a message."""

    def __init__(self, text):
        number, kind, self.name = text.split()
        self.number, self.kind, self.is_repeated = int(number), kind.rstrip("*"), kind[-1] == "*"


def _read_table():
    types, fields = {}, {}
    for line in _TABLE.strip().splitlines():
        head, _, rest = line.partition(":")
        number, name = head.split()
        if number != "-":
            types[name] = int(number)
        fields[name] = [Field(one) for one in rest.split(",") if one.strip()]
    return types, fields


TYPES, FIELDS = _read_table()  # {name: type}, {name: [Field]}
NAMES = {number: name for name, number in TYPES.items()}


def encode(name, values):
    """The body of a message of that name: {field name: value}, inner messages as dicts of their own."""
    numbers = {}
    for field in FIELDS[name]:
        if values.get(field.name) is None:
            continue
        value = values[field.name]
        if field.kind.isupper() and field.kind != "S":
            value = ([encode(field.kind, one) for one in value]
                     if field.is_repeated else encode(field.kind, value))
        numbers[field.number] = float(value) if field.kind == "f" else value
    unknown = set(values) - {field.name for field in FIELDS[name]}
    assert not unknown, f"{name} has no {unknown}"
    return protobuf.encode(numbers)


def decode(name, body):
    """{field name: value} of a message's body, in the order of FIELDS; unknown ones as "#number"."""
    raw = protobuf.decode(body)
    values = {}
    for field in FIELDS[name]:
        found = raw.pop(field.number, None)
        if found is not None:
            found = [_value(field.kind, one) for one in found]
            values[field.name] = found if field.is_repeated else found[-1]
    values.update({f"#{number}": found for number, found in raw.items()})
    return values


def _value(kind, raw):
    if kind == "b":
        return bool(raw)
    if kind == "i":
        return raw - (1 << 64) if raw >> 63 else raw
    if kind == "s":
        return raw.decode("utf-8", "replace")
    if kind == "f":
        return struct.unpack("<f", raw)[0]
    if kind.isupper() and kind != "S":
        return decode(kind, raw)
    return raw
