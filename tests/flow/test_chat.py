#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-chat, as irssi under tmux and bare sockets see it, on one driver and on several."""
import os
import subprocess
import tempfile
import unittest

from support import SLOWNESS, FlowTest, Server, read_until, until


class Client:
    """A bare IRC client that reads line by line."""

    def __init__(self, server, nick):
        self.nick = nick
        self.stream = server.connect()
        self.rest = b""
        self.send(f"NICK {nick}", f"USER {nick} 0 * :Some {nick}")
        self.expect(" 001 " + nick + " ")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stream.close()

    def send(self, *lines):
        self.stream.sendall("".join(line + "\r\n" for line in lines).encode())

    def expect(self, text, seconds=10):
        """The next line with this text; those before it are skipped, a PING among them is answered."""
        skipped = []
        while True:
            while b"\r\n" not in self.rest:
                self.stream.settimeout(seconds * SLOWNESS)
                try:
                    part = self.stream.recv(65536)
                except TimeoutError:
                    part = b""
                if not part:
                    raise AssertionError(f"{self.nick} did not get {text!r}, but {skipped[-10:]}")
                self.rest += part
            line, self.rest = self.rest.split(b"\r\n", 1)
            line = line.decode()
            if line.startswith("PING "):
                self.send("PONG " + line[5:])
            if text in line:
                return line
            skipped.append(line)


class Irssi:
    """irssi in a window of a tmux server of our own."""

    def __init__(self, tmux, server, nick):
        self.tmux, self.nick = tmux, nick
        home = tempfile.TemporaryDirectory(prefix="irssi-", ignore_cleanup_errors=True)
        tmux.homes.append(home)
        # Its own flood protection would hold each line back for two seconds.
        with open(os.path.join(home.name, "config"), "w", encoding="utf-8") as config:
            config.write('settings = { "irc/core" = { cmd_queue_speed = "10msec"; }; };\n')
        tmux.run("new-session", "-d", "-s", nick, "-x", "120", "-y", "40",
                 f"irssi --home={home.name} -c 127.0.0.1 -p {server.port} -n {nick}")

    def type(self, line):
        self.tmux.run("send-keys", "-t", self.nick, "-l", line)
        self.tmux.run("send-keys", "-t", self.nick, "Enter")

    def screen(self):
        return self.tmux.run("capture-pane", "-p", "-t", self.nick)

    def sees(self, text):
        try:
            until(15, lambda: text in self.screen(), text)
        except AssertionError:
            raise AssertionError(f"{self.nick} does not see {text!r}:\n{self.screen()}") from None

    def has_ended(self):
        return self.tmux.run("has-session", "-t", self.nick, may_fail=True) is None


class Tmux:
    """A tmux server that ends with the with statement."""

    def __enter__(self):
        self.homes = []
        self.folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self.socket = os.path.join(self.folder.name, "socket")
        return self

    def __exit__(self, kind, value, trace):
        self.run("kill-server", may_fail=True)
        for home in self.homes:
            home.cleanup()
        self.folder.cleanup()

    def run(self, *words, may_fail=False):
        """What it prints; None when it failed and may."""
        environment = {key: value for key, value in os.environ.items() if key != "TMUX"}
        environment.update(TERM="screen", LC_ALL="C.UTF-8")
        done = subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", *words], capture_output=True,
                              text=True, check=False, env=environment, timeout=20)
        if done.returncode and may_fail:
            return None
        if done.returncode:
            raise AssertionError(f"tmux {words}: {done.stderr}")
        return done.stdout


class ChatTest(FlowTest):
    """Each test has a server of its own."""

    def test_irssi_joins_talks_parts_and_quits(self):
        for drivers in ("1", "2"):
            with self.subTest(drivers=drivers), Server("gatio-chat", "--drivers", drivers) as server, Tmux() as tmux:
                ann, bob = Irssi(tmux, server, "ann"), Irssi(tmux, server, "bob")
                for client in (ann, bob):
                    client.sees("Welcome")
                    client.type("/join #gatio")
                    client.sees("has joined #gatio")
                until(10, lambda: "bob" in ann.screen() and "has joined" in ann.screen(), "ann sees bob")
                ann.type("hello bob")
                bob.sees("hello bob")
                bob.type("hello ann")
                ann.sees("hello ann")
                ann.type("/topic on gatio")
                bob.sees("on gatio")
                bob.type("/part #gatio so long")
                ann.sees("has left #gatio [so long]")
                bob.type("/msg ann still here")
                ann.type("/query bob")
                ann.sees("still here")
                for client in (ann, bob):
                    client.type("/quit bye")
                    until(15, client.has_ended, f"{client.nick} quits")

    def test_two_clients_register_join_talk_and_part(self):
        for drivers in ("1", "2"):
            with self.subTest(drivers=drivers), Server("gatio-chat", "--drivers", drivers) as server, \
                    Client(server, "ann") as ann, Client(server, "bob") as bob:
                ann.send("JOIN #gatio")
                ann.expect(" 366 ann #gatio ")
                bob.send("JOIN #gatio")
                self.assertIn("ann", bob.expect(" 353 bob "))
                bob.expect(" 366 bob #gatio ")
                ann.expect(":bob!")
                bob.send("PRIVMSG #gatio :hello there")
                self.assertRegex(ann.expect("PRIVMSG"), r"^:bob!\S+ PRIVMSG #gatio :hello there$")
                ann.send("PRIVMSG bob :only you")
                self.assertRegex(bob.expect("PRIVMSG"), r"^:ann!\S+ PRIVMSG bob :only you$")
                bob.send("PART #gatio :so long")
                self.assertRegex(ann.expect("PART"), r"^:bob!\S+ PART #gatio :so long$")
                bob.send("QUIT :done")
                bob.expect("ERROR ")

    def test_room_member_who_quits_is_gone_for_the_others(self):
        with Server("gatio-chat") as server, Client(server, "ann") as ann, Client(server, "bob") as bob:
            for client in (ann, bob):
                client.send("JOIN #gatio")
                client.expect(" 366 ")
            bob.stream.close()
            ann.expect("QUIT")
            ann.send("NAMES #gatio")
            self.assertNotIn("bob", ann.expect(" 353 "))

    def test_nick_in_use_is_refused(self):
        with Server("gatio-chat", "--drivers", "2") as server, Client(server, "ann"), server.connect() as stream:
            stream.sendall(b"NICK ann\r\nUSER x 0 * :x\r\n")
            self.assertIn(b" 433 ", read_until(stream, b" 433 "))

    def test_member_that_never_reads_slows_nobody(self):
        with Server("gatio-chat", "--drivers", "2", "--flood-lines", "0") as server, Client(server, "ann") as ann, \
                Client(server, "bob") as bob, Client(server, "deaf") as deaf:
            for client in (deaf, ann, bob):
                client.send("JOIN #gatio")
                client.expect(" 366 ")
            # More than any socket buffer and any limit would hold for the one that does not read.
            for number in range(40):
                ann.send(*[f"PRIVMSG #gatio :{number} " + "x" * 350 for _ in range(50)], f"PRIVMSG #gatio :end {number}.")
                bob.expect(f"end {number}.", 20)

    def test_drain_says_why_and_ends_everybody(self):
        with Server("gatio-chat", "--drivers", "2", "--drain-seconds", "5") as server, Client(server, "ann") as ann:
            ann.send("JOIN #gatio")
            ann.expect(" 366 ")
            self.assertEqual(server.drain(), 0, server.text())
            ann.expect("ERROR ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
