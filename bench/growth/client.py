# SPDX-License-Identifier: Apache-2.0
"""A client in lock step: one batch of requests on one connection, all its replies, then the next connection.

So what the server does depends on no timing: each batch meets a server that sleeps, which is the dearest case there is.
"""
import socket
import struct

ACTIVE = 10
KEYS = 1000
VALUE_SIZE = 64
TIMEOUT_SECONDS = 60


def value_of(number):
    return (b"%08d" % number) * (VALUE_SIZE // 8)


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def echo_request(number):
    return value_of(number), value_of(number)


def get_request(number):
    key = number % KEYS
    return command(b"GET", b"key:%08d" % key), b"$%d\r\n%s\r\n" % (VALUE_SIZE, value_of(key))


def set_request(number):
    key = number % KEYS
    return command(b"SET", b"key:%08d" % key, value_of(key)), b"+OK\r\n"


REQUESTS = {"echo": echo_request, "get": get_request, "set": set_request}


class Client:
    def __init__(self, port, protocol, pipeline):
        self.port, self.protocol, self.pipeline = port, protocol, pipeline
        self.idle, self.active = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.active + self.idle:
            connection.close()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Reset when closed, so that no port number stays taken.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return connection

    def open(self, idle_count):
        """Idle connections, each greeted once; then those that will talk, and what they will ask for."""
        greeting = echo_request(0) if self.protocol == "echo" else (command(b"PING"), b"+PONG\r\n")
        for _ in range(idle_count):
            self.idle.append(self.connect())
            self.exchange(self.idle[-1], *greeting)
        self.active = [self.connect() for _ in range(ACTIVE)]
        if self.protocol != "echo":
            for key in range(KEYS):
                self.exchange(self.active[0], *set_request(key))

    def run(self, batch_count, pause=lambda: None):
        """pause() is called when the replies of a batch are there, and before the next."""
        make = REQUESTS[self.protocol]
        for batch in range(batch_count):
            first = batch * self.pipeline
            pairs = [make(number) for number in range(first, first + self.pipeline)]
            self.exchange(self.active[batch % ACTIVE], b"".join(pair[0] for pair in pairs),
                          b"".join(pair[1] for pair in pairs))
            pause()

    @staticmethod
    def exchange(connection, request, expected):
        connection.sendall(request)
        reply = b""
        while len(reply) < len(expected):
            data = connection.recv(len(expected) - len(reply))
            if not data:
                raise ConnectionError("the server closed")
            reply += data
        if reply != expected:
            raise ConnectionError(f"the reply was {reply[:80]!r}, not {expected[:80]!r}")
