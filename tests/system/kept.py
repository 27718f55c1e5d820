# SPDX-License-Identifier: BSD-3-Clause
"""What a server keeps, as a flat dictionary: read from a copy of its database, or foretold change by change.

Keys are (noun, id, …); a value that nobody foretold is ANY and equals all. Each change is a function
of (state): it alters the dictionary as the server must alter its database.
"""

import os
import shutil
import sqlite3
import tempfile


class _Any:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None

    def __repr__(self):
        return "ANY"


ANY = _Any()
NO_LINKS = frozenset()
ROWS = (
    ("channel", "SELECT channel_id, coalesce(parent_id, -1), name, description, position, max_users"
                " FROM channels WHERE channel_id > 0"),
    ("person", "SELECT user_id, name FROM users"),
    ("comment", "SELECT user_id, comment FROM users WHERE comment IS NOT NULL"),
    ("texture", "SELECT user_id, texture FROM users WHERE texture IS NOT NULL"),
    ("last", "SELECT user_id, last_channel FROM users WHERE last_channel > 0"),
)


def read(path):
    """The state in the database of a server that has ended, however it did; it is left untouched."""
    with tempfile.TemporaryDirectory(prefix="systemtest-") as directory:
        copy = os.path.join(directory, "copy.sqlite")
        for end in ("", "-wal"):
            if os.path.exists(path + end):
                shutil.copy(path + end, copy + end)
        database = sqlite3.connect(copy)
        try:
            return _read(database)
        finally:
            database.close()


def _read(database):
    checks = [row[0] for row in database.execute("PRAGMA integrity_check")]
    loose = database.execute("PRAGMA foreign_key_check").fetchall()
    if checks != ["ok"] or loose:
        raise AssertionError(f"a corrupt database: {checks[:5]} {loose[:5]}")
    state = {}
    for noun, sql in ROWS:
        for row in database.execute(sql):
            state[noun, row[0]] = row[1] if len(row) == 2 else row[1:]
    for channel, in database.execute("SELECT channel_id FROM channels WHERE channel_id > 0"):
        state["rights", channel] = rights(*_rights(database, channel))
    for a, b in database.execute("SELECT channel_id, link_id FROM links"):
        state["links", a] = state.get(("links", a), NO_LINKS) | {b}
    for person, channel, volume in database.execute(
            "SELECT user_id, channel_id, volume FROM listenings WHERE is_on = 1"):
        state["ears", person, channel] = round(volume, 4)
    state["certs",] = frozenset(database.execute("SELECT cert_hash, user_id FROM user_certs"))
    state["bans",] = frozenset(
        database.execute("SELECT hex(address), mask_bits, name, reason, duration FROM bans"))
    return state


def _rights(database, channel):
    inherit, = database.execute("SELECT is_inheriting FROM channels WHERE channel_id = ?",
                                (channel,)).fetchone()
    entries = database.execute(
        "SELECT is_here, is_sub, user_id, group_spec, grant_bits, deny_bits FROM acls"
        " WHERE channel_id = ? ORDER BY position", (channel,)).fetchall()
    groups = {}
    for name, inheriting, inheritable in database.execute(
            "SELECT name, is_inheriting, is_inheritable FROM groups WHERE channel_id = ?",
            (channel,)):
        groups[name] = (inheriting, inheritable, set(), set())
    for name, is_added, person in database.execute(
            "SELECT name, is_added, user_id FROM group_members WHERE channel_id = ?", (channel,)):
        groups[name][2 if is_added else 3].add(person)
    return inherit, entries, groups


def rights(inherit, entries, groups):
    """A channel's rights as one comparable value."""
    return (bool(inherit), tuple(tuple(one) for one in entries),
            frozenset((name, bool(a), bool(b), frozenset(add), frozenset(remove))
                      for name, (a, b, add, remove) in groups.items()))


def difference(expected, found, is_mine):
    """What of the keys that is_mine accepts differs, as lines; [] when nothing does."""
    keys = {key for state in (expected, found) for key in state if is_mine(key)}
    return [f"{key}: {expected.get(key)!r} was acknowledged, {found.get(key)!r} is there"
            for key in sorted(keys, key=repr)
            if not (expected.get(key) is ANY and key in found)
            and expected.get(key) != found.get(key)]


# Changes


def put(key, value):
    """Sets one value; None takes it away."""
    def change(state):
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
    return change


def channel_made(channel, fields):
    def change(state):
        state["channel", channel] = fields
        state["rights", channel] = ANY  # what a creator is given, nobody foretells here
    return change


def channel_removed(channel):
    def change(state):
        gone = {channel} | descendants(state, channel)
        for key in list(state):
            if key[0] in ("channel", "rights", "links") and key[1] in gone:
                del state[key]
            elif key[0] == "links":
                _set_links(state, key[1], state[key] - gone)
    return change


def linked(a, b, is_on):
    def change(state):
        for one, other in ((a, b), (b, a)):
            links = state.get(("links", one), NO_LINKS)
            _set_links(state, one, links | {other} if is_on else links - {other})
    return change


def _set_links(state, channel, links):
    put(("links", channel), links or None)(state)


def person_removed(person, cert):
    """With their entries and memberships everywhere."""
    def change(state):
        state.pop(("person", person), None)
        state["certs",] -= {(cert, person)}
        for key, value in list(state.items()):
            if key[0] == "rights" and value is not ANY:
                inherit, entries, groups = value
                state[key] = (inherit, tuple(one for one in entries if one[2] != person),
                              frozenset((name, a, b, add - {person}, remove - {person})
                                        for name, a, b, add, remove in groups))
    return change


# Questions about a state


def channels(state):
    return [key[1] for key in state if key[0] == "channel"]


def parent(state, channel):
    return state["channel", channel][0]


def descendants(state, channel):
    found, todo = set(), [channel]
    while todo:
        above = todo.pop()
        below = [one for one in channels(state) if parent(state, one) == above]
        found.update(below)
        todo += below
    return found


def depth(state, channel):
    return 0 if channel == 0 else 1 + depth(state, parent(state, channel))
