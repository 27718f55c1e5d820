# SPDX-License-Identifier: BSD-3-Clause
"""A child process: its output kept in a file, ended by its own process id and by nothing else."""

import os
import shutil
import signal
import subprocess
import unittest


def missing(*programs):
    """The programs among those named that are not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [name for name in programs if shutil.which(name, path=path) is None]


def require(*programs):
    """Skip the test unless all are installed; where CI is set, fail: there nothing may be missing."""
    absent = missing(*programs)
    if absent and os.environ.get("CI"):
        raise AssertionError(f"not installed: {', '.join(absent)}")
    if absent:
        raise unittest.SkipTest(f"not installed: {', '.join(absent)}")


def path_of(program):
    """The program's full path; sbin included, since a normal user's PATH lacks it."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def clean_environment(home, **more):
    """An environment that owes nothing to the caller's session: no D-Bus, no display, no sound."""
    runtime = os.path.join(home, "run")
    os.makedirs(runtime, mode=0o700, exist_ok=True)
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "HOME": home,
        "XDG_RUNTIME_DIR": runtime,
        "XDG_CONFIG_HOME": os.path.join(home, ".config"),
        "XDG_DATA_HOME": os.path.join(home, ".local", "share"),
        "XDG_CACHE_HOME": os.path.join(home, ".cache"),
        # An address nobody listens at: looking for a bus fails at once, and none is started.
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/no-bus",
        "NO_AT_BRIDGE": "1",
        "LANG": "C.UTF-8",
        "TMPDIR": home,
    }
    for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
        if key in os.environ:
            env[key] = os.environ[key]
    env.update(more)
    return env


def hurry(thread_id=0):
    """What plays sound goes before what builds, where we may say so. Also run between fork and exec."""
    try:
        os.sched_setscheduler(thread_id, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass


def hurry_threads(pid):
    """The same for all threads that a process has now: some programs put themselves back."""
    for thread_id in os.listdir(f"/proc/{pid}/task"):
        hurry(int(thread_id))


class Process:
    """One running program. Use as a context manager, or call stop()."""

    def __init__(self, argv, log_path, env=None, cwd=None, stdin=subprocess.DEVNULL, pass_fds=()):
        self.name = os.path.basename(argv[0])
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.popen = subprocess.Popen(argv, stdin=stdin, stdout=log, stderr=log, env=env,
                                          cwd=cwd, pass_fds=pass_fds, start_new_session=True,
                                          preexec_fn=hurry)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.popen.pid

    def is_running(self):
        return self.popen.poll() is None

    def check_running(self):
        """Raise, with the end of its output, when the program has ended."""
        if not self.is_running():
            raise AssertionError(f"{self.name} ended with status {self.popen.returncode}:\n"
                                 + self.tail())

    def log(self):
        """All that the program has printed so far."""
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "replace")

    def tail(self, n_lines=40):
        return "\n".join(self.log().splitlines()[-n_lines:])

    def stop(self, timeout_s=5.0):
        """End it: SIGTERM, after timeout_s SIGKILL. Return its exit status."""
        if self.is_running():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except OSError:
                pass
        return self.popen.returncode
