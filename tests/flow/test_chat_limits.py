#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-chat against clients that mean no good: rubbish, floods, silence, deaf ears, and its limits."""
import random
import signal
import tempfile
import unittest

from support import SLOWNESS, FlowTest, Server, program, read_until, run, until

USAGE, CONFIG = 2, 78
FREE = ("--flood-lines", "0")


def register(server, nick, *more):
    stream = server.connect()
    lines = [f"NICK {nick}", f"USER {nick} 0 * :Some {nick}", *more]
    stream.sendall("".join(line + "\r\n" for line in lines).encode())
    return stream


def fill(stream, lines):
    """Send until no more is taken: the answers are not read, so that the server stops to read."""
    stream.settimeout(1)
    try:
        while True:
            stream.sendall(lines * 1000)
    except TimeoutError:
        pass


def is_closed(stream):
    """Has the peer closed its side for reading too? It answers what still comes with a reset then."""
    try:
        stream.sendall(b"x")
    except OSError:
        return True
    return False


class ChatLimitsTest(FlowTest):
    """Each test has a server of its own, which must answer to the end and drain with status 0."""

    def alive(self, server):
        with register(server, "zoe", "PING alive") as stream:
            read_until(stream, b":alive\r\n")

    def test_rubbish_ends_nobody_but_its_sender(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", end=" ")
        dice = random.Random(seed)
        words = [b"NICK ", b"JOIN ", b"MODE ", b"#a", b"+bklov", b" :", b",", b"\r\n", b"\n", b"\0", b"\r", b"@", b" ",
                 b"PRIVMSG ", b"WHOIS ", b"KICK ", b"TOPIC ", b"CAP ", b"LIST ", b"x" * 600, b"*!*@*"]
        with Server("gatio-chat", "--drivers", "2", *FREE) as server:
            for round_ in range(30):
                stream = register(server, f"r{round_}", "JOIN #a,#b") if round_ % 2 else server.connect()
                with stream:
                    parts = [dice.choice(words) if dice.random() < .8 else dice.randbytes(dice.randrange(40))
                             for _ in range(dice.randrange(3000))]
                    try:
                        stream.sendall(b"".join(parts))
                    except (ConnectionError, TimeoutError):
                        pass
            self.alive(server)

    def test_one_packet_is_answered_in_order(self):
        for drivers in ("1", "2", "3"):
            with self.subTest(drivers=drivers), Server("gatio-chat", "--drivers", drivers, *FREE) as server, \
                    register(server, "ann", "JOIN #a", "TOPIC #a :x", "WHOIS ann", "NAMES #a", "WHO #a", "MODE #a", "LIST",
                             "ISON ann", "USERHOST ann", "NICK anna", "PART #a", "QUIT :bye") as stream:
                said = read_until(stream, None).decode()
                at = 0
                for part in (" 001 ann ", " JOIN #a", " TOPIC #a :x", " 318 ann ann ", " 366 ann #a ", " 315 ann #a ",
                             " 324 ann #a +nt", " 323 ann ", " 303 ann :ann", " 302 ann :ann=+~ann@127.0.0.1",
                             " NICK :anna", " PART #a", "ERROR :Closing Link: 127.0.0.1 (Quit: bye)"):
                    self.assertIn(part, said[at:], said)
                    at = said.index(part, at)

    def test_flood_is_slowed_and_others_are_not(self):
        """Another comes and is served while the flood is not half done."""
        with Server("gatio-chat", "--drivers", "1", "--flood-seconds", "5") as server, \
                register(server, "ann", *[f"PING {i}." for i in range(20)]) as ann:
            said = read_until(ann, b":6.\r\n")
            self.alive(server)
            ann.setblocking(False)
            try:
                said += ann.recv(65536)
            except BlockingIOError:
                pass
            self.assertNotIn(b":15.\r\n", said)

    def test_deaf_member_is_ended_and_told_of(self):
        with Server("gatio-chat", "--drivers", "2", "--sendq", "64kb", *FREE) as server, \
                register(server, "ann", "JOIN #a") as ann:
            read_until(ann, b" 366 ann #a ")
            deaf = register(server, "deaf", "JOIN #a")
            read_until(ann, b":deaf!~deaf@127.0.0.1 JOIN #a\r\n")
            said = b""
            for _ in range(400):
                # In all more than the kernel's buffers of a connection hold.
                ann.sendall((b"PRIVMSG #a :" + b"x" * 400 + b"\r\n") * 100 + b"PING more\r\n")
                said += read_until(ann, b":more\r\n", 20)
                if b"SendQ exceeded" in said:
                    break
                self.assertLess(len(said), 1 << 20)
            self.assertIn(b":deaf!~deaf@127.0.0.1 QUIT :SendQ exceeded\r\n", said)
            deaf.close()

    def test_silent_clients_are_ended(self):
        with Server("gatio-chat", "--registration-seconds", "300ms") as server, server.connect() as mute:
            self.assertIn(b"(Registration timed out)", read_until(mute, None))
        with Server("gatio-chat", "--ping-seconds", "300ms") as server, register(server, "ann") as ann:
            said = read_until(ann, None)
            self.assertIn(b"PING :", said)
            self.assertIn(b"(Ping timeout)", said)

    def test_idle_client_does_not_hold_up_a_drain(self):
        """It never closes: it is told and closed while the drain still waits for another, who only then begins to read."""
        with Server("gatio-chat", "--drivers", "2", "--drain-seconds", "3", *FREE) as server, \
                register(server, "ann") as ann, register(server, "bob") as bob:
            read_until(ann, b" 422 ")
            read_until(bob, b" 422 ")
            fill(bob, b"PING " + b"x" * 400 + b"\r\n")
            server.process.send_signal(signal.SIGTERM)
            self.assertTrue(read_until(ann, None).endswith(b"(Server shutting down)\r\n"))
            until(10, lambda: is_closed(ann), "ann is closed")
            self.assertTrue(read_until(bob, None).endswith(b"(Server shutting down)\r\n"))

    def test_endless_line_is_told_once_and_ended(self):
        with Server("gatio-chat", "--drivers", "2") as server, register(server, "ann") as ann:
            read_until(ann, b" 422 ")
            for _ in range(10):
                ann.sendall(b"x" * 4000)
            said = read_until(ann, None)
            self.assertEqual(said.count(b" 417 ann :Input line was too long\r\n"), 1)
            self.assertTrue(said.endswith(b"(Input line was too long)\r\n"), said[-200:])
            self.alive(server)

    def test_flood_ends_with_its_client(self):
        with Server("gatio-chat", "--drivers", "2", "--flood-seconds", "5") as server, \
                register(server, "bob", "JOIN #a") as bob:
            read_until(bob, b" 366 ")
            with register(server, "ann", "JOIN #a", *["PRIVMSG #a :x"] * 300):
                read_until(bob, b" PRIVMSG #a :x\r\n")
            said = read_until(bob, b":ann!~ann@127.0.0.1 QUIT :")
            self.assertLess(said.count(b"PRIVMSG"), 20)

    @unittest.skipIf(SLOWNESS > 1, "a sanitizer's memory is not the program's")
    def test_held_client_costs_little(self):
        """Each floods with more than all that may be held for it; what they cost is the program's memory."""
        count = 300
        with Server("gatio-chat", "--drivers", "2") as server:
            streams = [register(server, f"n{i}") for i in range(count)]
            for stream in streams:
                read_until(stream, b" 422 ")
            before = server.memory()
            for stream in streams:
                stream.setblocking(False)
                for _ in range(20): # until its window, and what the kernel keeps, are full
                    try:
                        stream.send(b"PRIVMSG nobody :x\r\n" * 10000)
                    except BlockingIOError:
                        break
            self.alive(server)
            self.assertLess((server.memory() - before) // count, 32 << 10)
            for stream in streams:
                stream.close()

    def test_clients_beyond_the_bound_are_refused(self):
        with Server("gatio-chat", "--max-clients", "2") as server, register(server, "ann") as ann, \
                register(server, "bob") as bob:
            read_until(ann, b" 422 ")
            read_until(bob, b" 422 ")
            with server.connect() as third:
                self.assertEqual(read_until(third, None), b"ERROR :Closing Link: (Server is full)\r\n")

    def test_each_that_is_refused_is_told_why(self):
        """More at once than a driver waits for the end of, and each has sent something by then."""
        count = 400
        with Server("gatio-chat", "--drivers", "2", "--max-clients", "10") as server:
            streams = [register(server, f"n{i}") for i in range(count)]
            taken = 0
            for stream in streams:
                with stream:
                    said = read_until(stream, b"\r\n")
                    taken += b" 001 " in said
                    if b" 001 " not in said:
                        self.assertEqual(said, b"ERROR :Closing Link: (Server is full)\r\n")
            self.assertGreaterEqual(taken, 10)
            self.assertLess(taken, count)

    def test_channels_and_members_are_bounded(self):
        with Server("gatio-chat", "--max-channels", "2", "--max-members", "1", *FREE) as server, \
                register(server, "ann", "JOIN #a,#b,#c") as ann, register(server, "bob") as bob:
            read_until(ann, b" 405 ann #c ")
            bob.sendall(b"JOIN #a\r\n")
            read_until(bob, b" 471 bob #a ")

    def test_password_and_motd_are_used(self):
        with tempfile.NamedTemporaryFile("w", suffix=".motd") as motd, tempfile.NamedTemporaryFile("w") as config:
            motd.write("one\n\ntwo\r\n")
            motd.flush()
            config.write(f"password secret\nname irc.example.org\nmotd {motd.name}\n")
            config.flush()
            with Server("gatio-chat", "--config", config.name) as server:
                with register(server, "ann") as wrong:
                    self.assertIn(b" 464 ann :Password incorrect\r\n", read_until(wrong, None))
                with server.connect() as right:
                    right.sendall(b"PASS secret\r\nNICK ann\r\nUSER a 0 * :a\r\n")
                    said = read_until(right, b" 376 ")
                    self.assertIn(b":irc.example.org 372 ann :- one\r\n", said)
                    self.assertIn(b":irc.example.org 372 ann :- two\r\n", said)

    def test_motd_of_many_lines_is_shown_whole(self):
        """Its lines are more bytes than may wait for a client."""
        count = 60000
        with tempfile.NamedTemporaryFile("w", suffix=".motd") as motd:
            motd.write("\n" * count)
            motd.flush()
            with Server("gatio-chat", "--drivers", "2", "--motd", motd.name) as server, register(server, "ann") as ann:
                self.assertEqual(read_until(ann, b" 376 ").count(b" 372 ann :- \r\n"), count)

    def test_bad_settings_are_refused(self):
        for bad in (("--motd", "/nonexistent/motd"), ("--name", "two words")):
            said = run(program("gatio-chat"), "--listen", "127.0.0.1:0", *bad, status=None)
            self.assertNotIn("ready", said)
        run(program("gatio-chat"), "--listen", "127.0.0.1:0", "--motd", "/nonexistent/motd", status=CONFIG)

    def test_longest_times_are_bounded_and_hold(self):
        longest = {"flood-lines": 10000, "flood-seconds": 60, "ping-seconds": 86400, "registration-seconds": 3600,
                   "drain-seconds": 86400}
        for name, value in longest.items():
            run(program("gatio-chat"), f"--{name}", str(value + 1), "--check-config", status=USAGE)
        options = [word for name, value in longest.items() for word in (f"--{name}", str(value))]
        with Server("gatio-chat", "--drivers", "2", *options) as server, \
                register(server, "ann", *[f"PING {i}." for i in range(100)]) as ann:
            read_until(ann, b":99.\r\n")

    def test_many_talk_and_nothing_is_lost(self):
        count, lines = 40, 20
        with Server("gatio-chat", "--drivers", "3", *FREE) as server:
            streams = [register(server, f"n{i}", "JOIN #a") for i in range(count)]
            for i, stream in enumerate(streams):
                read_until(stream, b" 366 n%d #a " % i)
            for stream in streams:
                stream.sendall(b"PING ready\r\n")
                read_until(stream, b":ready\r\n")
            for i, stream in enumerate(streams):
                stream.sendall(b"".join(b"PRIVMSG #a :m%d.%d.\r\n" % (i, k) for k in range(lines)))
            for i, stream in enumerate(streams):
                said = b""
                while said.count(b"PRIVMSG #a :m") < (count - 1) * lines:
                    said += read_until(stream, b"\r\n", 20)
                for other in range(count):
                    marks = [said.find(b":m%d.%d.\r\n" % (other, k)) for k in range(lines)]
                    self.assertEqual(marks, sorted(marks))
                    self.assertEqual(marks[0] == -1, other == i)
                stream.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
