# SPDX-License-Identifier: BSD-3-Clause
"""A line between two network namespaces, as bad as one likes: every packet of IP goes through this process.

Like netem, but without that kernel module: two tun devices, one in each namespace, and between them a bottleneck
with a rate and a queue, a delay, and seeded loss. Sockets made within `line.far()` are at the other end of it.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
import unittest

from lib.process import path_of

NEAR_HOST, FAR_HOST = "10.77.0.1", "10.77.0.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run([path_of("ip") or "ip", *words], check=True, capture_output=True, timeout=20)


@contextlib.contextmanager
def namespace(name):
    """This thread is in there meanwhile."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if _libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        assert _libc.setns(home, CLONE_NEWNET) == 0
        os.close(home)
        os.close(there)


class BadLine:
    """Between the namespaces near (NEAR_HOST) and far (FAR_HOST); perfect until told otherwise."""

    def __init__(self):
        self.near, self.away = f"lines-{os.getpid()}-near", f"lines-{os.getpid()}-far"
        self.rate_bps, self.queue_bytes, self.loss, self.delay_s = 0, 1 << 20, 0.0, 0.02
        self._random = random.Random(7)
        self._waiting, self._count = [], 0  # (when, number, device, packet)
        self._free_s, self._queued = 0.0, []
        self._is_stopping, self._tuns = False, []
        self._thread = None

    def open(self):
        """Skips the test where namespaces or tun devices are not permitted."""
        try:
            for name, own, other in ((self.near, NEAR_HOST, FAR_HOST),
                                     (self.away, FAR_HOST, NEAR_HOST)):
                ip("netns", "add", name)
                with namespace(name):
                    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
                    self._tuns.append(tun)
                    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"line0", IFF_TUN | IFF_NO_PI))
                ip("-n", name, "link", "set", "lo", "up")
                ip("-n", name, "addr", "add", own, "peer", other, "dev", "line0")
                ip("-n", name, "link", "set", "line0", "up")
        except (OSError, subprocess.SubprocessError) as problem:
            self.close()
            raise unittest.SkipTest(f"network namespaces with tun are not permitted: {problem}")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def close(self):
        self._is_stopping = True
        if self._thread:
            self._thread.join(5)
        for tun in self._tuns:
            os.close(tun)
        self._tuns = []
        for name in (self.near, self.away):
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                ip("netns", "del", name)

    def _enter(self, packet, now_s):
        """When it comes out at the far end; None: never."""
        if self._random.random() < self.loss:
            return None
        if not self.rate_bps:
            return now_s + self.delay_s
        self._queued = [one for one in self._queued if one[0] > now_s]
        if sum(size for _, size in self._queued) + len(packet) > self.queue_bytes:
            return None
        self._free_s = max(self._free_s, now_s) + len(packet) * 8 / self.rate_bps
        self._queued.append((self._free_s, len(packet)))
        return self._free_s + self.delay_s

    def _take(self, tun, other, is_down):
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = os.read(tun, 2048)
                now_s = time.monotonic()
                at_s = self._enter(packet, now_s) if is_down else now_s + self.delay_s
                if at_s is not None:
                    self._count += 1
                    heapq.heappush(self._waiting, (at_s, self._count, other, packet))

    def _run(self):
        near, far = self._tuns
        while not self._is_stopping:
            left = self._waiting[0][0] - time.monotonic() if self._waiting else 0.1
            ready, _, _ = select.select([near, far], [], [], min(max(left, 0), 0.1))
            for tun in ready:
                self._take(tun, far if tun == near else near, tun == near)
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, device, packet = heapq.heappop(self._waiting)
                with contextlib.suppress(OSError):
                    os.write(device, packet)
