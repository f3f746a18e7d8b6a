#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What others notice of a crowd on gatio-chat: no test, it measures. Prints milliseconds for a private line there and back.

    chat_crowd.py say            400 of 3,960 clients in 4 rooms say 3 lines each at once
    chat_crowd.py names 990      990 of them send NAMES and WHO of their room
    chat_crowd.py nick 200       200 of them change their nick
    chat_crowd.py rejoin 990     990 of them leave their room and come again
    chat_crowd.py motd 3960      all of them ask for a message of the day of 64 KiB
    chat_crowd.py vanish 990     990 of them are gone at once

A process of its own has 100 quiet clients in no room; each sends itself a line now and then. Their percentiles are given
for the time before the crowd acts and for the time that it takes, in one run: a busy machine shows in both.
"""
import multiprocessing
import selectors
import sys
import tempfile
import time

from support import Server, read_until

ROOMS, CLIENTS, QUIET, ROUNDS = 4, 3960, 100, 3
IDLE, BUSY, OVER = range(3)


def enter(server, nick, *more):
    stream = server.connect()
    stream.sendall("".join(line + "\r\n" for line in (f"NICK {nick}", f"USER {nick} 0 * :{nick}", *more)).encode())
    return stream


def quiet(server, phase, pipe):
    """Lines to oneself, one of all in 6 ms, until the phase is OVER; then (idle, busy) latencies go into the pipe."""
    streams = [enter(server, f"q{i}") for i in range(QUIET)]
    selector = selectors.DefaultSelector()
    for i, stream in enumerate(streams):
        read_until(stream, b" 376 ", 60)
        selector.register(stream, selectors.EVENT_READ, i)
    pipe.send("ready")
    sent, latencies, turn, due = {}, ([], []), 0, time.monotonic()
    while phase.value != OVER:
        now = time.monotonic()
        if now >= due:
            i, turn, due = turn % QUIET, turn + 1, max(due + 0.006, now)
            if i not in sent:
                sent[i] = now, phase.value
                streams[i].sendall(f"PRIVMSG q{i} :x\r\n".encode())
        for key, _ in selector.select(max(0, due - time.monotonic())):
            if b" PRIVMSG " in streams[key.data].recv(65536) and key.data in sent:
                since, before = sent.pop(key.data)
                latencies[max(before, phase.value) % OVER].append(1000 * (time.monotonic() - since))
    pipe.send(latencies)


class Crowd:
    """Clients that only count what they are told."""

    def __init__(self, server):
        self.selector, self.streams, self.gone = selectors.DefaultSelector(), [], 0
        for i in range(CLIENTS):
            stream = enter(server, f"p{i}", f"JOIN #room{i % ROOMS}")
            stream.setblocking(False)
            self.selector.register(stream, selectors.EVENT_READ)
            self.streams.append(stream)
            self.read(0)
        while self.read(1):
            pass

    def read(self, seconds):
        ready = self.selector.select(seconds)
        for key, _ in ready:
            if not key.fileobj.recv(1 << 18):
                self.selector.unregister(key.fileobj)
                self.gone += 1
        return ready

    def act(self, what, count, turn):
        for i in range(0, CLIENTS, max(1, CLIENTS // count)):
            room = f"#room{i % ROOMS}"
            lines = {"say": [f"PRIVMSG {room} :line {k}" for k in range(3)],
                     "names": [f"NAMES {room}", f"WHO {room}"],
                     "nick": [f"NICK {'ab'[turn % 2]}{i}"],
                     "motd": ["MOTD"],
                     "rejoin": [f"PART {room}", f"JOIN {room}"]}.get(what)
            if lines:
                self.streams[i].sendall("".join(line + "\r\n" for line in lines).encode())
            else:
                self.selector.unregister(self.streams[i])
                self.streams[i].close()


def percentiles(name, latencies):
    latencies.sort()
    values = [latencies[min(len(latencies) - 1, int(len(latencies) * part))] for part in (.5, .9, .99, 1)]
    print(f"{name:5} {len(latencies):6} lines   p50 {values[0]:.2f}   p90 {values[1]:.2f}   p99 {values[2]:.2f}   "
          f"max {values[3]:.2f} ms")


def measure(what, count, motd):
    with Server("gatio-chat", "--drivers", "2", "--max-clients", "20000", "--motd", motd) as server:
        phase, (here, there) = multiprocessing.Value("i", IDLE), multiprocessing.Pipe()
        process = multiprocessing.Process(target=quiet, args=(server, phase, there))
        process.start()
        here.recv()
        crowd = Crowd(server)
        for turn in range(1 if what == "vanish" else ROUNDS):
            end = time.monotonic() + 3 # by then each may say some lines again
            while time.monotonic() < end:
                crowd.read(.05)
            phase.value = BUSY
            crowd.act(what, count, turn)
            while crowd.read(.2):
                pass
            phase.value = IDLE
        phase.value = OVER
        idle, busy = here.recv()
        print(f"{server.memory() >> 10} KiB of memory, {crowd.gone} of {CLIENTS} refused or cut")
        percentiles("idle", idle)
        percentiles(what, busy)
        process.join()


def main():
    what, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400
    lines = 819 if what == "motd" else 1
    with tempfile.NamedTemporaryFile("w") as motd:
        motd.write(("x" * 79 + "\n") * lines)
        motd.flush()
        measure(what, count, motd.name)


if __name__ == "__main__":
    main()
