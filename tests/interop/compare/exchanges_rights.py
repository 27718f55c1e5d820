# SPDX-License-Identifier: BSD-3-Clause
"""ACL, groups and what follows from them: queries, flushes, suppression, tokens."""

from interop.compare.exchange import (C, Hash, Join, Restart, S, acl, ask_acl, channel, entry, exchange,
                                      group, login, query, send, state)
from interop.compare.world import (ANA, BAN, BERTA, CARLA, CERRADA, DOS, ENTER, GRUPO, HONDA, JARDIN,
                                   KICK, LARGA, LINK, LLENA, MAKE, MAKE_TEMPORARY, MOVE, MUDA,
                                   MUTE_DEAFEN, REGISTER, ROOT, SALA, SELF_REGISTER, SPEAK, TEXT,
                                   TRAVERSE, UNO, WHISPER, WRITE)

CAST = "super ana berta eva"
EVERYWHERE = (ROOT, SALA, UNO, DOS, JARDIN, CERRADA, MUDA, GRUPO, HONDA, LARGA, LLENA)
UNKNOWN = 4711


def rights(name, *steps, **options):
    return exchange("rights." + name, options.pop("cast", CAST), *steps, **options)


def matched(name, *parts, channel_id=JARDIN, inherit=True, steps=(), cast="super ana berta dora eva"):
    """ACL parts on a channel, and who has what then there, below, and after having gone in."""
    people = [one for one in cast.split() if one != "super"]
    return rights(f"matched.{name}", channel("super", parent=JARDIN, name="Abajo"),
                  *steps, acl("super", channel_id, *parts, inherit=inherit),
                  *(query(one, JARDIN, C("Abajo")) for one in people),
                  state("super", people[-1], channel_id=JARDIN), query(people[-1], JARDIN, C("Abajo")),
                  state("super", people[-1], channel_id=C("Abajo")),
                  query(people[-1], JARDIN, C("Abajo")), cast=cast)


QUERY = (
    rights("query.registered", query("berta", *EVERYWHERE)),
    rights("query.admin", query("ana", *EVERYWHERE)),
    rights("query.guest", query("eva", *EVERYWHERE)),
    rights("query.certificate", query("dora", *EVERYWHERE), cast="super dora"),
    rights("query.superuser", query("super", ROOT, SALA)),
    rights("query.unknown", query("eva", UNKNOWN), send("eva", "PermissionQuery")),
    rights("acl.fresh", ask_acl("super", ROOT), cast="super", is_fresh=True),
    rights("acl.root", ask_acl("ana", ROOT)),
    rights("acl.inherited", ask_acl("ana", SALA), ask_acl("ana", UNO)),
    rights("acl.group", ask_acl("ana", GRUPO)),
    rights("acl.not-inherited", ask_acl("ana", HONDA), ask_acl("super", HONDA)),
    rights("acl.denied", ask_acl("berta", ROOT), ask_acl("eva", GRUPO),
           acl("berta", GRUPO, entry("all", grant=WRITE))),
    rights("acl.unknown", ask_acl("ana", UNKNOWN), acl("ana", UNKNOWN)),
    rights("acl.parent-write", acl("super", SALA, entry(user=BERTA, grant=WRITE, subs=False)),
           ask_acl("berta", UNO), acl("berta", UNO, entry("all", deny=TEXT)), ask_acl("super", UNO)),
)

SET = (
    rights("set.replaces", acl("ana", SALA, entry("all", deny=TEXT), entry("auth", grant=TEXT)),
           ask_acl("ana", SALA), acl("ana", SALA, entry("all", deny=WHISPER)), ask_acl("ana", SALA),
           acl("ana", SALA), ask_acl("ana", SALA)),
    rights("set.groups", acl("ana", SALA, group("a", add=[1, 2], remove=[3]), group("b", inherit=False),
                             group("c", inheritable=False, add=[3])),
           ask_acl("ana", SALA), ask_acl("ana", UNO),
           acl("ana", UNO, group("a", add=[3], remove=[2]), group("c", add=[1])),
           ask_acl("ana", UNO)),
    rights("set.unknown-people", acl("ana", SALA, group("a", add=[77, 2], remove=[78]),
                                     entry(user=79, grant=TEXT), entry(user=2, grant=WRITE)),
           ask_acl("ana", SALA)),
    rights("set.foreign-bits", acl("ana", SALA, entry("all", grant=0xFFFFFFFF, deny=0)),
           ask_acl("ana", SALA), query("eva", SALA)),
    rights("set.grant-and-deny", acl("ana", SALA, entry("all", grant=TEXT | MOVE, deny=TEXT)),
           ask_acl("ana", SALA), query("eva", SALA)),
    rights("set.neither-user-nor-group", send("ana", "ACL", channel_id=SALA, inherit_acls=True, acls=[
        {"apply_here": True, "apply_subs": True, "inherited": False, "grant": TEXT}]),
           ask_acl("ana", SALA)),
    rights("set.inherited-are-skipped", send("ana", "ACL", channel_id=SALA, acls=[
        {"inherited": True, "group": "all", "deny": TEXT},
        {"inherited": False, "group": "all", "deny": WHISPER}]), ask_acl("ana", SALA)),
    rights("set.inherit-off", query("eva", SALA, UNO),
           acl("ana", SALA, entry("admin", grant=WRITE), inherit=False), ask_acl("ana", SALA),
           query("eva", SALA, UNO)),
    rights("set.write-lost", acl("ana", SALA, entry("all", deny=TEXT), inherit=False),
           ask_acl("ana", SALA), query("ana", SALA)),
    rights("set.write-lost-group", acl("ana", SALA, group("admin", remove=[ANA])),
           ask_acl("ana", SALA), query("ana", SALA)),
    rights("set.write-lost-guest",
           send("super", "ACL", channel_id=SALA, acls=[
               {"inherited": False, "group": Join(("$", Hash("dora"))), "grant": WRITE}]),
           query("dora", SALA), acl("dora", SALA), ask_acl("super", SALA), query("dora", SALA),
           cast="super ana dora"),
    rights("set.by-superuser", acl("super", SALA, inherit=False), ask_acl("super", SALA)),
    rights("set.root", acl("super", ROOT, group("admin", add=[BERTA]), entry("admin", grant=WRITE)),
           ask_acl("super", ROOT), query("ana", ROOT), query("berta", ROOT)),
    rights("set.root-only-bits",
           acl("super", ROOT, entry(user=BERTA, grant=KICK | REGISTER | BAN | SELF_REGISTER)),
           query("berta", ROOT, SALA), acl("super", SALA, entry(user=BERTA, grant=KICK | BAN)),
           query("berta", SALA), ask_acl("super", SALA)),
    rights("set.after-restart", acl("ana", SALA, group("a", add=[1, 2], remove=[3], inherit=False),
                                    entry("a", grant=MOVE, subs=False), entry(user=3, deny=ENTER),
                                    inherit=False), Restart(), login("super"), ask_acl("super", SALA),
           cast="ana"),
)

FOLLOWS = (
    rights("flush.changed", query("berta", SALA, JARDIN), acl("super", SALA, entry("all", deny=TEXT)),
           query("berta", SALA)),
    rights("flush.unchanged", query("berta", SALA, JARDIN),
           acl("super", UNO, entry("all", deny=TEXT))),
    rights("flush.twice", query("berta", SALA), acl("super", SALA, entry("all", deny=TEXT)),
           acl("super", SALA, entry("all", deny=WHISPER))),
    rights("flush.many", channel("super", parent=JARDIN, name="a"), channel("super", parent=JARDIN, name="b"),
           *(channel("super", parent=JARDIN, name=f"n{n}") for n in range(9)),
           query("berta", *range(20)), acl("super", UNO, entry("none", grant=TEXT))),
    rights("flush.removed-channel", query("berta", UNO, SALA),
           send("ana", "ChannelRemove", channel_id=UNO)),
    rights("suppress.denied", state("eva", channel_id=JARDIN), state("berta", channel_id=JARDIN),
           acl("super", JARDIN, entry("all", deny=SPEAK))),
    rights("suppress.granted", state("eva", channel_id=MUDA), acl("super", MUDA)),
    rights("suppress.root", acl("super", ROOT, entry("all", deny=SPEAK))),
    rights("suppress.moved", state("eva", channel_id=MUDA), state("eva", channel_id=SALA)),
    rights("suppress.lifted", state("eva", channel_id=MUDA), state("ana", "eva", suppress=False),
           acl("super", MUDA, entry("all", deny=SPEAK | TEXT))),
    rights("people-stay-inside", state("eva", channel_id=JARDIN),
           acl("super", JARDIN, entry("all", deny=ENTER)), login("dora")),
    rights("password", acl("super", JARDIN, entry("all", deny=ENTER, subs=False),
                           entry("#clave", grant=ENTER | SPEAK | WHISPER | TEXT | LINK, subs=False)),
           state("eva", channel_id=JARDIN), send("eva", "Authenticate", tokens=["clave"]),
           state("eva", channel_id=JARDIN)),
)

MATCHED = (
    matched("all", entry("all", deny=TEXT)),
    matched("here-only", entry("all", deny=TEXT, subs=False)),
    matched("subs-only", entry("all", deny=TEXT, here=False)),
    matched("nowhere", entry("all", deny=TEXT, here=False, subs=False)),
    matched("none", entry("none", grant=MOVE)),
    matched("auth", entry("auth", grant=MOVE)),
    matched("not-auth", entry("!auth", grant=MOVE)),
    matched("strong", entry("strong", grant=MOVE)),
    matched("in", entry("in", grant=MOVE)),
    matched("out", entry("out", grant=MOVE)),
    matched("in-there", entry("~in", grant=MOVE)),
    matched("not-in-there", entry("!~in", grant=MOVE)),
    matched("sub", entry("sub", grant=MOVE)),
    matched("sub-0-0", entry("sub,0,0", grant=MOVE)),
    matched("sub-there", entry("~sub,0,1,1", grant=MOVE)),
    matched("sub-minus", entry("sub,-1,0,9", grant=MOVE)),
    matched("sub-beyond", entry("sub,5", grant=MOVE)),
    matched("empty", entry("", grant=MOVE), entry("!", grant=MAKE)),
    matched("unknown-group", entry("nobody", grant=MOVE), entry("!nobody", grant=MAKE)),
    matched("certificate", entry("$0123", grant=MOVE), entry("!$0123", grant=MAKE)),
    matched("token", entry("#clave", grant=MOVE), entry("!#clave", grant=MAKE),
            steps=(send("eva", "Authenticate", tokens=["CLAVE"]),)),
    matched("group", group("g", add=[BERTA]), entry("g", grant=MOVE)),
    matched("group-not-inheritable", group("g", add=[BERTA], inheritable=False), entry("g", grant=MOVE),
            entry("~g", grant=MAKE)),
    matched("group-of-child", group("g", add=[BERTA]), entry("g", grant=MOVE), entry("~g", grant=MAKE),
            steps=(acl("super", C("Abajo"), group("g", add=[ANA], remove=[BERTA])),)),
    matched("group-cut", group("g", add=[BERTA]), entry("g", grant=MOVE),
            steps=(acl("super", C("Abajo"), group("g", add=[ANA], inherit=False)),)),
    matched("user", entry(user=BERTA, grant=MOVE), entry(user=ANA, deny=TEXT)),
    matched("later-wins", entry("all", deny=TEXT), entry("auth", grant=TEXT), entry("all", deny=WHISPER)),
    matched("write", entry(user=BERTA, grant=WRITE)),
    matched("write-here-only", entry(user=BERTA, grant=WRITE, subs=False)),
    matched("write-denied", entry("all", deny=WRITE)),
    matched("traverse-denied", entry("all", deny=TRAVERSE)),
    matched("traverse-denied-below", entry("all", deny=TRAVERSE, here=False)),
    matched("traverse-denied-here", entry("all", deny=TRAVERSE, subs=False)),
    matched("traverse-granted-again", entry("all", deny=TRAVERSE), entry(user=BERTA, grant=TRAVERSE)),
    matched("not-inherited", entry("all", deny=TEXT), inherit=False),
    matched("from-root", entry("~in", grant=MOVE), entry("all", grant=MAKE_TEMPORARY | MUTE_DEAFEN),
            channel_id=ROOT),
)

PEOPLE = (
    rights("ask-users", send("ana", "QueryUsers", ids=[1, 3, 0, 99]),
           send("ana", "QueryUsers", names=["Carla", "berta", "Nadie"]),
           send("ana", "QueryUsers", ids=[2], names=["Ana"]), send("ana", "QueryUsers")),
    rights("ask-users.no-write", send("eva", "QueryUsers", ids=[1], names=["Carla"])),
    rights("suppressed-in-group", state("carla", channel_id=GRUPO), query("carla", GRUPO, ROOT),
           acl("super", GRUPO, group("equipo", add=[CARLA])), query("carla", GRUPO),
           cast="super ana carla"),
    rights("of-others", send("ana", "UserStats", session=S("super"))),
)

EXCHANGES = QUERY + SET + FOLLOWS + MATCHED + PEOPLE
