#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts how costs grow with drivers, actors and connections; counts are exact, so they have bounds.

    bench/growth/count.py BUILD-FOLDER [--quick] [--json FILE] [--rows WORD]

Instructions are those of the process in user space, counted by callgrind; system calls are counted by strace. A
workload runs twice, the second time with twice as many messages: the difference, divided by their number, is the cost
of one, without start and stop. Of a server only the requests are counted, when all connections are open. Exit status: 0
all bounds hold, 1 some do not, 2 something is missing.
"""
import argparse
import concurrent.futures
import functools
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from client import Client

# More drivers than this machine has cores: they share them. Nothing is pinned to a machine that is only described.
MACHINE = "numa:4 l3:2 core:16 pu:1"
PIPELINE = 64
SPREAD_MAX = 5.0  # percent between the smallest and the largest count
LIFE_MAX = 4.2  # messages of `local` for an actor's whole life; 4.0 in a release, 3.8 in a debug build
DEADLINE_SECONDS = 240
SETTLE_SECONDS = 0.3
DESCRIPTORS_ASIDE = 300
RUNS_OF_MEMORY = 3
RUNS_OF_AROUND = 3
PAIRS = 48  # all that eight drivers have beyond each with its next
MIB = 1 << 20


class Failure(Exception):
    pass


class Sizes:
    """How much is run: all of it, or the smaller edition for the tests."""

    def __init__(self, is_quick, descriptor_limit):
        self.drivers = [2, 32] if is_quick else [2, 32, 128]
        self.actors = [1000, 100000] if is_quick else [1000, 1000000]
        self.idle = [100, 2000] if is_quick else [100, 10000]
        self.idle[1] = min(self.idle[1], descriptor_limit - DESCRIPTORS_ASIDE)
        self.crowds = max(1, descriptor_limit // (self.idle[1] + DESCRIPTORS_ASIDE))  # whose ends this process can hold
        self.around = [16, 32] if is_quick else [16, 32, 128]  # from 16 on, four receivers and four other senders
        self.messages = 100000 if is_quick else 400000
        self.batches = 1000 if is_quick else 3000
        self.mesh_drivers = [8, 32] if is_quick else [8, 32, 128]


# ---- Instruments ---------------------------------------------------------------------------------------------------

class Callgrind:
    """Counts the instructions of a server between two moments."""

    def __init__(self, bench, folder):
        self.path, self.pid = os.path.join(folder, "out"), None
        self.environment = dict(os.environ, LD_PRELOAD=bench.wait)
        self.words = ["valgrind", "--tool=callgrind", "--fair-sched=yes", f"--callgrind-out-file={self.path}"]

    def control(self, what):
        subprocess.run(["callgrind_control", what, str(self.pid)], capture_output=True, text=True, check=True,
                       timeout=DEADLINE_SECONDS)

    def begin(self, process):
        self.pid = process.pid
        self.control("--zero")

    @staticmethod
    def pause(pid):
        """Until every thread sleeps: a request that comes while the turn before it ends would share that turn."""
        asleep = 0
        while asleep < 2:
            time.sleep(0.0005)
            asleep = asleep + 1 if all(state_of(pid, thread) == "S" for thread in os.listdir(f"/proc/{pid}/task")) else 0

    def end(self):
        self.control("--dump")
        with open(self.path + ".1", encoding="utf-8") as file:
            return read_number(r"^summary: (\d+)", file.read())


class Strace:
    """Counts the system calls of a server between two moments, by the times in the log."""

    def __init__(self, _bench, folder):
        self.path, self.first, self.last = os.path.join(folder, "log"), None, None
        self.environment = dict(os.environ)
        self.words = ["strace", "-f", "-ttt", "-o", self.path]

    def begin(self, _process):
        self.first = time.time()

    @staticmethod
    def pause(_pid):
        """A system call costs the server so much time here that it is asleep before the next request."""

    def end(self):
        self.last = time.time()

    def read(self):
        count = 0
        with open(self.path, encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.split(None, 2)
                is_call = len(words) == 3 and not words[2].startswith(("<...", "+++", "---"))
                count += is_call and self.first <= float(words[1]) < self.last
        return count


class Bench:
    """The programs of one build, run under an instrument."""

    def __init__(self, build, sizes):
        self.growth = os.path.join(build, "bin", "gatio-growth")
        self.kv = os.path.join(build, "bin", "gatio-kv")
        self.wait = os.path.join(build, "lib", "libgatio-growth-wait.so")
        self.sizes = sizes
        self.crowds = threading.BoundedSemaphore(sizes.crowds)
        for path in (self.growth, self.kv, self.wait):
            if not os.path.exists(path):
                raise Failure(f"{path} is not there; build it first")
        for tool in ("valgrind", "strace"):
            if not shutil.which(tool):
                raise Failure(f"{tool} is not installed; ./dev bench --growth installs it")

    def run(self, words, environment, workload, sizes):
        """A workload to its end. sizes: drivers, count, messages."""
        command = words + [self.growth, workload, *map(str, sizes)]
        done = subprocess.run(command, env=dict(environment, HWLOC_SYNTHETIC=MACHINE), capture_output=True, text=True,
                              timeout=DEADLINE_SECONDS, check=False)
        if done.returncode != 0:
            raise Failure(f"{workload} {sizes} ended with {done.returncode}: {done.stderr[-500:]}")
        return done

    def instructions(self, workload, sizes):
        words = ["valgrind", "--tool=callgrind", "--fair-sched=yes", "--callgrind-out-file=/dev/null"]
        done = self.run(words, dict(os.environ, LD_PRELOAD=self.wait), workload, sizes)
        return read_number(r"Collected : (\d+)", done.stderr)

    def server(self, protocol):
        if protocol == "echo":
            return [self.growth, "echo", "1", "0", "0"]
        return [self.kv, "--listen", "127.0.0.1:0", "--drivers", "1", "--no-spin", "--maxclients", "60000"]

    def serve(self, kind, load):
        """What a server does for so many batches while other connections are idle."""
        with tempfile.TemporaryDirectory() as folder:
            instrument = kind(self, folder)
            command = instrument.words + self.server(load.protocol)
            with open(os.path.join(folder, "errors"), "w", encoding="utf-8") as errors, \
                 subprocess.Popen(command, env=instrument.environment, stdout=subprocess.PIPE, stderr=errors,
                                  text=True) as process:
                try:
                    count = self.count_load(instrument, process, load)
                finally:
                    terminate(process)
            return count if kind is Callgrind else instrument.read()

    def count_load(self, instrument, process, load):
        with self.crowds, Client(port_of(process), load.protocol, load.pipeline) as client:
            client.open(load.idle)
            client.run(load.batches // 10)
            time.sleep(SETTLE_SECONDS)
            instrument.begin(process)
            client.run(load.batches, lambda: instrument.pause(process.pid))
            time.sleep(SETTLE_SECONDS)
            return instrument.end()


def read_number(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise Failure(f"no count in: {text[-500:]}")
    return int(match.group(1))


def state_of(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


def port_of(process):
    for line in process.stdout:
        match = re.match(r"ready .*?:(\d+)\b", line)
        if match:
            return int(match.group(1))
    raise Failure("the server ended before it was ready")


def terminate(process):
    """strace keeps a SIGTERM for itself; its child, if it has one, is the server."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        children = file.read().split()
    os.kill(int(children[0]) if children else process.pid, signal.SIGTERM)
    process.wait(timeout=DEADLINE_SECONDS)


# ---- What is counted -----------------------------------------------------------------------------------------------

class Row:
    """One line of the table: the same cost at several sizes, and whether its bound holds."""

    def __init__(self, name, unit, labels, jobs, bound):
        self.name, self.unit, self.labels, self.jobs, self.bound = name, unit, labels, jobs, bound
        self.counts = []

    def spread(self):
        return (max(self.counts) - min(self.counts)) / min(self.counts) * 100

    def is_held(self):
        return self.bound.holds(self)


class Same:
    """No two counts differ by more than this."""
    text = f"spread <= {SPREAD_MAX:g} %"

    @staticmethod
    def holds(row):
        return row.spread() <= SPREAD_MAX


class SameMemory:
    """What is resident moves in steps of many pages, with the machine's load; growth with drivers squared is 16 times."""
    MAX = 30.0
    text = f"spread <= {MAX:g} %"

    @staticmethod
    def holds(row):
        return row.spread() <= SameMemory.MAX


class NoMore:
    """No count is larger than the first by more than this; where turns are shared by many senders it may fall."""
    text = f"growth <= {SPREAD_MAX:g} %"

    @staticmethod
    def holds(row):
        return max(row.counts) <= row.counts[0] * (1 + SPREAD_MAX / 100)


class Below:
    def __init__(self, limit):
        self.limit, self.text = limit, f"< {limit:g}"

    def holds(self, row):
        return max(row.counts) < self.limit


def per_message(bench, workload, drivers, count):
    """Two runs, the second with twice the messages."""
    messages = bench.sizes.messages
    first = bench.instructions(workload, (drivers, count, messages))
    second = bench.instructions(workload, (drivers, count, 2 * messages))
    return (second - first) / messages


@functools.lru_cache(maxsize=None)
def per_message_once(bench, workload, drivers):
    """For rows that share a count."""
    return per_message(bench, workload, drivers, 2)


def per_message_by_drivers(bench, workload, drivers):
    """Around, the median: how many of the four senders' batches share a turn depends on how the threads take turns."""
    if workload == "around":
        return statistics.median(per_message(bench, workload, drivers, 2) for _ in range(RUNS_OF_AROUND))
    return per_message_once(bench, workload, drivers)


def life_in_messages(bench, drivers):
    """A life's cost by a message's: instructions differ from build to build, this hardly does."""
    return per_message_once(bench, "lives", drivers) / per_message_once(bench, "local", drivers)


def message_rows(bench):
    sizes = bench.sizes
    for workload, bound in (("local", Same), ("lives", Same), ("one-pair", Same), ("all-pairs", Same), ("chain", Same),
                            ("around", NoMore), ("spread", NoMore), ("gather", NoMore)):
        counts = sizes.around if workload == "around" else sizes.drivers
        yield Row(f"{workload}, by drivers", "instructions a message", counts,
                  [lambda w=workload, d=drivers: per_message_by_drivers(bench, w, d) for drivers in counts], bound)
    for workload in ("local", "everyone", "lives"):
        yield Row(f"{workload}, by actors", "instructions a message", sizes.actors,
                  [lambda w=workload, a=actors: per_message(bench, w, 2, a) for actors in sizes.actors], Same)
    yield Row("lives, in messages of local", "messages a life", sizes.drivers,
              [lambda d=drivers: life_in_messages(bench, d) for drivers in sizes.drivers], Below(LIFE_MAX))


class Load:
    def __init__(self, protocol, idle, pipeline, batches):
        self.protocol, self.idle, self.pipeline, self.batches = protocol, idle, pipeline, batches


def per_request(bench, kind, load):
    return bench.serve(kind, load) / (load.batches * load.pipeline)


def request_rows(bench):
    idle_counts, batches = bench.sizes.idle, bench.sizes.batches
    for unit, kind in (("instructions a request", Callgrind), ("system calls a request", Strace)):
        for protocol in ("echo", "get", "set"):
            loads = [Load(protocol, idle, 1, batches) for idle in idle_counts]
            yield Row(f"{protocol}, by idle connections", unit, idle_counts,
                      [lambda k=kind, l=load: per_request(bench, k, l) for load in loads], Same)
    for protocol in ("echo", "get", "set"):
        loads = [Load(protocol, idle, PIPELINE, batches // 10) for idle in idle_counts]
        yield Row(f"{protocol}, {PIPELINE} at once, by idle", "system calls a request", idle_counts,
                  [lambda l=load: per_request(bench, Strace, l) for load in loads], Below(0.1))


def bytes_per_pair(bench, drivers, pairs):
    """What a pair of drivers that talks adds; the median, because a page here or there is the C library's."""
    sizes = []
    for _ in range(RUNS_OF_MEMORY):
        before, after = map(int, bench.run([], os.environ, "mesh", (drivers, pairs, 0)).stdout.split())
        sizes.append((after - before) / pairs)
    return statistics.median(sizes)


def idle_mib(bench, drivers):
    return int(bench.run([], os.environ, "idle", (drivers, 0, 0)).stdout) / MIB


def memory_rows(bench):
    drivers = bench.sizes.mesh_drivers
    yield Row(f"memory, {PAIRS} pairs, by drivers", "bytes a pair that talks", drivers,
              [lambda d=count: bytes_per_pair(bench, d, PAIRS) for count in drivers], SameMemory)
    pairs = [PAIRS, 2 * PAIRS, 16 * PAIRS]
    yield Row(f"memory, {drivers[-1]} drivers, by pairs", "bytes a pair that talks", pairs,
              [lambda p=count: bytes_per_pair(bench, drivers[-1], p) for count in pairs], SameMemory)
    yield Row("memory, idle drivers", "MiB resident", drivers,
              [lambda d=count: idle_mib(bench, d) for count in drivers], Below(64))


def rows_of(bench):
    yield from message_rows(bench)
    yield from request_rows(bench)
    yield from memory_rows(bench)


# ---- The table -----------------------------------------------------------------------------------------------------

def take(row, pool):
    return [pool.submit(job) for job in row.jobs]


def show(row):
    counts = "  ".join(f"{label}: {count:,.4g}" if count < 100 else f"{label}: {count:,.1f}"
                       for label, count in zip(row.labels, row.counts))
    held = "held" if row.is_held() else "NOT HELD"
    print(f"{row.name:36} {row.unit:24} {counts:46} {row.spread():6.2f} %  {row.bound.text:16} {held}", flush=True)


def as_json(rows):
    return [{"name": row.name, "unit": row.unit, "counts": dict(zip(map(str, row.labels), row.counts)),
             "spread_percent": row.spread(), "bound": row.bound.text, "held": row.is_held()} for row in rows]


def count_all(rows):
    """Two at a time, which counts do not mind; shown in order."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [take(row, pool) for row in rows]
        try:
            for row, pending in zip(rows, futures):
                row.counts = [future.result() for future in pending]
                show(row)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def main():
    parser = argparse.ArgumentParser(prog="./dev bench --growth", description=__doc__.splitlines()[0])
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="fewer drivers, actors and connections: about a minute")
    parser.add_argument("--json", metavar="FILE", help="write the rows as a list")
    parser.add_argument("--rows", metavar="WORD", help="only rows whose name begins with this")
    options = parser.parse_args()
    descriptor_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor_limit, descriptor_limit))
    sizes = Sizes(options.quick, descriptor_limit)
    if not options.quick and sizes.idle[1] < 10000:
        print(f"only {sizes.idle[1]} idle connections: ulimit -n is {descriptor_limit}")
    try:
        rows = [row for row in rows_of(Bench(options.build, sizes)) if row.name.startswith(options.rows or "")]
        count_all(rows)
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f"growth: {failure}", file=sys.stderr)
        return 2
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(as_json(rows), file, indent=1)
    return 0 if all(row.is_held() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
