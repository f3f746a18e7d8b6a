#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-kv under clients that write to several shards at once, among others that read much: requests wait for shards."""
import threading
import time
import unittest

from support import FlowTest, Server, read_exactly, read_until

WRITERS = 4
READERS = 3
SECONDS = 4
# A batch of these has more replies than a shard sends at once: the rest of it goes back to its connection.
BIG_SIZE = 300_000
BIG_COUNT = 20


class Crew:
    """Threads that work until the time is up, each at least once; what goes wrong in one is told by the main thread."""

    def __init__(self, server):
        self.server = server
        self.end = time.monotonic() + SECONDS
        self.wrong = []
        self.rounds = {}

    def _run(self, name, work):
        try:
            while (time.monotonic() < self.end or name not in self.rounds) and not self.wrong:
                work(name)
                self.rounds[name] = self.rounds.get(name, 0) + 1
        except (AssertionError, OSError) as error:
            self.wrong.append(f"{name}: {error!r}")

    def run(self, works):
        threads = [threading.Thread(target=self._run, args=(name, work)) for name, work in works.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class KvWaitingTest(FlowTest):
    """Shards are reserved by some while others have much to wait for."""

    def reply_to(self, stream, request, wanted):
        stream.sendall(request)
        said = read_exactly(stream, len(wanted))
        if said != wanted:
            raise AssertionError(f"{request!r}: {len(said)} bytes, not {len(wanted)}: {said[:200]!r}")

    def write(self, server, name):
        """Keys of its own, in several shards: each reply is known."""
        key = name.encode()
        request = (b"MSET %s:a 1 %s:b 2 %s:c 3 %s:d 4 %s:e 5 %s:f 6\r\n" % ((key,) * 6)
                   + b"DEL %s:g %s:h %s:y %s:z\r\n" % ((key,) * 4)
                   + b"MSETNX %s:g 1 %s:h 2 %s:y 3\r\n" % ((key,) * 3)
                   + b"MSETNX %s:z 1 %s:a 2\r\n" % ((key,) * 2)
                   + b"RENAME %s:a %s:z\r\nRENAME %s:z %s:y\r\n" % ((key,) * 4)
                   + b"MGET %s:a %s:b %s:y %s:z\r\n" % ((key,) * 4))
        wanted = b"+OK\r\n", b":1\r\n", b":0\r\n", b"+OK\r\n", b"+OK\r\n", b"*4\r\n$-1\r\n$1\r\n2\r\n$1\r\n1\r\n$-1\r\n"
        with server.connect() as stream:
            for turn in range(5):
                deleted = b":0\r\n" if name not in self.known and turn == 0 else b":3\r\n"
                self.reply_to(stream, request, wanted[0] + deleted + b"".join(wanted[1:]))
                self.known.add(name)

    def test_large_reads_wait_for_writers_and_come_whole(self):
        big = b"$%d\r\n%s\r\n" % (BIG_SIZE, b"x" * BIG_SIZE)
        for drivers in ("1", "2", "3"):
            with self.subTest(drivers=drivers), Server("gatio-kv", "--drivers", drivers) as server:
                self.known = set()
                with server.connect() as stream:
                    self.reply_to(stream, b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n" + big, b"+OK\r\n")

                def read(_):
                    with server.connect() as stream:
                        self.reply_to(stream, b"GET big\r\n" * BIG_COUNT, big * BIG_COUNT)

                crew = Crew(server)
                works = {f"writer{i}": lambda name: self.write(server, name) for i in range(WRITERS)}
                works.update({f"reader{i}": read for i in range(READERS)})
                crew.run(works)
                self.assertEqual(crew.wrong, [], server.text())
                self.assertIsNone(server.process.poll(), server.text())
                self.assertEqual(set(crew.rounds), set(works))
                with server.connect() as stream:
                    stream.sendall(b"PING\r\n")
                    self.assertEqual(read_until(stream, b"\r\n"), b"+PONG\r\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
