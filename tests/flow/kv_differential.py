#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gatio-kv against redis-server: the same random commands to both, and every reply must be the same, byte for byte.

    kv_differential.py [--seed N] [--rounds N] [--drivers N]

Where the two may differ is written down in `same()`: order of KEYS, RANDOMKEY, times that go by, SCAN (all keys of a
full iteration are compared), and texts that name what only one of them has.
"""
import argparse
import random
import re
import shutil
import sys
import tempfile
import time

from kv_peer import Stream, packed, start_redis, whole
from support import SLOWNESS, Server

KEYS = [b"k%d" % i for i in range(24)] + [b"", b"with space", b"bin\x00\xff\r\n", b"K" * 300]
NUMBERS = [b"0", b"1", b"-1", b"10", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808",
           b"01", b"+1", b" 1", b"1 ", b"-0", b"", b"abc", b"1.5", b"4611686018427387904", b"2147483648"]
FLOATS = [b"0.1", b"1e3", b"-2.5", b"3", b"1e-20", b"inf", b"-inf", b"nan", b"1e4000", b"1e5000", b"0x10", b" 1", b"1 ",
          b"1.5e", b"", b"abc", b"1" * 40, b"0.30000000000000004", b"100000000000000000000.5", b"-0"]
TEXTS = [b"", b"a", b"hello", b"foo bar", b"\x00\x01\xff", b"\r\n", b"x" * 44, b"x" * 45, b"y" * 1000]
PATTERNS = [b"*", b"k*", b"k?", b"k1*", b"k[0-5]", b"k[^0-5]", b"*2*", b"\\k1", b"k[", b"k[1", b"k**", b"", b"[k]*",
            b"k[5-0]", b"*\\", b"k\\1", b"w* s*", b"**", b"***", b"*[*-\xff]*", b"[*-\xff]*"]
WORDS = [b"NX", b"xx", b"GT", b"lt", b"EX", b"px", b"EXAT", b"PXAT", b"keepttl", b"PERSIST", b"get", b"nonsense"]
FAR = 4102444800  # 2100-01-01


def as_inline(command):
    """The command as a person would type it, or None."""
    if any(b"\x00" in a for a in command):
        return None
    escapes = {ord('"'): b'\\"', ord("\\"): b"\\\\", 10: b"\\n", 13: b"\\r", 255: b"\\xff", 1: b"\\x01"}
    return b" ".join(b'"' + b"".join(escapes.get(c, bytes([c])) for c in a) + b'"' for a in command) + b"\r\n"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        return self.random.choice(choices)()

    def key(self):
        return self.random.choice(KEYS)

    def keys(self):
        return [self.key() for _ in range(self.random.randint(1, 6))]

    def value(self):
        return self.random.choice(self.random.choice([NUMBERS, FLOATS, TEXTS, TEXTS]))

    def number(self):
        return b"%d" % self.random.randint(-20, 20) if self.random.random() < 0.6 else self.random.choice(NUMBERS)

    def far(self):
        """A relative time in seconds that does not end during the test; no two are alike."""
        return b"%d" % self.random.randint(10000, 1000000)

    def set_options(self):
        options = []
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2, 3])):
            word = self.random.choice(WORDS)
            options.append(word)
            unit = word.lower()
            if unit in (b"ex", b"px", b"exat", b"pxat") and self.random.random() < 0.95:
                base = FAR if unit.endswith(b"at") else self.random.randint(10000, 1000000)
                scale = 1000 if unit.startswith(b"px") else 1
                bad = [b"0", b"-1", b"abc", b"9223372036854775807", b"9223372036854775"]
                options.append(self.random.choice(bad) if self.random.random() < 0.2 else b"%d" % (base * scale))
        return options

    def expire_options(self):
        return [self.random.choice([b"NX", b"XX", b"GT", b"LT", b"gt", b"zz"])
                for _ in range(self.random.choice([0, 0, 0, 1, 1, 2]))]

    def expire(self):
        name = self.random.choice([b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT"])
        seconds = int(self.far()) + (FAR if name.endswith(b"AT") else 0)
        when = b"%d" % (seconds * (1000 if name.startswith(b"P") else 1))
        if self.random.random() < 0.25:
            when = self.random.choice([b"0", b"-1", b"-100000", b"abc", b"9223372036854775807",
                                       b"-9223372036854775808", b"9223372036854775"])
        return [name, self.key(), when] + self.expire_options()

    def pairs(self):
        return [part for key in self.keys() for part in (key, self.value())]

    def scan(self):
        options = self.random.choice([[], [b"COUNT", b"5"], [b"COUNT", b"0"], [b"COUNT", b"abc"], [b"MATCH"],
                                      [b"TYPE", b"hash", b"nope"], [b"MATCH", b"a", b"x", b"y"]])
        return [b"SCAN", self.random.choice([b"abc", b"-1", b""])] + options

    def nonsense(self):
        """A command that exists with any arguments, or one that does not."""
        name = self.random.choice([
            b"get", b"SET", b"mset", b"MSETNX", b"mget", b"del", b"rename", b"EXPIRE", b"ttl", b"foo", b"", b"GETT",
            b"ping", b"echo", b"select", b"client", b"config", b"command", b"auth", b"hello", b"object1", b"dbsize",
            b"setrange", b"getrange", b"getex", b"incrbyfloat", b"x" * 200, b"time", b"keys", b"scan", b"type",
            b"flushall", b"flushdb", b"setex", b"psetex", b"get\x01"])
        count = self.random.randint(0, 5)
        if name.lower() in (b"expire", b"setex", b"psetex") and count > 1:
            return [name, self.key(), b"abc"] + [self.value()] * (count - 2)  # nothing may expire during the test
        return [name] + [self.value() for _ in range(count)]

    def command(self):
        key, value, number = self.key, self.value, self.number
        choices = [
            (12, lambda: [b"GET", key()]), (12, lambda: [b"SET", key(), value()]),
            (8, lambda: [b"SET", key(), value()] + self.set_options()), (3, lambda: [b"SETNX", key(), value()]),
            (3, lambda: [b"GETSET", key(), value()]), (3, lambda: [b"GETDEL", key()]),
            (4, lambda: [b"GETEX", key()] + self.set_options()), (5, lambda: [b"MGET"] + self.keys()),
            (5, lambda: [b"MSET"] + self.pairs()), (4, lambda: [b"MSETNX"] + self.pairs()),
            (1, lambda: [b"MSET"] + self.pairs() + [key()]), (1, lambda: [b"MSETNX"] + self.pairs() + [key()]),
            (4, lambda: [b"APPEND", key(), value()]), (3, lambda: [b"STRLEN", key()]),
            (4, lambda: [b"INCR", key()]), (3, lambda: [b"DECR", key()]), (4, lambda: [b"INCRBY", key(), number()]),
            (4, lambda: [b"DECRBY", key(), number()]),
            (6, lambda: [b"INCRBYFLOAT", key(), self.random.choice(FLOATS)]),
            (3, lambda: [b"GETRANGE", key(), number(), number()]), (1, lambda: [b"SUBSTR", key(), number(), number()]),
            (4, lambda: [b"SETRANGE", key(), b"%d" % self.random.randint(-1, 60), value()]),
            (1, lambda: [b"SETRANGE", key(), self.random.choice(NUMBERS[7:]), b"x"]),
            (4, lambda: [b"DEL"] + self.keys()), (3, lambda: [b"UNLINK"] + self.keys()),
            (4, lambda: [b"EXISTS"] + self.keys()), (2, lambda: [b"TOUCH"] + self.keys()),
            (2, lambda: [b"TYPE", key()]), (2, lambda: [b"KEYS", self.random.choice(PATTERNS)]),
            (6, lambda: [b"RENAME", key(), key()]), (4, lambda: [b"RENAMENX", key(), key()]),
            (8, self.expire), (3, lambda: [b"TTL", key()]), (3, lambda: [b"PTTL", key()]),
            (3, lambda: [b"EXPIRETIME", key()]), (3, lambda: [b"PEXPIRETIME", key()]),
            (3, lambda: [b"PERSIST", key()]), (2, lambda: [b"SETEX", key(), self.far(), value()]),
            (1, lambda: [b"SETEX", key(), number(), value()][:2] + [b"0", value()]),
            (2, lambda: [b"PSETEX", key(), self.far() + b"000", value()]), (2, lambda: [b"DBSIZE"]),
            (1, lambda: [b"RANDOMKEY"]), (1, lambda: [b"PING"]), (1, lambda: [b"PING", value()]),
            (1, lambda: [b"ECHO", value()]), (2, lambda: [b"SELECT", self.random.choice([b"0", b"1", b"2"])]),
            (1, lambda: [b"SELECT", self.random.choice([b"16", b"-1", b"abc", b"99999999999"])]),
            (1, self.scan), (4, self.nonsense),
        ]
        weights = [weight for weight, _ in choices]
        return self.random.choices(choices, weights)[0][1]()


def numbers_near(mine, theirs, distance):
    a, b = re.fullmatch(rb":(-?\d+)\r\n", mine), re.fullmatch(rb":(-?\d+)\r\n", theirs)
    return bool(a and b) and abs(int(a[1]) - int(b[1])) <= distance and (int(a[1]) < 0) == (int(b[1]) < 0)


def elements(reply):
    """The bulk strings of an array, sorted."""
    stream = whole(reply)
    count = int(stream.line()[1:-2])
    return sorted(stream.reply() for _ in range(count))


def same(command, mine, theirs):
    """Whether two replies mean the same to a client that knows it talks to one or the other."""
    if mine == theirs:
        return True
    name = command[0].lower()
    if name == b"keys" and mine[:1] == b"*" == theirs[:1]:
        return elements(mine) == elements(theirs)
    if name == b"randomkey":
        return mine[:1] == theirs[:1] and (mine[:2] == b"$-") == (theirs[:2] == b"$-")
    if name in (b"ttl", b"expiretime"):
        return numbers_near(mine, theirs, 2)
    if name in (b"pttl", b"pexpiretime"):
        return numbers_near(mine, theirs, 2000 * SLOWNESS)
    if name in (b"client", b"config", b"command", b"hello", b"time", b"scan") and mine[:1] != b"-":
        return mine[:1] == theirs[:1]
    return False


def scan_all(stream):
    found, cursor = [], b"0"
    while True:
        stream.socket.sendall(packed([b"SCAN", cursor, b"COUNT", b"7"]))
        page = whole(stream.reply())
        page.line()
        cursor = page.reply().split(b"\r\n")[1]
        count = int(page.line()[1:-2])
        found += [page.reply() for _ in range(count)]
        if cursor == b"0":
            return sorted(set(found))


def run_round(ports, seed, length):
    """One connection to each, `length` commands in pipelines. Returns what differed, or None."""
    generator = Generator(seed)
    streams = [Stream(port) for port in ports]
    history = []
    try:
        start = [[b"FLUSHALL"], [b"HELLO", generator.random.choice([b"2", b"3"])]]
        for stream in streams:
            stream.socket.sendall(b"".join(packed(c) for c in start))
            for _ in start:
                stream.reply()
        while len(history) < length:
            commands = [generator.command() for _ in range(generator.random.choice([1, 1, 4, 16, 64]))]
            sent = b""
            for command in commands:
                typed = as_inline(command) if generator.random.random() < 0.1 and command[0] else None
                sent += typed or packed(command)
            for stream in streams:
                stream.socket.sendall(sent)
            for command in commands:
                history.append(command)
                replies = [stream.reply() for stream in streams]
                if not same(command, *replies):
                    return f"{command}\n  gatio-kv: {replies[0][:300]!r}\n  redis:    {replies[1][:300]!r}"
            if generator.random.random() < 0.1:
                found = [scan_all(stream) for stream in streams]
                if found[0] != found[1]:
                    return f"SCAN: {found[0]} and {found[1]}"
    finally:
        for stream in streams:
            stream.close()
    return None


# Bytes on a fresh connection, compared until the server closes it or has answered the QUIT behind them.
ODD_INPUTS = [
    b"*abc\r\n", b"*-1\r\nPING\r\n", b"*0\r\nPING\r\n", b"*1048577000000\r\n", b"*2147483648\r\n", b"*1\r\nfoo\r\n",
    b"*1\r\n$abc\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$99999999999\r\n", b"*1\r\n$4\r\nPING\r\n", b"*1\r\n\r\n",
    b"PING\r\n", b"PING\n", b"\r\n\r\nPING\r\n", b"   \r\nPING\r\n", b"ECHO \"a b\"\r\n", b"ECHO 'a b'\r\n",
    b"ECHO \"a\r\n", b"ECHO 'a\r\n", b"ECHO \"a\"b\r\n", b"ECHO \"\\x41\\n\\t\\\"\"\r\n", b"ECHO '\\''\r\n",
    b"SET a\tb\r\nGET a\r\n", b"echo \"\"\r\n", b"ECHO a b c\r\n", b"+OK\r\n", b":1\r\n",
    b"*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n", b"QUIT\r\nPING\r\n", b"RESET\r\n", b"HELLO 4\r\n", b"HELLO abc\r\n",
    b"HELLO 2 AUTH a b\r\n", b"HELLO 2 nonsense\r\n", b"HELLO 2 SETNAME \"a b\"\r\n", b"AUTH a\r\n", b"AUTH a b\r\n",
    b"AUTH default x\r\n", b"AUTH a b c\r\n", b"CLIENT\r\n", b"CLIENT foo\r\n", b"CLIENT GETNAME\r\n",
    b"CLIENT SETNAME \"a b\"\r\n", b"CLIENT SETNAME a\r\nCLIENT GETNAME\r\n", b"CLIENT SETNAME\r\n", b"CLIENT ID x\r\n",
    b"CONFIG GET appendonly\r\n", b"CONFIG GET save\r\n", b"CONFIG GET\r\n", b"CONFIG nope\r\n", b"CONFIG SET a\r\n",
    b"CONFIG GET maxmemory-policy\r\n", b"CONFIG GET nosuchthing\r\n", b"COMMAND nope\r\n", b"COMMAND COUNT x\r\n",
    b"COMMAND GETKEYS GET a\r\n", b"COMMAND GETKEYS MSET a 1 b 2\r\n", b"COMMAND GETKEYS PING\r\n",
    b"COMMAND GETKEYS nope a\r\n", b"COMMAND GETKEYS GET\r\n", b"COMMAND INFO nope\r\n", b"CLUSTER NODES\r\n",
    b"CLUSTER INFO\r\n",
    b"FLUSHALL nope\r\n", b"FLUSHDB ASYNC\r\n", b"FLUSHALL SYNC\r\n", b"FLUSHALL SYNC SYNC\r\n", b"SELECT\r\n",
    b"HELLO 3\r\nGET nothing\r\nMGET a b\r\nSET x 1 GET\r\nCLIENT GETNAME\r\nRANDOMKEY\r\n" , b"x" * 70000,
    b"*1\r\n$" + b"1" * 70000, b"*" + b"1" * 70000, b"GETKEYS\r\n" * 3,
    # Words and lines typed by hand.
    b"ECHO " + b"w" * 65520 + b"\r\nPING\r\n", b"SET a\x0bb\r\n", b"\x0bPING\r\n", b"ECHO \"a\"\x0b\r\n", b"ECHO a\x0cb\r\n",
    # Handshakes.
    b"HELLO 3 AUTH default x SETNAME c\r\n", b"HELLO 3 SETNAME c\r\nCLIENT GETNAME\r\n", b"HELLO 3 AUTH default\r\n",
    b"HELLO 3 SETNAME\r\n", b"HELLO 03\r\n", b"HELLO 2 " + b"x" * 300 + b"\r\n", b"HELLO 3 SETNAME \"a b\" nonsense\r\n",
    b"HELLO 3 SETNAME \"a b\" AUTH a b\r\n", b"CLIENT SETNAME " + b"n" * 2000 + b"\r\nCLIENT GETNAME\r\n",
    b"CLIENT SETNAME \"\"\r\nCLIENT GETNAME\r\n", b"CLIENT NO-EVICT ON\r\n",
    b"CLIENT NO-EVICT x\r\n", b"CLIENT SETNAME \"a\\nb\"\r\n", b"HELLO 3 SETNAME \"a\\nb\"\r\n",
    # CLIENT LIST.
    b"CLIENT LIST x\r\n", b"CLIENT LIST TYPE nope\r\n", b"CLIENT LIST ID\r\n", b"CLIENT LIST ID x\r\n", b"CLIENT LIST ID 0\r\n",
    b"CLIENT LIST ID 99999999\r\n", b"CLIENT LIST TYPE replica\r\n", b"CLIENT LIST TYPE pubsub\r\n", b"CLIENT LIST ID -1\r\n",
    b"CLIENT LIST TYPE master\r\n", b"CLIENT LIST TYPE normal x\r\n", b"CLIENT LIST TYPE\r\n", b"CLIENT INFO x\r\n",
    # CONFIG.
    b"CONFIG SET a 1 b\r\n", b"CONFIG SET maxmemory 1 b\r\n", b"CONFIG SET nope 1\r\n", b"CONFIG SET nope 1 nope 2\r\n",
    b"CONFIG GET APPENDONLY\r\n", b"CONFIG GET append*nly SAVE\r\n", b"CONFIG GET Save\r\n", b"CONFIG GET save save\r\n",
    b"CONFIG GET " + b"nope " * 40 + b"save\r\n", b"CONFIG GET maxmemory-p*\r\n", b"CONFIG GET DATABASES timeout\r\n",
    # CLUSTER, FUNCTION.
    b"CLUSTER nope\r\n", b"CLUSTER\r\n", b"CLUSTER INFO x\r\n", b"CLUSTER MYID\r\n", b"CLUSTER SLOTS\r\n",
    b"CLUSTER KEYSLOT a\r\n", b"CLUSTER KEYSLOT\r\n", b"CLUSTER RESET\r\n", b"FUNCTION FLUSH\r\n", b"FUNCTION FLUSH ASYNC\r\n",
    b"FUNCTION FLUSH nope\r\n", b"FUNCTION FLUSH SYNC x\r\n", b"FUNCTION nope\r\n", b"FUNCTION\r\n",
    # COMMAND.
    b"COMMAND COUNT x\r\n", b"COMMAND LIST nope\r\n", b"COMMAND LIST FILTERBY\r\n", b"COMMAND LIST FILTERBY nope x\r\n",
    b"COMMAND LIST FILTERBY MODULE nope\r\n", b"COMMAND LIST FILTERBY PATTERN getr*\r\n", b"COMMAND LIST FILTERBY ACLCAT nope\r\n",
    b"COMMAND LIST FILTERBY PATTERN nope*\r\n", b"COMMAND LIST FILTERBY PATTERN config\\|*\r\n", b"COMMAND LIST FILTERBY MODULE\r\n",
    b"COMMAND LIST FILTERBY PATTERN a b\r\n",
    b"COMMAND INFO get\r\n", b"COMMAND INFO set\r\n", b"COMMAND INFO mset\r\n", b"COMMAND INFO del\r\n", b"COMMAND INFO scan\r\n",
    b"COMMAND INFO config|get\r\n", b"COMMAND INFO GET nope MGET\r\n", b"COMMAND INFO rename\r\n", b"COMMAND INFO ping\r\n",
    b"HELLO 3\r\nCOMMAND INFO get set\r\n", b"HELLO 3\r\nCOMMAND INFO nope\r\n", b"COMMAND INFO expire keys randomkey\r\n",
    b"COMMAND INFO " + b"get " * 40 + b"\r\n", b"COMMAND DOCS nope\r\n", 
    b"COMMAND DOCS " + b"nope " * 40 + b"\r\n",
    b"COMMAND GETKEYS MGET " + b"k " * 40 + b"\r\n", b"COMMAND GETKEYS SCAN 0\r\n", b"COMMAND GETKEYS MSET a 1 b\r\n",
    b"COMMAND GETKEYS CONFIG GET x\r\n", b"COMMAND GETKEYS\r\n", b"COMMAND GETKEYSANDFLAGS GET a\r\n",
    b"COMMAND GETKEYSANDFLAGS SET a b\r\n", b"COMMAND GETKEYSANDFLAGS MSET a 1 b 2\r\n", b"COMMAND GETKEYSANDFLAGS PING x\r\n",
    b"COMMAND GETKEYSANDFLAGS RENAME a b\r\n", b"COMMAND GETKEYSANDFLAGS DEL a b\r\n", b"COMMAND GETKEYSANDFLAGS GETDEL a\r\n",
    # Many arguments, long options.
    b"SET a b " + b"XX " * 40 + b"\r\n", b"SET a b " + b"EX 10 " * 20 + b"\r\n", b"SET a b " + b"GET " * 40 + b"\r\nGET a\r\n",
    b"EXPIRE a 100 " + b"GT " * 40 + b"\r\n", b"EXPIRE a 100 " + b"x" * 3000 + b"\r\n", b"EXPIRE a 100 \"a\\nb\"\r\n",
    b"GETEX a " + b"PERSIST " * 40 + b"\r\n", b"SCAN 0 " + b"COUNT 5 " * 20 + b"\r\n", b"SCAN 0 " + b"MATCH * " * 20 + b"\r\n",
    b"EXPIRE a 100 " + b"NX " * 32 + b"nope\r\n", b"GET " + b"a " * 40 + b"\r\n", b"APPEND " + b"a " * 40 + b"\r\n",
    b"FOO " + b"x" * 300 + b"\r\n", b"CLIENT " + b"x" * 300 + b"\r\n",
    # Cursors.
    b"SCAN 01\r\n", b"SCAN +0\r\n", b"SCAN -0\r\n", b"SCAN 18446744073709551615\r\n", b"SCAN 18446744073709551616\r\n",
    b"SCAN \" 0\"\r\n", b"SCAN \"0 \"\r\n", b"SCAN 0x0\r\n", b"SCAN \"\"\r\n", b"SCAN \"0\\x00a\"\r\n", b"SCAN 0 COUNT x MATCH\r\n",
    b"SCAN -5\r\n", b"SCAN -\r\n", b"SCAN +\r\n", b"SCAN -1 COUNT 0\r\n", b"SCAN 0 TYPE\r\n", b"SCAN 0 TYPE list\r\n",
    b"SCAN 99999999999999999999\r\n", b"SCAN 00000000000000000000000\r\n", b"SCAN -00\r\n", b"SCAN \"\\t0\"\r\n",
    # Patterns.
    b"SET \"\" x\r\nKEYS **\r\n", b"SET \"\" x\r\nKEYS *\r\n", b"SET - x\r\nKEYS [*-\xff]\r\n", b"SET \"\" x\r\nKEYS ***\r\n",
    b"SET z x\r\nKEYS [*-\xff]\r\n", b"SET \"\\xe0\" x\r\nKEYS [*-\xff]\r\n", b"SET \"\\xe0\" x\r\nKEYS [a-\xff]\r\n",
    b"SET a x\r\nKEYS a**\r\n", b"SET ab x\r\nKEYS **b\r\n", b"SET a x\r\nKEYS [^\xff-*]\r\n", b"SET \"\" x\r\nKEYS \"\"\r\n",
    b"SET ] x\r\nKEYS []]\r\n", b"SET a x\r\nKEYS [\\a-z]\r\n", b"SET a x\r\nKEYS [a-\r\n", b"SET - x\r\nKEYS [a-]\r\n",
    # Counts.
    b"CONFIG RESETSTAT\r\nTYPE no\r\nSET a 1\r\nTYPE a\r\nTTL no\r\nINFO stats keyspace_hits\r\n",
]


# What Redis gives in the order of a hash table.
UNORDERED = (b"CONFIG GET", b"COMMAND LIST")

# The same on servers with a password.
STRANGER_INPUTS = [
    b"PING\r\n", b"GET a\r\n", b"GET\r\n", b"nope\r\n", b"HELLO\r\n", b"HELLO 3\r\n", b"HELLO 4\r\n", b"HELLO x\r\n",
    b"HELLO 3 AUTH default wrong\r\n", b"HELLO 3 AUTH default secret\r\nGET a\r\n", b"HELLO 3 SETNAME a\r\n",
    b"HELLO 3 SETNAME \"a b\"\r\n", b"HELLO 3 nope\r\n", b"HELLO 3 AUTH other secret\r\n", b"AUTH secret\r\nGET a\r\n",
    b"AUTH wrong\r\n", b"AUTH default secret\r\nPING\r\n", b"AUTH\r\n", b"AUTH a b c\r\n", b"CLIENT nope\r\n", b"CLIENT ID\r\n",
    b"CLIENT ID x\r\n", b"CLIENT\r\n", b"CONFIG GET x\r\n", b"CONFIG GET\r\n", b"CONFIG nope\r\n", b"COMMAND nope\r\n", b"COMMAND\r\n",
    b"CLUSTER nope\r\n", b"FUNCTION nope\r\n", b"RESET\r\n", b"QUIT\r\n", b"INFO\r\n", b"HELLO 3 AUTH default secret SETNAME \"a b\"\r\nGET a\r\n",
    b"HELLO 3 SETNAME me AUTH default secret\r\nCLIENT GETNAME\r\n", b"AUTH secret\r\nRESET\r\nGET a\r\n",
    b"*11\r\n" + b"$1\r\na\r\n" * 11, b"*1\r\n$16385\r\n" + b"x" * 16385 + b"\r\n", b"*2\r\n$4\r\nECHO\r\n$16384\r\n" + b"x" * 16384 + b"\r\n",
]


def odd_answer(port, bytes_in):
    stream = Stream(port)
    stream.socket.settimeout(2 * SLOWNESS)
    try:
        stream.socket.sendall(b"FLUSHALL\r\n" + bytes_in + (b"\r\nQUIT\r\n" if len(bytes_in) < 60000 else b""))
        return stream.until_closed()
    except (BrokenPipeError, ConnectionResetError):
        return stream.until_closed()
    finally:
        stream.close()


# What lines typed by hand are made of; without NUL, behind which redis sees no end of line.
INLINE_BEGINS = [b"ECHO ", b"SET k ", b'ECHO "', b"ECHO '", b"", b" ECHO ", b"\x0bPING ", b"MGET "]
INLINE_PARTS = [b'"', b"'", b"\\", b"x", b"4", b"1", b"f", b"n", b" ", b"\t", b"\x0b", b"\x0c", b"a", b"g", b"\xff", b"\r", b"*", b"$", b"\x1c"]
INLINE_ENDS = [b"\r\n", b"\n", b"\r\r\n", b'"\r\n', b"'\r\n"]


def inline_inputs(seed, count):
    generator = random.Random(seed)
    return [generator.choice(INLINE_BEGINS) + b"".join(generator.choices(INLINE_PARTS, k=generator.randint(0, 12)))
            + generator.choice(INLINE_ENDS) for _ in range(count)]


def scrubbed(answer):
    """Without what is different for each connection or server."""
    if b"# Stats" in answer:
        answer = b" ".join(re.findall(rb"keyspace_\w+:\d+", answer))
    return re.sub(rb"id\r\n:\d+\r\n", b"id\r\n:N\r\n", answer)


def run_odd(ports, inputs=None):
    wrong = []
    for bytes_in in inputs or ODD_INPUTS:
        mine, theirs = (scrubbed(odd_answer(port, bytes_in)) for port in ports)
        if mine != theirs and not (bytes_in.startswith(UNORDERED) and sorted(mine.split(b"\r\n")) == sorted(theirs.split(b"\r\n"))):
            wrong.append(f"{bytes_in[:80]!r}\n  gatio-kv: {mine[:300]!r}\n  redis:    {theirs[:300]!r}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--length", type=int, default=2000, help="commands in a round")
    parser.add_argument("--drivers", default="2")
    options = parser.parse_args()
    if not shutil.which("redis-server"):
        print("SKIPPED: there is no redis-server")
        return 77
    print(f"seed {options.seed}, {options.rounds} rounds, {options.drivers} drivers", flush=True)
    wrong = []
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        redis, redis_port = start_redis(folder)
        try:
            with Server("gatio-kv", "--drivers", options.drivers) as server:
                ports = [server.port, redis_port]
                wrong += run_odd(ports)
                wrong += run_odd(ports, inline_inputs(options.seed, 10 * options.rounds))
                for index in range(options.rounds):
                    difference = run_round(ports, options.seed + index, options.length)
                    if difference:
                        wrong.append(f"--seed {options.seed + index} --rounds 1: {difference}")
        finally:
            redis.terminate()
            redis.wait()
        redis, redis_port = start_redis(folder, "--requirepass", "secret")
        try:
            with Server("gatio-kv", "--drivers", options.drivers, "--requirepass", "secret") as server:
                wrong += run_odd([server.port, redis_port], STRANGER_INPUTS)
        finally:
            redis.terminate()
            redis.wait()
    for difference in wrong:
        print("DIFFERS:", difference)
    print(f"{len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
