# SPDX-License-Identifier: BSD-3-Clause
"""susurro_load as a process that is told what to do, line by line."""

import json
import subprocess
import threading

LIMIT_S = 300


class Generator:
    """Of one server; what it answers are dicts."""

    def __init__(self, program, server):
        self.process = subprocess.Popen([program, "--port", str(server.port), "--pid", str(server.pid)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, bufsize=1)

    def tell(self, *words):
        """One line of its script; its answer."""
        watchdog = threading.Timer(LIMIT_S, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            raise RuntimeError(self.process.stderr.read().strip() or "the load generator ended")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
