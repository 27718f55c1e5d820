# SPDX-License-Identifier: BSD-3-Clause
"""The base of tests in which clients speak through the tunnel and hear, each in the form of its version."""

from lib import wait
from lib.observer import VOICE_TARGET
from system.case import SystemTest
from system.client import CHANNEL_STATE, VERSION_1_5_0
from system.voice import NORMAL, Heard, legacy, modern

ACL = 13
MODERN = {"version": 0x010500, "version_v2": VERSION_1_5_0}
SOUND = b"\x68" + bytes(range(1, 60))  # never decoded here: an Opus packet of 20 ms by its first byte
SPEAK, WHISPER_RIGHT, TEXT_RIGHT, LISTEN_RIGHT = 0x8, 0x100, 0x200, 0x800


class SpeechTest(SystemTest):
    """Ana writes the old form, Berta the new one; both are in the root."""

    keys = {"bandwidth": 1000000}
    has_superuser = True

    def setUp(self):
        self.ana, self.berta = self.client("Ana"), self.client("Berta", **MODERN)
        self.frame = 1000

    def hear(self, client, speaker):
        """What a client has got by the tunnel when the speaker is through, each as Heard."""
        speaker.barrier()
        client.barrier()
        client.pump(0.05)
        return [Heard(packet) for packet in client.heard()]

    def say(self, speaker, target=0, is_last=False, write=None, **more):
        self.frame += 2
        write = write or (modern if speaker.version_v2 else legacy)
        speaker.tunnel(write(self.frame, SOUND, target, is_last, **more))

    def assert_heard(self, client, speaker, context=NORMAL, is_last=False):
        one, = wait.until(lambda: self.hear(client, speaker), 5, "a voice packet")
        self.assertEqual(one.key(), (context, speaker.session, self.frame, SOUND, is_last))
        return one

    def assert_contexts(self, speaker, target=0, **contexts):
        """Say something; those named hear it once, in that context (None: not at all)."""
        self.say(speaker, target)
        for name, context in contexts.items():
            client = getattr(self, name)
            with self.subTest(name):
                if context is None:
                    self.assertEqual(self.hear(client, speaker), [])
                else:
                    self.assert_heard(client, speaker, context)

    # Channels, by the SuperUser

    def make_channel(self, root, name, parent=0):
        """A channel of that name, removed with the test; its id."""
        root.send(CHANNEL_STATE, {2: parent, 3: name})
        made = root.until(lambda: root.channel(name), 5, f"the channel {name}")["channel_id"]
        self.addCleanup(root.barrier)
        self.addCleanup(root.send, 6, {1: made})
        return made

    def link(self, root, one, other, is_cut=False):
        root.ask(CHANNEL_STATE, {1: one, 7 if is_cut else 6: other})

    def rule(self, root, channel, deny=0, grant=0, group="all"):
        """One entry, for the channel itself; none when it does nothing."""
        entry = {1: True, 2: True, 3: False, 5: group, 6: grant, 7: deny}
        root.ask(ACL, {1: channel, 2: True, **({4: entry} if deny or grant else {})})

    def aim(self, client, target, *entries):
        """Set a voice target; {1: sessions} or {2: channel, 3: group, 4: links, 5: children}."""
        client.ask(VOICE_TARGET, {1: target, **({2: list(entries)} if entries else {})})
