# SPDX-License-Identifier: BSD-3-Clause
"""Voice targets: channels with what is beneath and linked, groups, people; and speech through links."""

from lib import wait
from lib.observer import AUTHENTICATE, VOICE_TARGET
from system.speech import ACL, MODERN, SPEAK, WHISPER_RIGHT, SpeechTest
from system.voice import LISTEN, NORMAL, SHOUT, WHISPER


class WhisperTest(SpeechTest):
    """Sala with Hija beneath and Otra linked to it; Berta in Sala, Clara in Hija, Dora in Otra."""

    def setUp(self):
        super().setUp()
        self.root = self.superuser()
        self.clara, self.dora = self.client("Clara", **MODERN), self.client("Dora")
        self.sala = self.make_channel(self.root, "Sala")
        self.hija = self.make_channel(self.root, "Hija", self.sala)
        self.otra = self.make_channel(self.root, "Otra")
        for client, channel in ((self.berta, self.sala), (self.clara, self.hija),
                                (self.dora, self.otra)):
            client.join(channel)

    def test_channels(self):
        self.link(self.root, self.sala, self.otra)
        for entry, berta, clara, dora in (
                ({2: self.sala}, SHOUT, None, None),
                ({2: self.sala, 5: True}, SHOUT, SHOUT, None),
                ({2: self.sala, 4: True}, SHOUT, None, SHOUT),
                ({2: self.sala, 4: True, 5: True}, SHOUT, SHOUT, SHOUT),
                ({2: self.otra, 4: True, 5: True}, SHOUT, None, SHOUT),  # Hija is beneath the linked one
                ({2: self.hija}, None, SHOUT, None), ({2: 0, 5: True}, SHOUT, SHOUT, SHOUT),
                ({2: 9999}, None, None, None)):
            with self.subTest(entry):
                self.aim(self.ana, 1, entry)
                self.assert_contexts(self.ana, 1, berta=berta, clara=clara, dora=dora, root=SHOUT
                                     if entry == {2: 0, 5: True} else None)

    def test_people(self):
        self.aim(self.ana, 30, {1: [self.clara.session, self.ana.session, 9999]},
                 {1: self.dora.session})
        self.assert_contexts(self.ana, 30, berta=None, clara=WHISPER, dora=WHISPER, ana=None)
        self.aim(self.ana, 30, {1: [self.clara.session]}, {2: self.hija})
        self.assert_contexts(self.ana, 30, clara=SHOUT, dora=None)
        self.aim(self.ana, 30)
        self.assert_contexts(self.ana, 30, clara=None)

    def test_groups(self):
        for group, root, clara in (("auth", SHOUT, None), ("!auth", None, SHOUT),
                                   ("none", None, None), ("all", SHOUT, SHOUT)):
            with self.subTest(group):
                self.aim(self.ana, 2, {2: 0, 3: group, 5: True})
                self.assert_contexts(self.ana, 2, root=root, clara=clara)

    def test_right_to_whisper(self):
        self.rule(self.root, self.hija, deny=WHISPER_RIGHT)
        self.aim(self.ana, 1, {2: self.sala, 5: True})
        self.aim(self.ana, 2, {1: [self.berta.session, self.clara.session]})
        self.assert_contexts(self.ana, 1, berta=SHOUT, clara=None)
        self.assert_contexts(self.ana, 2, berta=WHISPER, clara=None)
        self.rule(self.root, self.hija)
        self.assert_contexts(self.ana, 1, berta=SHOUT, clara=SHOUT)
        self.clara.join(self.otra)  # what a target means is found anew
        self.assert_contexts(self.ana, 1, berta=SHOUT, clara=None)
        self.assert_contexts(self.ana, 2, clara=WHISPER)

    def test_right_by_token(self):
        """A token changes at once whom a target reaches, and who is spoken to through links."""
        entries = [{1: True, 2: True, 3: False, 5: group, number: WHISPER_RIGHT | SPEAK}
                   for group, number in (("all", 7), ("#secreto", 6))]
        self.root.ask(ACL, {1: self.otra, 2: True, 4: entries})
        self.link(self.root, self.sala, self.otra)
        self.aim(self.berta, 1, {2: self.otra})
        self.assert_contexts(self.berta, 1, dora=None)
        self.assert_contexts(self.berta, dora=None)
        self.berta.ask(AUTHENTICATE, {3: ["Secreto"]})
        self.assert_contexts(self.berta, 1, dora=SHOUT)
        self.assert_contexts(self.berta, dora=NORMAL)

    def test_listeners_of_targets(self):
        self.dora.change(f21=self.sala)
        self.clara.change(f21=self.otra, f23={1: self.otra, 2: 0.5})
        self.aim(self.ana, 1, {2: self.sala})
        self.assert_contexts(self.ana, 1, berta=SHOUT, dora=LISTEN, clara=None)
        self.aim(self.ana, 1, {2: self.otra})
        self.say(self.ana, 1)
        self.assertEqual(self.assert_heard(self.clara, self.ana, LISTEN).volume, 0.5)
        self.aim(self.ana, 1, {2: self.otra}, {1: self.clara.session})
        self.assert_contexts(self.ana, 1, clara=WHISPER)

    def test_speech_through_links(self):
        self.link(self.root, self.sala, self.otra)
        self.link(self.root, self.otra, self.hija)
        self.assert_contexts(self.berta, clara=NORMAL, dora=NORMAL, ana=None)
        self.assert_contexts(self.clara, berta=NORMAL, dora=NORMAL, ana=None)
        self.rule(self.root, self.otra, deny=SPEAK)  # on to Hija all the same
        self.assert_contexts(self.berta, clara=NORMAL, dora=None)
        self.assert_contexts(self.dora, berta=None, clara=None)  # suppressed there
        self.rule(self.root, self.otra)
        self.ana.change(f21=[self.sala, self.hija], f23=[{1: self.sala, 2: 0.5}])
        self.assert_contexts(self.dora, berta=NORMAL, clara=NORMAL, ana=LISTEN)
        self.link(self.root, self.sala, self.otra, is_cut=True)
        self.assert_contexts(self.dora, berta=None, clara=NORMAL, ana=LISTEN)
        self.assert_contexts(self.berta, clara=None, dora=None, ana=LISTEN)

    def test_too_fast(self):
        """Who sets targets faster than any key is pressed whispers to nobody, not to the wrong ones."""
        for _ in range(1000):
            self.ana.send(VOICE_TARGET, {1: 3, 2: {1: self.berta.session}})
        self.ana.barrier(30)
        self.assert_contexts(self.ana, 3, berta=None)

        def is_heard():
            self.aim(self.ana, 3, {1: self.berta.session})
            self.say(self.ana, 3)
            return self.hear(self.berta, self.ana)

        self.assertEqual(wait.until(is_heard, 5, "a whisper")[0].context, WHISPER)

    def test_many_large_targets(self):
        """More than is kept at hand: one that was put away comes back when it is spoken to."""
        ids = [self.make_channel(self.root, f"c{i}") for i in range(330)]
        self.berta.join(ids[0])
        for target in range(1, 31):
            self.aim(self.ana, target, *({2: channel, 5: True} for channel in ids[:64]))

        def is_heard(target):
            self.say(self.ana, target)
            return self.hear(self.berta, self.ana)

        for target in (30, 1, 15, 1):
            self.assertEqual(wait.until(lambda: is_heard(target), 5, "a shout")[0].context, SHOUT)
