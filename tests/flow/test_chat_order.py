#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-chat: many clients act at once on several drivers; what each of them was told must make sense by itself.

A client's log is replayed against a model of what it can know: nobody acts under a nick that it has not been told of or
in a channel that he is not in, NAMES shows exactly those that it knows to be there, and one's lines come in the order in
which they were typed, in channels and in private. One argument: the seed.
"""
import random
import selectors
import sys
import unittest

from support import SLOWNESS, FlowTest, Server, read_until

ROOMS = ("#a", "#b", "#c")
NICKS = [f"n{i}" for i in range(45)]


class Actor:
    """A client that types at random, and a log of all that it is told."""

    def __init__(self, server, name, dice):
        self.name, self.dice = name, dice
        self.typed = 0
        self.data = b""
        self.answered = 0
        self.pinged = 0
        self.stream = server.connect()
        self.type(f"NICK {name}", f"USER {name} 0 * :{name}")
        self.data = read_until(self.stream, b" 422 ")
        self.stream.setblocking(False)

    def type(self, *lines):
        self.stream.setblocking(True)
        self.stream.sendall("".join(line + "\r\n" for line in lines).encode())
        self.stream.setblocking(False)

    def number(self):
        self.typed += 1
        return f"{self.name}.{self.typed}"

    def act(self):
        dice = self.dice
        room, nick = dice.choice(ROOMS), dice.choice(NICKS)
        return dice.choices((f"JOIN {room},#a", f"PART {room}", f"NICK {nick}", f"KICK {room} {nick} :x",
                             f"NAMES {room}", f"MODE {room} +o {nick}", f"PRIVMSG {room} :{self.number()}",
                             f"PRIVMSG {nick},{room} :{self.number()}"), (4, 2, 4, 1, 2, 1, 5, 5))[0]

    def act_some(self):
        """A packet of lines, and a PING by whose answer all of it is known to be done."""
        self.pinged += 1
        self.type(*[self.act() for _ in range(self.dice.randrange(1, 6))], f"PING :done{self.pinged}")

    def read(self):
        try:
            part = self.stream.recv(1 << 20)
        except BlockingIOError:
            return
        if not part:
            raise AssertionError(f"{self.name} was closed: {self.data[-300:]!r}")
        self.data += part
        self.answered += part.count(b" PONG ") # may be cut in two: then it is found late

    def wait(self, text):
        """Until this has been told."""
        self.stream.settimeout(20 * SLOWNESS)
        while text not in self.data:
            self.read()

    def is_idle(self):
        return self.data.endswith(f" :done{self.pinged}\r\n".encode()) or \
            f" :done{self.pinged}\r\n".encode() in self.data


class View:
    """What a client can know from what it was told."""

    def __init__(self, test, name):
        self.test, self.nick = test, name
        self.rooms = {}    # name: set of nicks, while it is in it
        self.listed = {}
        self.fresh = set() # come into, NAMES is not at its end
        self.last = {}     # of each sender: the number of its last line

    def knows(self, nick):
        return nick == self.nick or any(nick in members for members in self.rooms.values())

    def true(self, condition, line):
        if not condition:
            raise AssertionError(f"{self.nick}: {line!r} cannot be: {self.rooms}")

    def hear(self, line):
        words = line.split(" ")
        if "!" in words[0]:
            getattr(self, "on_" + words[1].lower(), lambda *_: None)(words[0][1:].split("!")[0], words, line)
        elif words[1] == "353":
            self.listed.setdefault(words[4], set()).update(
                nick.lstrip("@+") for nick in line.split(" :", 1)[1].split())
        elif words[1] == "366":
            self.end_of_names(words[3], line)

    def end_of_names(self, room, line):
        listed = self.listed.pop(room, set())
        if room in self.fresh:
            self.fresh.discard(room)
            self.true(self.rooms[room] <= listed, line)
            self.rooms[room] = listed
        if room in self.rooms:
            self.true(self.rooms[room] == listed, f"{line}: {listed}")

    def on_nick(self, who, words, line):
        new = words[2].lstrip(":")
        self.true(self.knows(who) and not self.knows(new), line)
        for members in self.rooms.values():
            if who in members:
                members.remove(who)
                members.add(new)
        if who == self.nick:
            self.nick = new

    def on_join(self, who, words, line):
        room = words[2].lstrip(":")
        if who == self.nick:
            self.true(room not in self.rooms, line)
            self.rooms[room] = set()
            self.fresh.add(room)
        self.true(who not in self.rooms[room], line)
        self.rooms[room].add(who)

    def leave(self, room, who, line):
        self.true(who in self.rooms.get(room, ()), line)
        self.rooms[room].remove(who)
        if who == self.nick:
            del self.rooms[room]

    def on_part(self, who, words, line):
        self.leave(words[2], who, line)

    def on_kick(self, who, words, line):
        self.true(who in self.rooms.get(words[2], ()), line)
        self.leave(words[2], words[3], line)

    def on_mode(self, who, words, line):
        self.true(who in self.rooms.get(words[2], ()) and words[4] in self.rooms[words[2]], line)

    def on_quit(self, who, words, line):
        self.true(self.knows(who), line)
        for members in self.rooms.values():
            members.discard(who)

    def on_privmsg(self, who, words, line):
        if words[2] in ROOMS:
            self.true(who in self.rooms.get(words[2], ()), line)
        else:
            self.true(words[2] == self.nick, line)
        name, number = words[3][1:].split(".")
        self.true(int(number) >= self.last.get(name, 0), line)
        self.last[name] = int(number)


class ChatOrderTest(FlowTest):
    """Logs of many, replayed."""

    def run_actors(self, actors, rounds):
        """Each acts again when its last packet is done, until all have acted so often."""
        selector = selectors.DefaultSelector()
        for actor in actors:
            selector.register(actor.stream, selectors.EVENT_READ, actor)
            actor.act_some()
        while any(actor.pinged < rounds or not actor.is_idle() for actor in actors):
            ready = selector.select(20 * SLOWNESS)
            if not ready:
                raise AssertionError(f"nothing comes: {[a.name for a in actors if not a.is_idle()]}")
            for key, _ in ready:
                key.data.read()
                if key.data.pinged < rounds and key.data.is_idle():
                    key.data.act_some()
        selector.close()

    def settle(self, actors):
        """All have been told of all; then each looks at each room."""
        for turn in ("still", "settled"):
            for actor in actors:
                actor.type(*[f"NAMES {room}" for room in ROOMS], f"PING :{turn}")
            for actor in actors:
                actor.wait(f" :{turn}\r\n".encode())

    def replay(self, actor):
        view = View(self, actor.name)
        for line in actor.data.decode().split("\r\n")[:-1]:
            view.hear(line)
        return view

    def test_every_log_makes_sense(self):
        seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 32)
        print(f"seed {seed}", end=" ")
        for drivers in ("2", "3"):
            with self.subTest(drivers=drivers), \
                    Server("gatio-chat", "--drivers", drivers, "--flood-lines", "0") as server:
                actors = [Actor(server, f"p{i}", random.Random(seed * 100 + i)) for i in range(30)]
                self.run_actors(actors, 40)
                quitter = actors.pop()
                quitter.type("QUIT :enough")
                actors.pop().stream.close()
                self.settle(actors)
                views = [self.replay(actor) for actor in actors]
                for view in views:
                    for room, members in view.rooms.items():
                        for other in views:
                            self.assertEqual(other.nick in members, room in other.rooms, f"{other.nick} in {room}")
                for actor in actors:
                    actor.stream.close()
                quitter.stream.close()

    def test_packets_are_done_in_order(self):
        """What stands in one packet, again and again: for who sent it, and for who sees two of its effects."""
        packets = (
            (("JOIN #x,#y", "PART #y,#x"),
             (" JOIN #x", " 366 ann #x ", " JOIN #y", " 366 ann #y ", " PART #y", " PART #x"), ()),
            (("NAMES #a,#none,#b",), (" 353 ann = #a ", " 366 ann #none ", " 366 ann #b "), ()),
            (("PRIVMSG nosuch :x", "PING y"), (" 401 ann nosuch ", " PONG "), ()),
            (("PRIVMSG bob :1", "PRIVMSG nosuch,#none,bob :2", "PING y", "PRIVMSG bob :3"),
             (" 401 ann nosuch ", " 403 ann #none ", " PONG "), (" bob :1", " bob :2", " bob :3")),
            (("PRIVMSG #a :1", "PRIVMSG bob :2", "PRIVMSG #b :3", "PRIVMSG bob :4"), (),
             (" #a :1", " bob :2", " #b :3", " bob :4")),
            (("NICK new", "PRIVMSG bob :x", "NICK ann", "PRIVMSG bob :y"), (" NICK :new", " NICK :ann"),
             (":ann!~ann@127.0.0.1 NICK :new", ":new!~ann@127.0.0.1 PRIVMSG bob :x", " NICK :ann",
              ":ann!~ann@127.0.0.1 PRIVMSG bob :y")),
            (("PRIVMSG #b :1", "NICK new", "PRIVMSG #a :2", "PRIVMSG #b :3", "NICK ann"), (),
             (":ann!~ann@127.0.0.1 PRIVMSG #b :1", " NICK :new", ":new!~ann@127.0.0.1 PRIVMSG #a :2",
              ":new!~ann@127.0.0.1 PRIVMSG #b :3", " NICK :ann")),
        )
        for drivers in ("2", "3"):
            with self.subTest(drivers=drivers), \
                    Server("gatio-chat", "--drivers", drivers, "--flood-lines", "0") as server:
                ann, bob = actors = [Actor(server, name, random.Random(1)) for name in ("ann", "bob")]
                for actor in actors:
                    actor.type("JOIN #a,#b", "PING :in")
                    actor.wait(b" :in\r\n")
                for turn in range(100):
                    for number, (lines, *seen) in enumerate(packets):
                        at = [len(actor.data) for actor in actors]
                        mark = f"end{turn}.{number}"
                        ann.type(*lines, f"PRIVMSG ann,bob :{mark}.")
                        for actor, start, parts in zip(actors, at, seen):
                            actor.wait(f" :{mark}.\r\n".encode())
                            said = actor.data[start:].decode()
                            for part in parts:
                                self.assertIn(part, said, f"{lines}: {actor.data[start:]}")
                                said = said[said.index(part) + len(part):]
                for actor in actors:
                    actor.stream.close()

    def test_names_go_from_one_to_the_next(self):
        """ann takes another name and bob takes hers, again and again: both and a third hear of it in that order."""
        with Server("gatio-chat", "--drivers", "2", "--flood-lines", "0") as server:
            ann, bob, cat = actors = [Actor(server, name, random.Random(1)) for name in ("ann", "bob", "cat")]
            for actor in actors:
                actor.type("JOIN #a,#b,#c")
            for turn in range(200):
                ann.type(f"NICK x{turn}", f"PRIVMSG #c :ann.{turn + 1}", f"PRIVMSG cat,#b :ann.{turn + 1}")
                bob.type("NICK ann", f"PRIVMSG cat :bob.{turn + 1}", f"PRIVMSG #b :bob.{turn + 1}", "NICK bob")
                ann.type("NICK ann")
            ann.type("NICK last", "PING :free")
            ann.wait(b" :free\r\n")
            bob.type("NICK ann") # once in any case
            self.settle(actors)
            for actor in actors:
                self.replay(actor)
                actor.stream.close()
            self.assertGreater(cat.data.count(b"!~bob@127.0.0.1 NICK :ann"), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
