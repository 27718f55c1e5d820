# SPDX-License-Identifier: BSD-3-Clause
"""A meeting in which nobody speaks costs nothing: no thread of the server wakes."""

import os
import time
import unittest

from lib import wait
from lib.server import MEETING
from system.case import SystemTest
from system.client import Client
from system.voice import Datagrams, legacy

SILENT_S = 5
MEETINGS = int(os.environ.get("IDLE_MEETINGS", "10"))
LOGIN_LIMIT_S = 15  # after which the server looks once whether those who came have logged in


def wakes(pid):
    """{thread: (name, context switches)}: a thread that has not run has as many as before."""
    threads = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        threads[int(thread)] = (status["Name"], int(status["voluntary_ctxt_switches"])
                                + int(status["nonvoluntary_ctxt_switches"]))
    return threads


class SleepTest(SystemTest):
    """Threads are counted by the kernel; clients are connected and send nothing, not even pings."""

    def setUp(self):
        # A sanitizer's own background thread wakes by itself.
        self.is_ours = lambda name: "Background" not in name and "asan" not in name.lower()

    def quiet(self):
        """The server has nothing left to do: no thread ran for half a second, within 10."""
        pid = self.server.process.pid
        last = wakes(pid)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            time.sleep(0.5)
            now = wakes(pid)
            if now == last:
                return now
            last = now
        raise wait.Timeout(f"the server does not become quiet: {last}")

    def assert_asleep(self, what):
        before = self.quiet()
        time.sleep(SILENT_S)
        after = wakes(self.server.process.pid)
        awake = {name: after[thread][1] - n for thread, (name, n) in before.items()
                 if after[thread] != (name, n) and self.is_ours(name)}
        self.assertEqual(awake, {}, what)
        self.assertEqual(set(before), set(after))


class IdleTest(SleepTest):
    """A few people and all they may do."""

    meeting = MEETING
    keys = {"timeout": 300}
    has_superuser = True

    def test_nobody(self):
        self.assert_asleep("without a client")

    def test_silent_meeting(self):
        people = []
        for i, where in enumerate(("Asamblea", "English", "Español", "Booth en-es", "Español")):
            one = self.client(f"P{i}")
            one.join(one.channel(where)["channel_id"])
            people.append(one)
        connected = time.monotonic()
        udp = [Datagrams(one) for one in people]
        for one in udp:
            self.addCleanup(one.close)
            self.assertTrue(one.ping())
        for one in people:
            one.barrier()
        self.assert_asleep("before anybody spoke")
        # The floor speaks for a second; afterwards all sleep again.
        for i in range(50):
            udp[0].send(legacy(2 * i, bytes.fromhex("fb03fffefffefffe"), is_last=i == 49))
            time.sleep(0.02)
        for one in people:
            one.barrier()
        wait.until_clock(connected + LOGIN_LIMIT_S + 0.5)
        self.assert_asleep("after somebody spoke")

    def test_tools_of_a_silent_meeting(self):
        """A hand is up, somebody has the floor and a limit, a poll is open: nothing is due."""
        root = self.superuser()
        people = [self.client(f"P{i}") for i in range(3)]
        for one in [root, *people]:
            one.join(one.channel("Asamblea")["channel_id"])
            one.barrier()
        people[0].command("!hand")
        people[1].command("!hand")
        for line in ("!limit 60", "!stacking on", "!next", "!poll A? / B / C"):
            self.assertEqual(len(root.command(line)[-1:]), 1)
        people[2].command("!vote 1")
        wait.until_clock(time.monotonic() + LOGIN_LIMIT_S + 0.5)
        self.assert_asleep("with a queue and a poll")

    def test_the_count_counts(self):
        """A ping in the meantime is seen."""
        one = self.client("Ana")
        before = self.quiet()
        one.barrier()
        self.assertNotEqual(self.quiet(), before)


class ManyMeetingsTest(SleepTest):
    """Ten silent people in each of $IDLE_MEETINGS meetings: nothing but their pings wakes anything."""

    meeting = "".join(f'[meeting "M{i}"]\ntracks = en, es\nbooths = en-es\ninterpreters = anyone\n'
                      for i in range(MEETINGS))
    keys = {"timeout": 300, "users": 20 * MEETINGS, "autobanAttempts": 0, "connections_per_host": 4096}
    SEATS = (None, None, None, "English", "English", "English", "Español", "Español", "Español", "Booth en-es")

    def seat(self, name, meeting, place):
        one = self.client(name)
        floor = one.channel(f"M{meeting}")["channel_id"]
        where = floor if place is None else next(
            channel for channel, fields in one.channels.items()
            if fields["name"] == place and fields["parent"] == floor)
        one.join(where)
        one.forget()
        return one

    def test_silent_meetings(self):
        people = [self.seat(f"P{i}-{k}", i, place) for i in range(MEETINGS) for k, place in enumerate(self.SEATS)]
        connected = time.monotonic()
        for one in people:
            one.barrier(60)
        wait.until_clock(connected + LOGIN_LIMIT_S + 0.5)
        self.assert_asleep(f"{len(people)} people in {MEETINGS} meetings")
        before = self.quiet()
        for one in people:
            one.barrier(60)
        after = self.quiet()
        for thread, (name, n) in before.items():
            wakes_each = (after[thread][1] - n) / len(people)
            if name.startswith(("mixer", "recorder")):
                self.assertEqual(wakes_each, 0, name)
            elif self.is_ours(name):
                self.assertLess(wakes_each, 4, name)


class ForgottenClientsTest(SystemTest):
    """The timer of silent connections is armed for the next that is due, not for every second."""

    keys = {"timeout": 3}

    def test_no_ticking(self):
        before = wakes(self.server.process.pid)
        start = time.monotonic()
        people = [Client(self.server.port, f"P{i}").connect() for i in range(5)]
        for one in people:
            self.addCleanup(one.close)
            one.wait_closed(10)
        self.assertGreater(time.monotonic() - start, 2.5)
        after = wakes(self.server.process.pid)
        control = min(before)
        self.assertLess(after[control][1] - before[control][1], 300)


if __name__ == "__main__":
    unittest.main()
