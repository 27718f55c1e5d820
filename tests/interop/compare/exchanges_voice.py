# SPDX-License-Identifier: BSD-3-Clause
"""Texts, and voice in the tunnel: who gets it, and under which name."""

import struct

from interop.compare.exchange import (Leave, S, acl, channel, entry, exchange, group, send, state,
                                      voice)
from interop.compare.world import (DOS, GRUPO, JARDIN, MUDA, ROOT, SALA, SPEAK, UNO, WHISPER)
from system.voice import legacy

CAST = "ana berta carla eva"
UNKNOWN = 4711
LOOPBACK = 31


def says(who, message, **where):
    return send(who, "TextMessage", message=message, **where)


def talks(who, frame, target=0, payload=b"\x78sound", tail=b""):
    return voice(who, legacy(frame, payload, target) + tail)


def text(name, *steps, **options):
    return exchange("text." + name, options.pop("cast", CAST), *steps, **options)


def sound(name, *steps, **options):
    return exchange("voice." + name, options.pop("cast", CAST), *steps, **options)


def target(who, *targets, number=1):
    return send(who, "VoiceTarget", id=number, targets=list(targets))


PLACES = (state("berta", channel_id=SALA), state("carla", channel_id=UNO), state("eva", channel_id=DOS))

TEXTS = (
    text("to-channel", says("ana", "hola", channel_id=[ROOT])),
    text("to-session", says("ana", "hola", session=[S("eva")])),
    text("to-sessions", says("ana", "hola", session=[S("eva"), S("carla"), S("eva")])),
    text("to-oneself", says("ana", "hola", session=[S("ana")])),
    text("to-other-channel", *PLACES, says("ana", "hola", channel_id=[SALA, UNO])),
    text("to-tree", *PLACES, says("ana", "hola", tree_id=[SALA])),
    text("to-all", *PLACES, says("ana", "hola", tree_id=[ROOT])),
    text("to-everything-once", *PLACES, says("ana", "hola", tree_id=[SALA], channel_id=[UNO],
                                             session=[S("carla")])),
    text("to-nobody", says("ana", "hola")),
    text("unknown", says("ana", "hola", session=[999]), says("ana", "hola", channel_id=[UNKNOWN]),
         says("ana", "hola", tree_id=[UNKNOWN]),
         says("ana", "hola", session=[S("eva"), 999])),
    text("denied", state("carla", channel_id=GRUPO), says("eva", "hola", channel_id=[GRUPO]),
         says("eva", "hola", session=[S("carla")]), says("carla", "hola", channel_id=[GRUPO]),
         says("carla", "hola", session=[S("eva")]), says("eva", "hola", tree_id=[GRUPO])),
    text("denied-in-part", state("carla", channel_id=GRUPO),
         says("eva", "hola", channel_id=[ROOT, GRUPO]),
         says("eva", "hola", session=[S("ana"), S("carla")]), says("eva", "hola", tree_id=[ROOT])),
    text("empty", says("ana", "", channel_id=[ROOT])),
    text("html", says("ana", "<b>hola</b> &amp; <script>x</script>", channel_id=[ROOT])),
    text("html-not-allowed", says("ana", "<b>hola</b>  a <br/>todas &lt;x&gt;", channel_id=[ROOT]),
         says("ana", "a   b\n\nc", channel_id=[ROOT]), ini={"allowhtml": "false"}),
    text("html-not-allowed-broken", says("ana", "a < b", channel_id=[ROOT]),
         says("ana", "<b>a", channel_id=[ROOT]), ini={"allowhtml": "false"}),
    text("html-not-allowed-entities", says("ana", "a &amp; b &lt; c", channel_id=[ROOT]),
         says("ana", "<i>a &amp; b</i> &gt;", channel_id=[ROOT]), ini={"allowhtml": "false"}),
    text("length", says("ana", "x" * 1000, channel_id=[ROOT]), says("ana", "x" * 1001, channel_id=[ROOT])),
    text("length-utf16", says("ana", "ñ" * 1000, channel_id=[ROOT]),
         says("ana", "😀" * 500, channel_id=[ROOT]), says("ana", "😀" * 501, channel_id=[ROOT])),
    text("image", says("ana", '<img src="' + "x" * 3000 + '"/>', channel_id=[ROOT]),
         says("ana", '<img src="' + "x" * 5000 + '"/>', channel_id=[ROOT]),
         says("ana", '<img src="' + "x" * 3000 + '"/>' + "y" * 1000, channel_id=[ROOT]),
         says("ana", '<img src="' + "x" * 3000 + '">', channel_id=[ROOT])),
    text("unlimited", says("ana", "x" * 100000, channel_id=[ROOT]),
         ini={"textmessagelength": 0, "imagemessagelength": 0}),
    text("actor-is-set", says("ana", "hola", channel_id=[ROOT], actor=S("eva"))),
    text("muted-may-write", state("ana", "eva", mute=True), says("eva", "hola", channel_id=[ROOT])),
)

SPEECH = (
    sound("channel", talks("ana", 1), talks("eva", 300), talks("ana", 70000)),
    sound("other-channels", *PLACES, talks("ana", 1), talks("berta", 2)),
    sound("last-packet", voice("ana", legacy(5, b"\x78end", is_last=True)),
          voice("ana", legacy(6, b"", is_last=True))),
    sound("links", *PLACES, talks("carla", 1), talks("eva", 2)),
    sound("links-chain", *PLACES, channel("ana", SALA, links_add=[DOS]), talks("berta", 1)),
    sound("links-denied", *PLACES, acl("ana", DOS, entry("all", deny=SPEAK)), talks("carla", 1)),
    sound("muted", state("ana", "eva", mute=True), talks("eva", 1)),
    sound("self-muted", state("eva", self_mute=True), talks("eva", 1)),
    sound("suppressed", state("eva", channel_id=MUDA), state("ana", channel_id=MUDA), talks("eva", 1),
          talks("ana", 2)),
    sound("deaf", state("ana", "eva", deaf=True), state("carla", self_deaf=True), talks("ana", 1)),
    sound("loopback", talks("eva", 1, LOOPBACK)),
    sound("loopback-muted", state("ana", "eva", mute=True), talks("eva", 1, LOOPBACK)),
    sound("positional", talks("ana", 1, tail=struct.pack("<fff", 1, 2, 3))),
    sound("positional-contexts", state("berta", plugin_context=b"game"),
          state("ana", plugin_context=b"game"), talks("ana", 1, tail=struct.pack("<fff", 1, 2, 3))),
    sound("tail", talks("ana", 1, tail=b"abc")),
    sound("truncated", voice("ana", b"\x80\x01\x20xy"), voice("ana", b"\x80"), voice("ana", b"")),
    sound("ping-in-tunnel", voice("ana", b"\x20\x05")),
    sound("old-codecs", voice("ana", b"\x00\x01\x02ab"), voice("ana", b"\x40\x01\x02ab"),
          voice("ana", b"\x60\x01\x02ab"), voice("ana", b"\xa0\x01\x02ab")),
)

WHISPERS = (
    sound("target.session", *PLACES, target("ana", {"session": [S("eva")]}), talks("ana", 1, 1)),
    sound("target.sessions", *PLACES, target("ana", {"session": [S("eva"), S("carla"), 999]}),
          talks("ana", 1, 1)),
    sound("target.oneself", target("ana", {"session": [S("ana")]}), talks("ana", 1, 1)),
    sound("target.channel", *PLACES, target("ana", {"channel_id": UNO}), talks("ana", 1, 1)),
    sound("target.own-channel", target("ana", {"channel_id": ROOT}), talks("ana", 1, 1)),
    sound("target.links", *PLACES, target("ana", {"channel_id": UNO, "links": True}),
          talks("ana", 1, 1)),
    sound("target.children", *PLACES, target("ana", {"channel_id": SALA, "children": True}),
          talks("ana", 1, 1)),
    sound("target.links-and-children", *PLACES, channel("ana", JARDIN, links_add=[SALA]),
          target("ana", {"channel_id": JARDIN, "children": True, "links": True}), talks("ana", 1, 1)),
    sound("target.group", *PLACES,
          acl("ana", SALA, group("g", add=[3])),
          target("ana", {"channel_id": SALA, "children": True, "group": "g"}), talks("ana", 1, 1)),
    sound("target.group-auth", *PLACES,
          target("ana", {"channel_id": SALA, "children": True, "group": "auth"}), talks("ana", 1, 1)),
    sound("target.group-in", *PLACES,
          target("ana", {"channel_id": SALA, "children": True, "group": "in"}), talks("ana", 1, 1)),
    sound("target.group-not", *PLACES,
          target("ana", {"channel_id": SALA, "children": True, "group": "!auth"}), talks("ana", 1, 1)),
    sound("target.both", *PLACES, target("ana", {"session": [S("carla")]}, {"channel_id": UNO}),
          talks("ana", 1, 1)),
    sound("target.denied", *PLACES, acl("ana", UNO, entry("all", deny=WHISPER)),
          target("berta", {"channel_id": SALA, "children": True}, {"session": [S("carla")]}),
          talks("berta", 1, 1)),
    sound("target.denied-session", *PLACES, acl("ana", UNO, entry("all", deny=WHISPER)),
          target("eva", {"session": [S("carla"), S("berta")]}), talks("eva", 1, 1)),
    sound("target.suppressed", state("eva", channel_id=MUDA), target("eva", {"session": [S("ana")]}),
          talks("eva", 1, 1)),
    sound("target.deaf", *PLACES, state("eva", self_deaf=True), target("ana", {"session": [S("eva")]}),
          talks("ana", 1, 1)),
    sound("target.moved", *PLACES, target("ana", {"channel_id": UNO}), talks("ana", 1, 1),
          state("berta", channel_id=UNO), talks("ana", 2, 1), state("carla", channel_id=ROOT),
          talks("ana", 3, 1)),
    sound("target.gone", *PLACES, target("ana", {"session": [S("eva")]}, {"channel_id": UNO}),
          Leave("eva"), send("ana", "ChannelRemove", channel_id=UNO), talks("ana", 1, 1)),
    sound("target.rights-change", *PLACES, target("berta", {"channel_id": UNO}), talks("berta", 1, 1),
          acl("ana", UNO, entry("all", deny=WHISPER)), talks("berta", 2, 1)),
    sound("target.unknown", talks("ana", 1, 7)),
    sound("target.deleted", target("ana", {"session": [S("eva")]}), target("ana"), talks("ana", 1, 1)),
    sound("target.replaced", target("ana", {"session": [S("eva")]}),
          target("ana", {"session": [S("carla")]}), talks("ana", 1, 1)),
    sound("target.numbers", target("ana", {"session": [S("eva")]}, number=0),
          target("ana", {"session": [S("eva")]}, number=31),
          target("ana", {"session": [S("eva")]}, number=30),
          target("ana", {"session": [S("eva")]}, number=200), talks("ana", 1, 0),
          talks("ana", 2, 30), talks("ana", 3, LOOPBACK)),
    sound("target.unknown-channel", target("ana", {"channel_id": UNKNOWN}), talks("ana", 1, 1)),
)

EXTRAS = (
    sound("listening", send("eva", "UserState", listening_channel_add=[SALA])),
)

EXCHANGES = TEXTS + SPEECH + WHISPERS + EXTRAS
