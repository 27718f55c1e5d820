# SPDX-License-Identifier: BSD-3-Clause
"""A private PulseAudio daemon: for each client a null sink as its speaker, another as its microphone.

What is played into the sink `seatN_mic` is heard by the client, which records that sink's monitor;
what the client plays into `seatN_speaker` is recorded from that one's monitor. All run by the one
clock of this machine at 48 kHz mono, so that recordings made at once can be compared. The seats
are there from the start: a Mumble that starts while devices come and go may miss its own. Without
rewinds a null sink works in blocks of 50 ms at most; with them an idle one makes blocks of 2 s, and
a client that attaches starts with that backlog.
"""

import os
import subprocess
import threading
import time

import numpy as np

from lib import wait
from lib.process import Process, clean_environment, hurry, hurry_threads, path_of

RATE_HZ = 48000
N_SEATS = 4


class Recording:
    """A recording under way. stop() gives the samples; start_s tells when the first one sounded."""

    def __init__(self, argv, env, log_path):
        self._log = open(log_path, "wb")
        self._popen = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=self._log, env=env,
                                       stdin=subprocess.DEVNULL, start_new_session=True,
                                       preexec_fn=hurry)
        self._chunks = []
        self._n_bytes = 0
        self.start_s = None  # monotonic clock
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        hurry()  # this thread
        while True:
            chunk = os.read(self._popen.stdout.fileno(), 65536)
            now = time.monotonic()
            if not chunk:
                return
            self._chunks.append(chunk)
            self._n_bytes += len(chunk)
            # A block comes late or in time, never early: the least is the nearest to the truth.
            start = now - self._n_bytes / (4 * RATE_HZ)
            self.start_s = start if self.start_s is None else min(self.start_s, start)

    def seconds(self):
        """The length recorded so far."""
        return self._n_bytes / (4 * RATE_HZ)

    def samples(self):
        """What has been recorded so far, float32."""
        data = b"".join(list(self._chunks))
        return np.frombuffer(data[:len(data) // 4 * 4], dtype="<f4")

    def stop(self):
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(5)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self._thread.join(5)
        self._popen.stdout.close()
        self._log.close()
        return self.samples()


class Playing:
    """A sound being played. wait() returns when the last sample has been handed over."""

    def __init__(self, argv, env, path, log_path):
        self._path = path
        with open(path, "rb") as sound, open(log_path, "wb") as log:
            self._popen = subprocess.Popen(argv, stdin=sound, stdout=log, stderr=log, env=env,
                                           start_new_session=True, preexec_fn=hurry)

    def is_running(self):
        return self._popen.poll() is None

    def wait(self, timeout_s):
        self._popen.wait(timeout_s)
        os.unlink(self._path)

    def stop(self):
        if self.is_running():
            self._popen.terminate()
            self._popen.wait(5)
        if os.path.exists(self._path):
            os.unlink(self._path)


class PulseAudio:
    """The daemon. Use as a context manager."""

    def __init__(self, directory, n_seats=N_SEATS):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        self.socket = os.path.join(directory, "native")
        self.env = clean_environment(directory, PULSE_SERVER=f"unix:{self.socket}",
                                     PULSE_RUNTIME_PATH=os.path.join(directory, "run"),
                                     PULSE_STATE_PATH=directory)
        self._all_seats = [f"seat{n}" for n in range(1, n_seats + 1)]
        self._seats = {}  # client's name: seat
        self._n_files = 0
        self._recordings = []
        self._playings = []
        self._process = Process(
            [path_of("pulseaudio"), "-n", "--daemonize=no", "--exit-idle-time=-1",
             "--use-pid-file=no", "--disable-shm=yes", "--log-target=stderr",
             f"--load=module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
             *[f"--load=module-null-sink sink_name={seat}_{part} rate={RATE_HZ} channels=1 "
               f"format=float32le norewinds=1" for seat in self._all_seats for part in ("mic", "speaker")]],
            os.path.join(directory, "pulseaudio.log"), env=self.env)
        try:
            wait.until(self._is_ready, 15, lambda: "PulseAudio: " + self._process.tail())
        except BaseException:
            self._process.stop()
            raise
        hurry_threads(self._process.pid)  # its main thread, which carries all sound, has made itself an ordinary one

    def _is_ready(self):
        self._process.check_running()
        return os.path.exists(self.socket) and self._pactl("info", check=False) is not None

    def _pactl(self, *arguments, check=True):
        done = subprocess.run([path_of("pactl"), *arguments], env=self.env, timeout=15,
                              capture_output=True, text=True)
        if done.returncode != 0:
            assert not check, f"pactl {' '.join(arguments)}: {done.stderr}"
            return None
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def seat(self, name):
        """Give the client of that name a free seat; its devices are known by the name from now on."""
        taken = set(self._seats.values())
        self._seats[name] = next(one for one in self._all_seats if one not in taken)
        return self._seats[name]

    def leave(self, name):
        """The client is gone, its seat is free."""
        self._seats.pop(name, None)

    def mic(self, name):
        return f"{self._seats[name]}_mic"

    def speaker(self, name):
        return f"{self._seats[name]}_speaker"

    def client_environment(self, name):
        """What a program needs to find the daemon and to use this client's devices."""
        return {"PULSE_SERVER": self.env["PULSE_SERVER"], "PULSE_SINK": self.speaker(name),
                "PULSE_SOURCE": self.mic(name) + ".monitor"}

    def _streams(self, streams, devices):
        names = dict(line.split("\t")[:2] for line in
                     self._pactl("list", "short", devices).splitlines())
        return [names.get(line.split("\t")[1])
                for line in self._pactl("list", "short", streams).splitlines()]

    def is_used(self, name):
        """Whether a stream plays to the client's speaker and another records its microphone."""
        return (self.speaker(name) in self._streams("sink-inputs", "sinks")
                and self.mic(name) + ".monitor" in self._streams("source-outputs", "sources"))

    def _file(self, kind):
        self._n_files += 1
        return os.path.join(self.directory, f"{kind}{self._n_files}")

    def _record(self, device):
        argv = [path_of("parec"), f"--device={device}", "--raw", "--format=float32le",
                f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=20"]
        recording = Recording(argv, self.env, self._file("parec") + ".log")
        self._recordings.append(recording)
        wait.until(recording.seconds, 10, f"a recording of {device}")
        return recording

    def record_speaker(self, name):
        """Begin to record what the client plays. Returns when sound is coming in."""
        return self._record(self.speaker(name) + ".monitor")

    def record_mic(self, name):
        """Begin to record what the client is given: the reference, in the daemon's own time."""
        return self._record(self.mic(name) + ".monitor")

    def play(self, name, samples):
        """Begin to play float samples into the client's microphone."""
        path = self._file("sound")
        np.asarray(samples, dtype="<f4").tofile(path)
        argv = [path_of("pacat"), "--playback", f"--device={self.mic(name)}", "--raw",
                "--format=float32le", f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=1000"]
        playing = Playing(argv, self.env, path, path + ".log")
        self._playings.append(playing)
        return playing

    def stop(self):
        for one in self._playings + self._recordings:
            one.stop()
        self._process.stop()

    def log(self):
        return self._process.tail()
