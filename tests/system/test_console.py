# SPDX-License-Identifier: BSD-3-Clause
"""The consoles in a terminal: keys go in by tmux, the screen is read, the server and others are real."""

import os
import re
import signal
import time
import wave

import numpy

from lib import wait
from lib.observer import USER_STATE, USER_STATS
from lib.process import require
from lib.protobuf import decode, last
from lib.pulse import PulseAudio
from lib.server import MurmurServer
from lib.sound import rms_dbfs, speech, tone
from lib.terminal import Terminal
from system.case import SANITIZER, SUPERUSER_PASSWORD, SystemTest
from system.talk import Talk
from system.test_display import Console

MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es
default_language = es
interpreters = Iris, Ivan
moderators = Mona
air = act
levelling = off
"""


def write_wav(path, samples):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


class ConsoleCase(SystemTest):
    """One meeting; terminals end with the test, and have said nothing of a sanitizer."""

    meeting = MEETING
    keys = {"pluginmessagelimit": 1000, "pluginmessageburst": 1000}

    @classmethod
    def setUpClass(cls):
        require("tmux")
        super().setUpClass()

    def setUp(self):
        self.n_terminals = 0
        log = self.server.process.log  # nobody of the last test is there any more, with their name
        wait.until(lambda: log().count('msg="joined"') == log().count('msg="left"'), 10, "all have left", 0.05)

    def terminal(self, command, name, *options, path="/Asamblea", port=None, sound=("--silent",), **more):
        self.n_terminals += 1
        home = os.path.join(self.directory, f"{self.id().split('.')[-1]}-{self.n_terminals}")
        terminal = Terminal(home, [os.environ["SUSURRO"], command,
                                   f"mumble://{name}@127.0.0.1:{port or self.server.port}{path}",
                                   *sound, *options], **more)
        self.addCleanup(self.judge, terminal)
        return terminal

    def judge(self, terminal):
        terminal.close()
        self.assertIsNone(SANITIZER.search(terminal.stderr()), terminal.stderr())

    def session_of(self, client, name):
        return client.until(lambda: next((one for one, user in client.users.items()
                                          if user.get("name") == name), None), 10, f"{name} is there")

    def select_second(self, moderator, name):
        """Select the second of the people, who has this name."""
        moderator.keys("Down", "Down")
        wait.until(lambda: re.search(r"\x1b\[[0-9;]*7m" + name, moderator.attributes()), 15,
                   lambda: f"{name} is selected:\n{moderator.text()}")

    def watcher(self, name="Ana", place="Español"):
        """A client that follows the meeting's state."""
        client = self.client(name)
        client.join(client.channel(place)["channel_id"])
        return Console(client).say("hello")


class InterpretTest(ConsoleCase):
    """susurro interpret."""

    def test_on_air_by_key(self):
        watcher = self.watcher()
        iris = self.terminal("interpret", "Iris").until("Booth en-es", "off air", "nobody interprets: a",
                                                        "English 0", "Español 1")
        iris.keys("a").until("● ON AIR", "Español → English")
        self.assertRegex(iris.attributes(), r"\x1b\[[0-9;]*41m[^\n]*ON AIR")  # a red lamp
        state = watcher.until(lambda state: state["booths"][0]["on_air"])
        self.assertEqual(state["booths"][0]["on_air"]["name"], "Iris")
        iris.until(lambda rows: "ON AIR  00:0" in rows[1] and "00:00" not in rows[1])  # it runs
        iris.keys("a").until("off air")
        watcher.until(lambda state: state["booths"][0]["on_air"] is None)
        iris.keys("q")
        self.assertEqual(iris.status(), 0)

    def test_handover_between_two_consoles(self):
        iris = self.terminal("interpret", "Iris").until("off air")
        ivan = self.terminal("interpret", "Ivan").until("off air", "Iris")
        iris.keys("a").until("● ON AIR")
        ivan.until("Iris is on air", "● Iris")
        iris.keys("h").until("you ask to be relieved")
        ivan.until("h: Iris asks to be relieved").keys("h").until("● ON AIR")
        iris.keys("h").until("Ivan is on air")
        ivan.until(lambda rows: "ON AIR" in rows[1] and "begin" not in rows[1])
        iris.keys("t").until("● ON AIR")
        ivan.until("Iris is on air")

    def test_cough(self):
        """A tap, a held key as a terminal sends it, and the key that latches."""
        watcher = self.watcher()
        iris = self.terminal("interpret", "Iris").until("off air")
        iris.keys("a").until("● ON AIR")

        def is_muted(is_so):
            session = self.session_of(watcher.client, "Iris")
            watcher.client.until(lambda: bool(watcher.client.users[session].get("self_mute")) == is_so,
                                 10, f"Iris is {'' if is_so else 'not '}muted")
        iris.keys("Space").until("COUGH")
        is_muted(True)
        iris.gone("COUGH")  # nothing repeats it: it was let go
        is_muted(False)
        iris.until("ON AIR").keys("c").until("COUGH")
        is_muted(True)
        iris.keys("c").gone("COUGH")
        is_muted(False)

    def test_voice_reaches_the_track(self):
        """A file as the voice, heard by a listener's console whose recording is judged."""
        voice = os.path.join(self.directory, "voice.wav")
        heard = os.path.join(self.directory, "heard.wav")
        write_wav(voice, speech("en", 8.0, pauses=False))
        listener = self.terminal("listen", "Luis", "--listen", "en", "--record", heard)
        listener.until("You hear: English")
        iris = self.terminal("interpret", "Iris", "--play", voice, "--loop")
        iris.until("off air", lambda rows: any("Your voice" in row and "█" in row for row in rows))
        iris.keys("a").until("ON AIR")
        listener.until("Interpreter", "Iris",
                       lambda rows: any("You hear" in row and "█" in row for row in rows[2:]))

        def loudest():
            with wave.open(heard) as file:
                samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0
            blocks = samples[: len(samples) // 48000 * 48000].reshape(-1, 48000)
            return max((rms_dbfs(block) for block in blocks), default=-120.0)
        wait.until(lambda: loudest() > -35.0, 20, lambda: f"a voice in the recording: {loudest()} dBFS")
        listener.keys("q")
        self.assertEqual(listener.status(), 0)
        iris.keys("c").until("COUGH")
        iris.keys("q", "q")
        self.assertEqual(iris.status(), 0)

    def test_pipes(self):
        """Sound by standard input and output, the keys by the terminal."""
        sound, heard = (os.path.join(self.directory, name) for name in ("in.raw", "out.raw"))
        with open(sound, "wb") as file:
            file.write((tone(440, 60.0, -20.0) * 32767).astype("<i2").tobytes())
        home = os.path.join(self.directory, "pipes")
        address = f"mumble://Iris@127.0.0.1:{self.server.port}/Asamblea"
        iris = Terminal(home, ["sh", "-c", '"$1" interpret "$2" --play - --record - --transmit always '
                                           '<"$3" >"$4"', "sh", os.environ["SUSURRO"], address, sound, heard])
        self.addCleanup(self.judge, iris)
        iris.until("off air", lambda rows: any("Your voice" in row and "█" in row for row in rows))
        iris.keys("a").until("ON AIR").keys("q", "q")
        self.assertEqual(iris.status(), 0)
        self.assertGreater(os.path.getsize(heard), 9600)
        self.assertEqual(os.path.getsize(heard) % 2, 0)

    def test_who_may_not(self):
        """A participant is told, and stays where they were; nobody sits in a booth that is not there."""
        rosa = self.terminal("interpret", "Rosa").until("Asamblea – floor", "Only the interpreters")
        rosa.keys("q")
        self.assertEqual(rosa.status(), 0)
        self.terminal("interpret", "Iris", "--booth", "Kabine").until('no booth "Kabine"', "Choose your booth")

    # The terminal

    def test_sizes(self):
        iris = self.terminal("interpret", "Iris").until("off air", "? help")
        iris.resize(60, 20).until("off air", "Your voice", lambda rows: len(rows) == 20)
        iris.resize(40, 10).until("Too small: at least 50 × 14")
        iris.keys("a").resize(200, 50).until("● ON AIR", lambda rows: len(rows) == 50)
        iris.resize(80, 24).until("● ON AIR", "? help")

    def test_help_and_chat(self):
        ivan = self.client("Ivan")
        ivan.join(ivan.channel("Booth en-es")["channel_id"])
        iris = self.terminal("interpret", "Iris", path="/Asamblea/Booth en-es").until("off air")
        iris.keys("?").until("take the air at once", "nobody hears you while you hold it").keys("?")
        iris.until("off air", "Your voice")
        iris.keys("Enter").write("!speak x").keys("BSpace").until("> !speak").write("xx").keys("Enter")
        iris.until("“xx”")  # no language: the server's answer
        iris.keys("Enter").write("nothing").keys("Escape").gone("nothing")
        iris.keys("/").write("help").keys("Enter").until("!partner -12")
        iris.keys("PageUp", "PageUp").until("PgDn").gone("!partner -12").keys("PageDown", "PageDown")
        ivan.send(11, {3: ivan.here(), 5: "<b>Hola</b> &amp; \x1b[2Jadi\u00f3s"})
        iris.until("Ivan: Hola &  [2Jadiós")

    def test_terminals(self):
        """What is drawn without colours, without UTF-8, and where nothing can be."""
        for term in ("vt100", "xterm", "linux", "tmux"):
            with self.subTest(term):
                one = self.terminal("listen", "Rosa", term=term)
                one.until("You hear").keys("q")
                self.assertEqual(one.status(), 0)
        plain = self.terminal("listen", "Rosa", "--listen", "es", LC_ALL="C")
        plain.until("You hear: Espanol", "-----")
        self.assertTrue(plain.text().isascii())
        plain.keys("q")
        self.assertEqual(plain.status(), 0)
        dumb = self.terminal("listen", "Rosa", term="dumb")
        self.assertEqual(dumb.status(), 1)
        self.assertIn("TERM=dumb", dumb.stderr())
        none = self.terminal("listen", "Rosa", term="no-such-terminal")
        self.assertEqual(none.status(), 1)
        self.assertIn("no-such-terminal", none.stderr())

    def test_ends(self):
        """However it ends, the terminal is as before, and the status says how."""
        for number, status in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 0)):
            with self.subTest(number):
                one = self.terminal("interpret", "Iris").until("off air")
                os.kill(one.program(), number)
                self.assertEqual(one.status(), status)
        root = self.terminal("listen", "Rosa", path="/Nowhere")
        self.assertEqual(root.status(), 1)
        self.assertIn("Nowhere", root.stderr())
        booth = self.terminal("listen", "Rosa", path="/Asamblea/Booth en-es")
        self.assertEqual(booth.status(), 3)
        self.assertTrue(booth.stderr().strip())
        usage = self.terminal("listen", "Rosa", "--nonsense")
        self.assertEqual(usage.status(), 2)

    def test_the_server_dies(self):
        server = self.start("mortal")
        iris = self.terminal("interpret", "Iris", port=server.port).until("off air")
        os.kill(server.process.popen.pid, signal.SIGKILL)
        server.process.popen.wait(10)
        self.assertEqual(iris.status(), 1)
        self.assertIn("the connection has ended", iris.stderr())
        server.run()  # for the judge of its end


class CoughTest(ConsoleCase):
    """A key that terminals cannot say is held, and a server that takes five changes at once, then one a second."""

    keys = {**ConsoleCase.keys, "messagelimit": 1, "messageburst": 5}
    has_superuser = True

    def setUp(self):
        super().setUp()
        self.ana = self.client("Ana")
        self.iris = self.terminal("interpret", "Iris").until("off air")
        self.muted = []  # what the server has told of her

    def is_muted(self, is_so):
        def told():
            now = any(user.get("name") == "Iris" and user.get("self_mute")
                      for user in self.ana.users.values())
            if self.muted[-1:] != [now]:
                self.muted.append(now)
            return now == is_so
        self.ana.until(told, 15, f"Iris is {'' if is_so else 'not '}muted")

    def test_held(self):
        """As a terminal repeats it: heard by nobody until it is let go, and then at once."""
        self.iris.keys("Space").until("COUGH")
        self.is_muted(True)
        times = [time.monotonic()]
        for _ in range(20):
            self.iris.keys("Space")
            self.ana.barrier()
            times.append(time.monotonic())
            self.is_muted(True)
        self.iris.gone("COUGH")
        self.is_muted(False)
        if max(late - early for early, late in zip(times, times[1:])) < 0.2:  # else it was let go
            self.assertEqual(self.muted.count(True), 1)

    def test_faster_than_the_server_allows(self):
        """Changes that it drops are said again: nobody stays silenced, or heard."""
        for n, is_silent in ((40, False), (41, True), (33, False)):
            self.iris.keys(*"c" * n)
            (self.iris.until if is_silent else self.iris.gone)("COUGH")
            self.settle()
            self.is_muted(is_silent)

    def settle(self):
        """Nothing has been told of anybody for longer than a console waits before it says it again."""
        quiet_since = time.monotonic()
        deadline = quiet_since + 30
        while time.monotonic() < quiet_since + 2.5:
            self.assertLess(time.monotonic(), deadline)
            if any(kind == USER_STATE for kind, _ in self.ana.barrier()):
                quiet_since = time.monotonic()
            self.ana.pump(0.1)

    def test_no_packet_leaves(self):
        """Not only is the voice dropped by the server: it is not sent. Another's goes on and says how long."""
        voice = os.path.join(self.directory, "coughed.wav")
        write_wav(voice, speech("en", 8.0, pauses=False))
        root = self.client("SuperUser", password=SUPERUSER_PASSWORD)

        def speaker(name, command, shown):
            terminal = self.terminal(command, name, "--udp", "--loop", "--play", voice).until(shown)
            session = self.session_of(self.ana, name)

            def n_datagrams():
                frames = root.ask(USER_STATS, {1: session, 2: True})
                stats, = [fields for kind, fields in frames if kind == USER_STATS]
                return last(decode(last(stats, 4)), 1, 0)
            return terminal, n_datagrams

        def fifty_more(n_datagrams):
            n = n_datagrams()
            wait.until(lambda: n_datagrams() > n + 50, 15, "voice", 0.2)
        ivan, of_ivan = speaker("Ivan", "interpret", "off air")
        rosa, of_rosa = speaker("Rosa", "listen", "You hear")
        rosa.keys("m")
        fifty_more(of_rosa)
        fifty_more(of_ivan)
        ivan.keys("c").until("COUGH")
        n = of_ivan()
        fifty_more(of_rosa)
        self.assertLess(of_ivan(), n + 8)
        ivan.keys("c").gone("COUGH")
        fifty_more(of_ivan)


class BoothsTest(ConsoleCase):
    """Two booths; English is spoken."""

    meeting = MEETING.replace("booths = en-es", "booths = en-es, es-fr").replace("default_language = es",
                                                                                 "default_language = en")

    def test_they_are_chosen_by_number_or_name(self):
        iris = self.terminal("interpret", "Iris")
        iris.until("Choose your booth", "1 Booth en-es", "2 Booth es-fr").keys("2")
        iris.until("off air", "Asamblea – Booth es-fr")
        ivan = self.terminal("interpret", "Ivan", "--booth", "Booth en-es")
        ivan.until("Asamblea – Booth en-es")

    def test_relay(self):
        """The second booth hears the first, and is told whom; a track reached so is told as such."""
        iris = self.terminal("interpret", "Iris", "--booth", "Booth en-es").until("English → Español")
        ivan = self.terminal("interpret", "Ivan", "--booth", "Booth es-fr").until("Español → Français")
        iris.keys("a").until("ON AIR")
        ivan.until("Español – relay from Iris").keys("a").until("ON AIR")
        mona = self.terminal("moderate", "Mona").until("Ivan, relay, booths: 2")
        iris.keys("a").until("off air")
        mona.gone("● Iris")


class DirectionTest(ConsoleCase):
    """What an interpreter changes for all; of a server of its own, since the floor's language stays."""

    def test_direction_relay_and_partner(self):
        watcher = self.watcher()
        iris = self.terminal("interpret", "Iris").until("off air", "Español → English")
        luis = self.client("Luis")
        luis.join(luis.channel("Asamblea")["channel_id"])
        talk = Talk().add(luis, speech("es", 3.0, pauses=False))
        talk.run()
        iris.keys("a").until("● ON AIR", "Luis – Español").keys("d").until("English → Español")
        watcher.until(lambda state: state["booths"][0]["outgoing"] == "es")
        iris.keys("r").until("the original, by hand")
        watcher.until(lambda state: state["booths"][0]["relay"] == "floor")
        iris.keys("3").until("That did not work")  # French does not come to this booth
        iris.keys("r").until("English, by hand").keys("r").until("automatic")
        iris.keys("0").until("the original, by hand")
        self.terminal("interpret", "Ivan").until("off air")
        iris.until("Ivan  -12 dB").keys("]").until("Ivan  -6 dB")
        for _ in range(6):
            iris.keys("[")
        iris.until("Ivan  not heard")


class DevicesTest(ConsoleCase):
    """Microphone and speakers of PulseAudio, as PortAudio finds them."""

    def setUp(self):
        super().setUp()
        require("pulseaudio", "pactl", "parec", "pacat")
        directory = os.path.join(self.directory, "pulse")
        os.mkdir(directory)
        self.pulse = PulseAudio(directory)
        self.addCleanup(self.pulse.__exit__, None, None, None)
        self.pulse.__enter__()

    def seated(self, command, name, *options):
        home = os.path.join(self.directory, f"home-{name}")
        os.mkdir(home)
        with open(os.path.join(home, ".asoundrc"), "w", encoding="ascii") as file:
            file.write("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.pulse.seat(name)
        return self.terminal(command, name, *options, sound=(), HOME=home,
                             ASAN_OPTIONS="detect_leaks=0",  # the sound libraries' own
                             **self.pulse.client_environment(name))

    def test_from_microphone_to_speakers(self):
        def has_bar(label):
            return lambda rows: any(re.search(label + r"\s+█", row) for row in rows)
        iris = self.seated("interpret", "Iris").until("off air").keys("a").until("ON AIR")
        rosa = self.seated("listen", "Rosa", "--listen", "en", "--output", "default").until("You hear: English")
        recording = self.pulse.record_speaker("Rosa")
        self.pulse.play("Iris", speech("en", 60.0, pauses=False))
        iris.until(has_bar("Your voice"))
        rosa.until(has_bar("You hear"))

        def level():
            return rms_dbfs(recording.samples()[-48000:])
        wait.until(lambda: level() > -35, 15, lambda: f"{level()} dBFS at the speakers", 0.2)
        for _ in range(9):
            rosa.keys("-")
        rosa.until("-27 dB")
        wait.until(lambda: level() < -40, 15, lambda: f"{level()} dBFS after turning it down", 0.2)
        iris.keys("c").until("COUGH")
        rosa.until(lambda rows: not has_bar("You hear")(rows))
        unknown = self.seated("listen", "Zoe", "--output", "nothing of that name")
        self.assertEqual(unknown.status(), 1)
        self.assertIn("default", unknown.stderr())


class ListenTest(ConsoleCase):
    """susurro listen."""

    def test_languages_and_levels(self):
        watcher = self.watcher("Ana", "English")
        rosa = self.terminal("listen", "Rosa", "--listen", "fr").until("You hear: Français", "3 ▶Français 1")
        rosa.keys("2").until("You hear: Español")
        watcher.until(lambda state: state["tracks"][1]["people"] == 1)
        rosa.keys("[").until("-18 dB").keys("]").until("-15 dB")
        rosa.keys("u").keys("+", "+").until("+6 dB").keys(">").until("tone +1")
        rosa.keys("0").until("You hear the original voices")
        session = self.session_of(watcher.client, "Rosa")
        watcher.client.until(lambda: watcher.client.users[session].get("self_mute"), 10, "muted")
        rosa.keys("m")
        watcher.client.until(lambda: not watcher.client.users[session].get("self_mute"), 10, "heard")

    def test_chat_from_a_track(self):
        ana = self.watcher("Ana", "English").client
        rosa = self.terminal("listen", "Rosa", path="/Asamblea/English").until("You hear: English")
        rosa.keys("Enter").write("hola <3").keys("Enter").until("Rosa: hola <3")
        ana.until(lambda: any(one["message"] == "hola &lt;3" for one in ana.texts), 10, "the text")

    def test_without_sound_devices(self):
        """No sound card here: the console says so, and works."""
        without = {"sound": (), "ASAN_OPTIONS": "detect_leaks=0"}  # the sound libraries' own
        rosa = self.terminal("listen", "Rosa", **without)
        rosa.until("You hear", "no microphone", "No sound devices", "no sound device")
        rosa.keys("1").until("You hear: English")
        named = self.terminal("listen", "Rosa", "--output", "no such card", **without)
        self.assertEqual(named.status(), 1)
        self.assertTrue(named.stderr().strip())


class ModerateTest(ConsoleCase):
    """susurro moderate."""

    def test_what_is_seen(self):
        iris = self.terminal("interpret", "Iris").until("off air").keys("a").until("ON AIR")
        mona = self.terminal("moderate", "Mona")
        mona.until("Booth en-es", "● Iris", "Español", "spoken now", "not interpreted", "Mona")
        rosa = self.client("Rosa")
        rosa.join(rosa.channel("Français")["channel_id"])
        mona.until(lambda rows: any("Rosa" in row and "Français" in row for row in rows))
        mona.keys("Down")
        mona.until(lambda rows: re.search(r"\x1b\[[0-9;]*7m *\w", mona.attributes()))
        iris.keys("a").until("off air")
        mona.until(lambda rows: any("Booth en-es" in row and "Iris" in row and "●" not in row
                                    for row in rows))
        mona.keys("P").until("> !poll").keys("Escape").gone("> !poll")

    def test_muting_somebody(self):
        rosa = self.client("Rosa")
        rosa.join(rosa.channel("Asamblea")["channel_id"])
        mona = self.terminal("moderate", "Mona").until("Rosa", "Mona")
        self.select_second(mona, "Rosa")
        mona.keys("u").until("Rosa ✕")
        rosa.until(lambda: rosa.users[rosa.session].get("mute"), 10, "muted")
        mona.keys("u").gone("Rosa ✕")


class ToolsTest(ConsoleCase):
    """The meeting's own tools by key: queue, poll, notice, signals."""

    def test_queue(self):
        mona = self.terminal("moderate", "Mona").until("Mona")
        rosa = self.terminal("listen", "Rosa").until("You hear").keys("y")
        rosa.until(lambda rows: any("Queue" in row and "1 Rosa" in row for row in rows))
        mona.until("1 Rosa")
        rosa.keys("y").gone("1 Rosa")
        mona.gone("1 Rosa")
        rosa.keys("y")
        mona.until("1 Rosa").keys("n").gone("1 Rosa")
        rosa.until(lambda rows: any("Speaks" in row and "Rosa" in row for row in rows))

    def test_poll_and_notice(self):
        mona = self.terminal("moderate", "Mona").until("Mona")
        rosa = self.terminal("listen", "Rosa").until("You hear")
        mona.keys("P").until("> !poll").write("Pausa? / Sí / No").keys("Enter")
        rosa.until("Poll", "Pausa?  1 Sí  2 No").keys("v").until("> !vote").write("1").keys("Enter")
        mona.until("1 Sí: 1", "2 No: 0")
        mona.keys("N").until("> !notice").write("en: Lunch at one").keys("Enter")
        rosa.until("Lunch at one")

    def test_the_door(self):
        def is_open(rows):
            return any(re.search(r"Meeting +open(  |$)", row) for row in rows)
        mona = self.terminal("moderate", "Mona").until(is_open).keys("k").until("locked")
        out = self.terminal("listen", "Luis")
        self.assertEqual(out.status(), 3)
        mona.keys("k").until(is_open)
        rosa = self.terminal("listen", "Rosa").until("You hear the original voices")
        mona.until("Rosa").keys("U").until("all muted")
        rosa.until("You are muted by the moderators")
        self.select_second(mona, "Rosa")
        mona.keys("a")
        rosa.gone("You are muted by the moderators")
        mona.keys("U").until(is_open)

    def test_roles_and_music(self):
        mona = self.terminal("moderate", "Mona").until("Mona")
        rosa = self.terminal("interpret", "Rosa").until("Asamblea – floor", "Only the interpreters")
        mona.until("Rosa")
        self.select_second(mona, "Rosa")
        mona.keys("i")
        rosa.until("interpreter", timeout_s=15).keys("1").until("Booth en-es", "off air")
        mona.keys("p")  # and so no longer
        rosa.until("Choose your booth")
        mona.keys("S")
        rosa.until(lambda rows: "♪" in rows[0])
        mona.keys("S")
        rosa.until(lambda rows: "♪" not in rows[0])

    def test_signals(self):
        voice = os.path.join(self.directory, "spoken.wav")
        write_wav(voice, speech("es", 8.0, pauses=False))
        iris = self.terminal("interpret", "Iris").until("off air").keys("a").until("ON AIR")
        luis = self.terminal("listen", "Luis", "--play", voice, "--loop").until("off: m").keys("m")
        iris.until("Luis – Español").keys("s").until("Booths ask", "please more slowly")
        luis.until("Booths ask", "please more slowly")


class OtherServerTest(ConsoleCase):
    """mumble-server knows nothing of consoles: that is said, and the chat works."""

    def test_mumble_server(self):
        require("murmurd")
        server = MurmurServer(os.path.join(self.directory, "murmur"))
        self.addCleanup(server.stop)
        ana = self.terminal("listen", "Ana", path="", port=server.port)
        ana.until("This server says nothing to consoles").keys("1", "y", "Enter").write("hola")
        ana.keys("Enter").until("Ana: hola").keys("q")
        self.assertEqual(ana.status(), 0)


class SpanishTest(ConsoleCase):
    """LANGUAGE=es: nothing on the screen is English."""

    WORDS = re.compile(r"\b(the|you|your|air|nobody|help|volume|listeners|hear|voice|relay|floor|queue|"
                       r"partner|handover|outgoing|incoming|meeting|chat|quit|original voices)\b", re.I)

    def test_no_english_word(self):
        ours = {"English", "Asamblea", "Booth", "chat", "relay"}  # names; words of both languages
        for command, name, shown in (("interpret", "Iris", "Cabina|cabina|aire"), ("listen", "Rosa", "Oyes"),
                                     ("moderate", "Mona", "Sala|sala")):
            with self.subTest(command):
                one = self.terminal(command, name, LANGUAGE="es", LANG="es_ES.UTF-8")
                one.until(lambda rows, shown=shown: re.search(shown, "\n".join(rows)), "Asamblea –")
                seen = one.text()
                one.keys("?").until(lambda rows: rows[2].startswith((" a ", " 0-9 ", " n ")))
                seen += "\n" + one.text()
                one.keys("PageDown", "PageDown", "PageDown").until("Esc")
                seen += "\n" + one.text()
                rows = [row for row in seen.split("\n") if not re.search("!en|in the chat|channel", row)]  # the welcome
                found = [word for row in rows for word in self.WORDS.findall(row) if word not in ours]
                self.assertEqual(found, [], seen)
                one.close()
