# SPDX-License-Identifier: BSD-3-Clause
"""Debian's own Mumble client 1.3.4, unattended: no dialog, no cue, its sound path as plain as it gets.

Its sound chain always runs the Speex preprocessor. With noise suppression at 0 dB, a gain of at
most 0 dB (audio/loudness = the preprocessor's target) and speech at about -20 dBFS that is unity.
"""

import os
import shutil
import sqlite3
import struct

from lib import wait
from lib.display import Display
from lib.process import Process, clean_environment, path_of
from lib.server import client_certificate

PROGRAMS = ("mumble", "Xvfb", "pulseaudio", "pactl", "pacat", "parec", "xdotool", "openssl")
TRANSMIT = {"continuous": 0, "voice": 1, "push": 2}
WINDOW = (800, 600)
CHAT_BAR, LOG, SERVER_MENU, SELF_MENU = (100, 575), (100, 540), (40, 12), (107, 12)
MUTE_BUTTON = (96, 44)
TREE_X, TREE_Y, TREE_ROW = 340, 74, 20
WHISPER_SHORTCUT = 12  # its number among 1.3.4's shortcuts
WHISPER_KEY, WHISPER_KEYCODE = "F5", 71
FONTS = os.environ.get("SUSURRO_PICTURES_FONTS")  # a directory of more of them, say one with emoji, for pictures
N_LOG_MESSAGES = 64  # more than the client has kinds of log messages


def whisper_target(users=(), channel=None, links=False, children=False):
    """A target of the shortcut Whisper/Shout, as the client keeps it: users by certificate hash."""
    def text(value):
        encoded = value.encode("utf-16-be")
        return struct.pack(">I", len(encoded)) + encoded
    name = b"ShortcutTarget\0"
    data = struct.pack(">II", 127, len(name)) + name + bytes([channel is None, 0])
    if channel is None:
        data += struct.pack(">I", len(users)) + b"".join(text(one) for one in users)
    else:
        data += struct.pack(">i", channel) + text("") + bytes([links, children])
    return _variant(data)


def _variant(data):
    """Bytes of a QDataStream, as Qt writes them into its INI files."""
    return '"@Variant(' + "".join(f"\\x{byte:x}" for byte in data) + ')"'


def settings(name, mic, speaker, transmit="continuous", tunnel=False, frames_10ms=2,
             bitrate=72000, music=True, whisper=None, language="en"):
    """The client's configuration: {section: {key: value}}."""
    general = {"lastupdate": 2}
    audio = {
        "transmit": TRANSMIT[transmit], "input": "PulseAudio", "output": "PulseAudio",
        "quality": bitrate, "loudness": 30000, "noisesupress": 0, "denoise": False, "echo": False,
        "noiseCancelMode": 0, "speexNoiseCancelStrength": 0,  # 1.5's names
        "vadsource": 0, "vadmin": 0.45, "vadmax": 0.5, "voicehold": 50, "volume": 1,
        "attenuateothers": False, "attenuateothersontalk": False, "positional": False,
        "outputdelay": 10, "pushclick": False, "mute": False, "deaf": False, "idletime": 1000000,
        "idleaction": 0,
    }
    net = {"tcponly": tunnel, "jitterbuffer": 6, "framesperpacket": frames_10ms, "qos": True,
           "reconnect": False, "autoconnect": False}
    ui = {"updatecheck": False, "plugincheck": False, "usage": False, "askonquit": False,
          "hidetray": False, "stateintray": False, "disablepubliclist": True, "language": language,
          "username": name, "expert": True, "expand": 2, "WindowLayout": 0, "chatbaruseselection": False}
    codec = {"opus\\encoder\\music": music}  # else Opus' speech mode filters the lows: phase and all
    console_only = {f"{n}\\log": 1 for n in range(1, N_LOG_MESSAGES)}
    no_sounds = {f"{n}\\logsound": "" for n in range(1, N_LOG_MESSAGES)}
    shortcuts = {"size": 0}
    if whisper:
        shortcuts = {"size": 1, "1\\index": WHISPER_SHORTCUT, "1\\suppress": False, "1\\data": whisper,
                     "1\\keys": _variant(struct.pack(">IIIi", 9, 1, 2, WHISPER_KEYCODE))}
    return {
        "General": general, "audio": audio, "net": net, "ui": ui, "codec": codec, "tts": {"enable": False},
        "shortcut": {"enable": whisper is not None}, "overlay": {"enable": False},
        "shortcuts": shortcuts,
        "pulseaudio": {"input": f"{mic}.monitor", "output": speaker},
        "messages": {"size": N_LOG_MESSAGES, **console_only},
        "messagesounds": {"size": N_LOG_MESSAGES, **no_sounds},
    }


def tree_row(observer, name):
    """The row of a channel or a person in a client's tree, all expanded: users stand before sub-channels."""
    rows = []

    def walk(channel_id):
        rows.append(observer.channels[channel_id].get("name"))
        here = [one["name"] for one in list(observer.users.values()) if one["channel_id"] == channel_id]
        rows.extend(sorted(here, key=str.lower))
        below = [(one.get("position") or 0, one.get("name", ""), n)
                 for n, one in list(observer.channels.items())
                 if n != 0 and one.get("parent", 0) == channel_id]
        for _, _, number in sorted(below):
            walk(number)

    walk(0)
    return rows.index(name)


def _ini(sections):
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        for key, value in values.items():
            shown = str(value).lower() if isinstance(value, bool) else value
            lines.append(f"{key}={shown}")
    return "\n".join(lines) + "\n"


class MumbleClient:
    """A client on a display of its own, with its own microphone and speaker.

    Names are ASCII letters.
    """

    def __init__(self, directory, pulse, server, name, channel="", program=None, password="",
                 certificate=None, link=None, **options):
        """link: what it is started with instead of the server's address."""
        self.name, self.pulse, self.server, self.channel = name, pulse, server, channel
        self.sends_datagrams = options.get("transmit", "continuous") == "continuous" and not options.get("tunnel")
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        pulse.seat(name)
        self._prepare(options)
        self._give_certificate(certificate or client_certificate(self.directory, self.name))
        who = f"{name}:{password}" if password else name
        self._argv = [program or path_of("mumble"), "--multiple",
                      link or f"mumble://{who}@{server.host}:{server.port}/{channel}"]
        self._start()

    def _start(self):
        self.display = Display(self.directory)
        env = clean_environment(self.directory, DISPLAY=self.display.name, QT_QPA_PLATFORM="xcb",
                                QT_ACCESSIBILITY="0", **self.pulse.client_environment(self.name))
        self.process = Process(self._argv, os.path.join(self.directory, "mumble.log"), env=env,
                               cwd=self.directory)

    def restart(self):
        """End it and start it again, with the same settings and certificate."""
        self.stop()
        self.pulse.seat(self.name)
        self._start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _prepare(self, options):
        home = os.path.join(self.directory, ".local", "share", "Mumble", "Mumble")
        os.makedirs(home)
        if FONTS:
            os.symlink(FONTS, os.path.join(self.directory, ".fonts"))
        with open(os.path.join(home, "mumble.ini"), "w", encoding="utf-8") as file:
            file.write(_ini(settings(self.name, self.pulse.mic(self.name),
                                     self.pulse.speaker(self.name), **options)))
        base = sqlite3.connect(os.path.join(home, "mumble.sqlite"))
        with base:
            base.execute("CREATE TABLE `cert` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, "
                         "`hostname` TEXT, `port` INTEGER, `digest` TEXT)")
            base.execute("INSERT INTO `cert` (`hostname`, `port`, `digest`) VALUES (?, ?, ?)",
                         (self.server.host, self.server.port, self.server.certificate_digest()))
        base.close()

    def _give_certificate(self, path):
        documents = os.path.join(self.directory, "Documents")
        os.makedirs(documents)
        shutil.copy(path, os.path.join(documents, "MumbleAutomaticCertificateBackup.p12"))

    # Its window. Mouse positions are those of the theme "Mumble Lite" with Debian's default font.

    def wait_window(self, timeout_s=30):
        """Wait for the main window, place it, and give it the keyboard."""
        def found():
            self.process.check_running()
            for window, title in self.display.windows().items():
                if title.startswith("Mumble --"):
                    return window
            return None
        window = wait.until(found, timeout_s, self._state, 0.1)
        width, height = WINDOW
        self.display.xdotool("windowmove", window, 0, 0)
        self.display.xdotool("windowsize", window, width, height)
        shape = f"WIDTH={width}\nHEIGHT={height}"
        wait.until(lambda: shape in (self.display.xdotool("getwindowgeometry", "--shell", window)
                                     or ""), 10, self._state, 0.1)
        self.display.xdotool("windowfocus", "--sync", window)
        return window

    def _state(self):
        return f"{self.name}: windows {self.display.windows()}\n{self.process.tail()}"

    def _click(self, x, y, *how):
        self.display.xdotool("mousemove", x, y, "click", *(how or ("1",)))

    def say(self, message):
        """Type a message into the chat bar, and Return."""
        self.prepare_to_say(message)
        self.say_now()

    def prepare_to_say(self, message):
        """Type it, and wait with the Return for say_now()."""
        self.wait_window()
        self._click(*CHAT_BAR)
        self.display.xdotool("type", message)

    def say_now(self):
        self.display.xdotool("key", "Return")

    def mute(self):
        """Press the button of the microphone: muted, or not any more."""
        self._click(*MUTE_BUTTON)

    def show_newest(self):
        """Turn the wheel over the log until its end is seen."""
        self._click(*LOG, "--repeat", "60", "--delay", "5", "5")

    def repeat_log(self):
        """Select all that stands in its log, and write it to its own channel: there an observer reads it."""
        self.wait_window()
        self._click(*LOG)
        self.display.xdotool("key", "ctrl+a", "ctrl+c")
        self._click(*CHAT_BAR)
        self.display.xdotool("key", "ctrl+v", "Return")

    def _choose(self, opening_click, from_end):
        """Open a menu and choose the entry that stands from_end (0: the last) above its end."""
        self.open_menu(*opening_click)
        self.display.xdotool("key", *["Up"] * (from_end + 1), "Return")

    def choose_in_server_menu(self, from_end):
        """What a server adds to the menu Server stands at that menu's end."""
        self._choose(SERVER_MENU, from_end)

    def choose_in_channel_menu(self, row, from_end):
        """The same in the context menu of the channel in that row of the tree."""
        self._choose((TREE_X, TREE_Y + row * TREE_ROW, "3"), from_end)

    def double_click(self, row):
        """Join the channel in that row of the tree (0: the root), as most people do."""
        self.wait_window()
        self._click(TREE_X, TREE_Y + row * TREE_ROW, "--repeat", "2", "--delay", "80", "1")

    def wait_dialog(self, title, timeout_s=10):
        """Wait for a dialog whose title begins so, and give it the keyboard; returns its (x, y)."""
        def found():
            return next((window for window, name in self.display.windows().items()
                         if name.startswith(title)), None)
        window = wait.until(found, timeout_s, lambda: f"{title!r}: {self._state()}", 0.1)
        self.display.xdotool("windowfocus", "--sync", window)
        shape = self.display.xdotool("getwindowgeometry", "--shell", window) or ""
        at = dict(line.split("=") for line in shape.split())
        return int(at["X"]), int(at["Y"])

    def wait_dialog_gone(self, title, timeout_s=10):
        wait.until(lambda: not any(name.startswith(title) for name in self.display.windows().values()),
                   timeout_s, lambda: f"no {title!r} any more: {self._state()}", 0.1)

    def open_menu(self, x, y, button="1"):
        """Click where a menu opens, and wait until it has."""
        self.wait_window()
        before = set(self.display.windows())
        self._click(x, y, button)
        wait.until(lambda: set(self.display.windows()) - before, 10,
                   lambda: "a menu: " + self._state(), 0.05)

    def open_channel_menu(self, row):
        self.open_menu(TREE_X, TREE_Y + row * TREE_ROW, "3")

    def open_self_menu(self):
        self.open_menu(*SELF_MENU)

    def click_at(self, corner, x, y):
        """Click in a dialog: its corner, and the place in it."""
        self._click(corner[0] + x, corner[1] + y)

    def keys(self, *names):
        self.display.xdotool("key", *names)

    def type(self, text):
        self.display.xdotool("type", text)

    def whisper(self, is_on):
        """Press the whisper key, or let it go."""
        self.display.xdotool("keydown" if is_on else "keyup", WHISPER_KEY)

    def has_sound(self):
        """Whether its microphone and speaker streams run."""
        self.process.check_running()
        return self.pulse.is_used(self.name)

    def screenshot(self, path):
        return self.display.screenshot(path)

    def log(self):
        return self.process.tail(60)

    def stop(self):
        self.process.stop()
        self.display.stop()
        self.pulse.leave(self.name)
