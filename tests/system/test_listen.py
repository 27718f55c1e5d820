# SPDX-License-Identifier: BSD-3-Clause
"""Channel listeners: who may be one, what others are told, what is heard, and what is kept."""

import struct

from lib import protobuf
from lib.observer import SERVER_SYNC
from lib.protobuf import last
from lib.server import MEETING
from system.case import make_certificate
from system.client import CHANNEL_REMOVE, USER_STATE, DENIED_PERMISSION
from system.speech import LISTEN_RIGHT, MODERN, SpeechTest
from system.voice import LISTEN, NORMAL

DENIED_CHANNEL_LISTENERS, DENIED_USER_LISTENERS = 12, 13


def ears(frames):
    """(session, added, removed, {channel: volume}) of each UserState about listening among these."""
    found = []
    for kind, fields in frames:
        if kind == USER_STATE and fields.keys() & {21, 22, 23}:
            volumes = (protobuf.decode(one) for one in fields.get(23, []))
            found.append((last(fields, 1), sorted(fields.get(21, [])), sorted(fields.get(22, [])),
                          {last(one, 1): struct.unpack("<f", last(one, 2))[0] for one in volumes}))
    return found


class ListenTest(SpeechTest):
    """Berta listens to Sala from the root; Ana is in Sala."""

    keys = {"bandwidth": 1000000, "listenersperchannel": 2, "listenersperuser": 3}

    def setUp(self):
        super().setUp()
        self.root = self.superuser()
        self.sala, self.otra = (self.make_channel(self.root, name) for name in ("Sala", "Otra"))
        self.ana.join(self.sala)
        for client in (self.ana, self.berta, self.root):
            client.barrier()

    def listen(self, client, *channels, **more):
        return client.change(f21=list(channels), **more)

    def test_told(self):
        session = self.berta.session
        for fields, own, others in (
                ({"f21": [self.sala, 9999]}, [(session, [self.sala], [], {})],
                 [(session, [self.sala], [], {})]),
                ({"f23": {1: self.sala, 2: 0.5}}, [(session, [], [], {self.sala: 0.5})], []),
                ({"f23": {1: self.otra, 2: 0.5}}, [], []),  # one that was never listened to
                ({"f22": [self.sala, self.otra]}, [(session, [], [self.sala], {})],
                 [(session, [], [self.sala], {})]),
                ({"f22": self.sala}, [], []),
                ({"f21": self.sala}, [(session, [self.sala], [], {self.sala: 0.5})],
                 [(session, [self.sala], [], {})]),
                ({"f21": self.otra, "f22": self.sala, "f23": {1: self.otra, 2: 2.0}},
                 [(session, [self.otra], [self.sala], {self.otra: 2.0})],
                 [(session, [self.otra], [self.sala], {})])):
            with self.subTest(fields):
                self.assertEqual(ears(self.berta.change(**fields)), own)
                self.assertEqual(ears(self.ana.barrier()), others)
        late = self.client("Late")
        about = [one for one in ears(late.received) if one[0] == session]
        self.assertEqual(about, [(session, [self.otra], [], {})])

    def test_for_others_is_dropped(self):
        for field, value in ((21, self.sala), (22, self.sala), (23, {1: self.sala, 2: 1.0})):
            self.assertEqual(self.root.change(self.berta.session, **{f"f{field}": value}), [])
            self.assertEqual(self.berta.barrier(), [])

    def test_heard(self):
        self.assert_contexts(self.ana, berta=None, root=None)
        self.listen(self.berta, self.sala)
        self.assert_contexts(self.ana, berta=LISTEN, root=None)
        self.assert_contexts(self.berta, ana=None)  # ears, not a mouth
        self.berta.change(f10=True)  # deaf
        self.assert_contexts(self.ana, berta=None)
        self.berta.change(f9=False)
        self.berta.change(f22=self.sala)
        self.assert_contexts(self.ana, berta=None)

    def test_volumes(self):
        """In the packet for clients of the new form, in steps of 1 dB (6 to a factor of two)."""
        for asked, heard in ((0.5, 0.5), (4.0, 4.0), (1.0, None), (0.0, None), (-3.0, None),
                             (float("nan"), None), (1e-9, 2.0 ** -10), (1e9, 32.0),
                             (0.51, 0.5), (1.1225, 2 ** (1 / 6))):
            with self.subTest(asked):
                self.listen(self.berta, self.sala, f23={1: self.sala, 2: asked})
                self.say(self.ana)
                volume = self.assert_heard(self.berta, self.ana, LISTEN).volume
                self.assertAlmostEqual(volume or 1.0, heard or 1.0, delta=1e-4)
                self.assertEqual(volume is None, heard is None)

    def test_in_both_roles(self):
        """A user of the channel hears it as one, louder when they have asked for it, never softer."""
        self.berta.join(self.sala)
        for asked, heard in ((0.5, None), (2.0, 2.0)):
            self.listen(self.berta, self.sala, f23={1: self.sala, 2: asked})
            self.say(self.ana)
            self.assertEqual(self.assert_heard(self.berta, self.ana, NORMAL).volume, heard)

    def test_right_to_listen(self):
        self.rule(self.root, self.otra, deny=LISTEN_RIGHT)
        frames = self.listen(self.berta, self.otra, self.sala)
        self.assertEqual(self.berta.denied(frames), [(DENIED_PERMISSION, LISTEN_RIGHT, self.otra)])
        self.assertEqual(ears(frames), [(self.berta.session, [self.sala], [], {})])
        self.rule(self.root, self.otra)

    def test_right_is_taken(self):
        """Who may not listen any more does not, and all are told."""
        for client in (self.berta, self.root):
            self.listen(client, self.sala)
        for client in (self.ana, self.berta):
            client.barrier()
        self.rule(self.root, self.sala, deny=LISTEN_RIGHT)  # the SuperUser may all the same
        for client in (self.ana, self.berta):
            self.assertEqual(ears(client.barrier()), [(self.berta.session, [], [self.sala], {})])
        self.assert_contexts(self.ana, berta=None)
        self.rule(self.root, self.sala)
        self.assert_contexts(self.ana, berta=None)
        self.assertEqual(ears(self.listen(self.berta, self.sala)),
                         [(self.berta.session, [self.sala], [], {})])

    def test_limits(self):
        third = self.make_channel(self.root, "Tercera")
        fourth = self.make_channel(self.root, "Cuarta")
        frames = self.listen(self.berta, self.sala, self.otra, third, fourth)
        self.assertEqual([one[0] for one in self.berta.denied(frames)], [DENIED_USER_LISTENERS])
        self.assertEqual(ears(frames)[0][1], sorted((self.sala, self.otra, third)))
        self.assertEqual(self.berta.denied(self.listen(self.berta, self.sala)), [], "is there already")
        self.listen(self.root, self.sala)
        frames = self.listen(self.ana, self.sala, fourth)
        self.assertEqual([one[0] for one in self.ana.denied(frames)], [DENIED_CHANNEL_LISTENERS])
        self.assertEqual(ears(frames), [(self.ana.session, [fourth], [], {})])
        self.berta.change(f22=self.sala)
        self.assertEqual(self.ana.denied(self.listen(self.ana, self.sala)), [])

    def test_channel_goes(self):
        gone = self.make_channel(self.root, "Breve")
        self.listen(self.berta, gone)
        self.root.ask(CHANNEL_REMOVE, {1: gone})
        frames = self.berta.barrier()
        self.assertEqual(ears(frames), [(self.berta.session, [], [gone], {})])
        kinds = [kind for kind, fields in frames if kind == CHANNEL_REMOVE or 22 in fields]
        self.assertEqual(kinds, [USER_STATE, CHANNEL_REMOVE])

    def test_kept_for_registered(self):
        certificate = make_certificate(self.directory, "carla")
        carla = self.client("Carla", certificate=certificate, **MODERN)
        self.listen(carla, self.sala, f23=[{1: self.sala, 2: 0.5}])  # still a guest
        carla.change(f4=0)
        self.listen(carla, self.otra, f23=[{1: self.otra, 2: 2.0}])
        carla.change(f22=self.otra)
        carla.close()
        self.ana.until(lambda: not self.ana.user("Carla"), 5, "Carla gone")
        self.ana.barrier()
        carla = self.client("Carla", certificate=certificate, **MODERN)
        self.assertEqual(ears(carla.received)[-1],
                         (carla.session, [self.sala], [], {self.sala: 0.5}))
        kinds = [kind for kind, fields in carla.received
                 if kind == SERVER_SYNC or (21 in fields and last(fields, 1) == carla.session)]
        self.assertEqual(kinds, [SERVER_SYNC, USER_STATE], "after ServerSync")
        self.assertEqual(ears(self.ana.barrier()), [(carla.session, [self.sala], [], {})])
        self.say(self.ana)
        self.assertEqual(self.assert_heard(carla, self.ana, LISTEN).volume, 0.5)
        frames = self.listen(carla, self.otra)
        self.assertEqual(ears(frames), [(carla.session, [self.otra], [], {self.otra: 2.0})])


class VolumesToldTest(SpeechTest):
    """With broadcastlistenervolumeadjustments."""

    keys = {"broadcastlistenervolumeadjustments": "true"}

    def test_told(self):
        for fields, volumes in (({"f21": 0}, {}), ({"f23": {1: 0, 2: 2.0}}, {0: 2.0})):
            self.ana.barrier()
            self.berta.change(**fields)
            session, _, _, heard = ears(self.ana.barrier())[0]
            self.assertEqual((session, heard), (self.berta.session, volumes))


class OffTest(SpeechTest):
    """With listenersperuser = 0."""

    keys = {"listenersperuser": 0}

    def test_refused(self):
        denied = self.berta.denied(self.berta.change(f21=0))
        self.assertEqual([one[0] for one in denied], [DENIED_USER_LISTENERS])


class MeetingEarsTest(SpeechTest):
    """The floor may be listened to from elsewhere; tracks and booths not, for their sound is mixed."""

    meeting = MEETING

    def setUp(self):
        super().setUp()
        self.floor, self.english, self.booth = (self.ana.channel(name)["channel_id"] for name in
                                                ("Asamblea", "English", "Booth en-es"))

    def test_floor(self):
        self.ana.join(self.floor)
        self.berta.change(f21=self.floor)
        self.assert_contexts(self.ana, berta=LISTEN)
        self.berta.join(self.floor)
        self.assert_contexts(self.ana, berta=NORMAL)

    def test_track_hears_its_mix_only(self):
        self.ana.join(self.floor)
        self.berta.change(f21=self.floor)
        self.berta.join(self.english)
        self.say(self.ana)
        self.assertEqual([one for one in self.hear(self.berta, self.ana)
                          if one.context == LISTEN], [])

    def test_tracks_and_booths_refuse(self):
        for channel in (self.english, self.booth):
            frames = self.berta.change(f21=channel)
            self.assertEqual(self.berta.denied(frames),
                             [(DENIED_PERMISSION, LISTEN_RIGHT, channel)])
            self.assertEqual(ears(frames), [])
