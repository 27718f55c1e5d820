# SPDX-License-Identifier: BSD-3-Clause
"""A busy meeting as somebody on `lifeline` is told of it: less than a kilobit a second, and in the end the same."""

import random
import time

from lib.observer import PING, USER_STATE
from system.client import CHANNEL_REMOVE, CHANNEL_STATE, TEXT_MESSAGE, USER_REMOVE
from system.test_lines import LinesCase

SECONDS, PEOPLE = 15, 28
ACTOR, CAN_ENTER = 2, 13  # who did it, the client's own right: no part of the picture


def picture(client):
    """Users and channels, each with its newest fields, as the messages tell in their order."""
    users, channels = {}, {}
    for kind, fields in client.received:
        if kind == USER_STATE:
            users.setdefault(fields[1][-1], {}).update(fields)
        elif kind == CHANNEL_STATE:
            channels.setdefault(fields.get(1, [0])[-1], {}).update(fields)
        elif kind == USER_REMOVE:
            users.pop(fields[1][-1], None)
        elif kind == CHANNEL_REMOVE:
            channels.pop(fields[1][-1], None)
    for one in (*users.values(), *channels.values()):
        one.pop(ACTOR, None)
    for one in channels.values():
        one.pop(CAN_ENTER, None)
    return users, channels


class CalmTest(LinesCase):
    """Thirty people, one of them on a thread of a line."""

    def busy(self, people, seconds):
        """They mute themselves, move, come and go; a channel's words change; somebody writes."""
        choose = random.Random(5)
        places = (self.floor, self.english, self.spanish)
        until = time.monotonic() + seconds
        n = 0
        while time.monotonic() < until:
            n += 1
            person = choose.choice(people)
            if choose.random() < 0.6:
                person.send(USER_STATE, {1: person.session, 9: choose.random() < 0.5})
            else:
                person.send(USER_STATE, {1: person.session, 5: choose.choice(places)})
            if n % 20 == 0:
                self.root.send(CHANNEL_STATE, {1: self.spanish, 5: f"Words {n}"})
            time.sleep(max(0.0, 0.05 - (time.monotonic() % 0.05)))
        for person in people:
            person.barrier()
        return n

    def control_bytes(self, *clients):
        for client in clients:
            client.send(PING, {1: 1})
            client.barrier()
        return [self.lines()[client.name]["control_out_bytes"] for client in clients]

    def test_a_busy_meeting(self):
        self.root = self.superuser()
        lina, nora = self.sit("Lina", self.english), self.sit("Nora", self.english)
        people = [self.sit(f"P{i}", self.floor) for i in range(PEOPLE)]
        lina.command("!tier lifeline")
        lina.barrier()
        before = self.control_bytes(lina, nora)
        since = time.monotonic()
        n = self.busy(people, SECONDS)
        after = self.control_bytes(lina, nora)
        seconds = time.monotonic() - since
        rates = [(b - a) * 8 / seconds for a, b in zip(before, after)]
        print(f"{n} changes in {seconds:.1f} s: {rates[0]:.0f} bit/s of control messages, another {rates[1]:.0f}")
        self.assertLess(rates[0], 1000 + 2000 * 8 / seconds)  # and what is acknowledged meanwhile
        self.assertGreater(rates[1], 5 * rates[0])
        # A text does not wait, nor does what happens to oneself.
        since = time.monotonic()
        people[0].send(TEXT_MESSAGE, {2: lina.session, 5: "now"})
        lina.until(lambda: [one for one in lina.texts if one["message"] == "now"], 5, "a text")
        self.root.send(USER_STATE, {1: lina.session, 6: True})
        lina.until(lambda: lina.users[lina.session].get("mute"), 5, "being muted")
        self.assertLess(time.monotonic() - since, 2)
        # Somebody leaves, somebody comes; then the two see the same, within the batch's time.
        people[1].close()
        self.sit("Late", self.floor)
        nora.barrier()
        lina.until(lambda: nora.barrier() is not None and picture(lina) == picture(nora), 65, "the same picture")
        people[2].send(USER_STATE, {1: people[2].session, 9: True})
        people[2].send(USER_STATE, {1: people[2].session, 9: False})
        people[2].barrier()
        lina.command("!auto")  # nothing is held any more
        nora.barrier()
        self.assertEqual(picture(lina), picture(nora))
