"""What the Python clients share: parameters, bodies, the tally of what came, the line of JSON at the end."""

import hashlib
import json
import os
import sys
import threading

_ROWS = [bytes((first + at * 31) % 256 for at in range(256)) for first in range(256)]


def body_of(index, size):
    """The body with this number: see src/bodies.ts."""
    length = index * 7919 % (size + 1)
    row = _ROWS[index % 256]
    return b"%d:" % index + (row * (length // 256 + 1))[:length]


class Tally:
    """Adds up the bodies that came, in any order."""

    def __init__(self):
        self.prints = set()
        self.sum = 0
        self.deliveries = 0
        self.attempts = 0
        self.finished = 0

    def add(self, body, attempts):
        self.deliveries += 1
        self.attempts = max(self.attempts, attempts)
        found = int.from_bytes(hashlib.sha256(body).digest()[:8], "big")
        if found not in self.prints:
            self.prints.add(found)
            self.sum = (self.sum + found) % 2**64

    def finish(self, count):
        """Counts a message as answered with FIN and says whether all of these bodies are."""
        self.finished += 1
        return self.finished >= count and len(self.prints) == count

    def result(self):
        return {
            "received": len(self.prints),
            "deliveries": self.deliveries,
            "digest": f"{self.sum:016x}",
            "maxAttempts": self.attempts,
        }


def say(result):
    print(json.dumps(result), flush=True)


def fail(error):
    say({"error": str(error) or repr(error)})
    os._exit(1)


def on_stdin_end(callback):
    """Calls back, from another thread, when standard input ends: until then the connections stay, to be looked at."""

    def wait():
        sys.stdin.read()
        callback()

    threading.Thread(target=wait, daemon=True).start()


def arguments():
    """The action and its parameters. The process ends by itself when the time is up."""
    if len(sys.argv) != 3:
        fail("usage: ACTION PARAMETERS")
    parameters = json.loads(sys.argv[2])
    timer = threading.Timer(parameters["deadlineMs"] / 1000, fail, ["out of time"])
    timer.daemon = True
    timer.start()
    return sys.argv[1], parameters
