#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a simulation itself promises: the same run from the same seed, no real kernel, and a report that leads back.

    test_sim.py BIN_FOLDER [OTHER_BUILD_BIN_FOLDER]
"""
import os
import re
import subprocess
import sys
import tempfile

BIN = sys.argv[1]
ECHO = os.path.join(BIN, "sim-echo")
BROKEN = os.path.join(BIN, "sim-broken")


def run(*command, status=0, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == status, (command, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def hash_of(text):
    return re.search(r"^hash ([0-9a-f]{16})$", text, re.M).group(1)


def test_same_seed_same_run():
    """Whatever the addresses, the number of runs at once, and the options that print."""
    first = hash_of(run(ECHO, "--seeds", "60", "--quiet"))
    assert hash_of(run(ECHO, "--seeds", "60", "--quiet", "--jobs", "1")) == first
    assert hash_of(run("setarch", "-R", ECHO, "--seeds", "60", "--quiet")) == first
    assert hash_of(run(ECHO, "--seeds", "60", "--first", "2", "--quiet")) != first
    one = run(ECHO, "--seed", "7", "--quiet")
    assert hash_of(run(ECHO, "--seed", "7", "--trace")) == hash_of(one)


def test_same_run_by_another_compiler():
    """What another compiler has made of the same sources runs the same, where there is such a build."""
    folder = sys.argv[2] if len(sys.argv) > 2 else ""
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if name.startswith("sim-") and name != "sim-broken":
            one, other = (run(os.path.join(where, name), "--seeds", "40", "--quiet") for where in (BIN, folder))
            assert hash_of(one) == hash_of(other), name


# What a run asks of the real kernel: memory, and what the program and the C library do once at their start.
MEMORY = {"mmap", "munmap", "mprotect", "madvise", "brk"}
AT_THE_START = {"set_robust_list", "prlimit64", "alarm", "rt_sigaction", "futex", "getrandom", "openat", "rseq",
                "gettid", "getpid", "prctl"}
AT_THE_END = {"exit_group", "+++"}


def test_no_real_kernel():
    """strace sees no system call of a driver but memory; from the first driver's start on there is nothing else at all."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        run("strace", "-f", "-o", log, ECHO, "--seed", "2", "--again", "0", "--quiet")
        lines = open(log).read().splitlines()
    main = lines[0].split()[0]
    calls = [re.sub(r"^\d+\s+", "", line).split("(")[0].split()[0] for line in lines
             if line.split()[0] != main and "<... " not in line]
    assert len(calls) > 50, calls
    strangers = set(calls) - MEMORY - AT_THE_START - AT_THE_END
    assert not strangers, strangers
    # Each of those at the start comes once or twice, not once a turn.
    assert sum(call in AT_THE_START for call in calls) < 15, calls


def test_report():
    """A failure names seed, invariant, virtual time, the last 50 events and the command that replays it."""
    text = run(BROKEN, "--seeds", "20", "--quiet", status=1)
    seed = re.search(r"^broken: seed (\d+) failed after [\d.]+ s of virtual time, \d+ events:\n  the sum is (\d+)$", text, re.M)
    assert seed, text
    part = text[seed.start():]
    events = part[part.index("the last events:"):].split("again, with every event: ")[0].splitlines()[1:]
    assert 1 <= len([line for line in events if " us " in line]) <= 50
    command = re.search(r"again, with every event: (.*)", part).group(1).split()
    again = run(*command, status=1)
    assert f"the sum is {seed.group(2)}" in again
    assert hash_of(again)


def test_counts():
    """What scripts have counted is added up over the seeds, and said in the last line but the hash."""
    def count(*arguments):
        text = run(BROKEN, "--quiet", *arguments)
        return int(re.search(r"^broken: .* virtual hours, sum (\d+)\nhash", text, re.M).group(1))
    without = ["--without", "stream-reset"]
    one, other = (count("--seed", seed, *without) for seed in "12")
    assert one > 0 and count("--seeds", "2", *without) == one + other


def test_shrink():
    """Only the fault that matters is left."""
    text = run(BROKEN, "--seeds", "20", "--quiet", status=1)
    for seed in re.findall(r"^broken: seed (\d+) failed", text, re.M)[:3]:
        shrunk = run(BROKEN, "--seed", seed, "--shrink", status=1)
        struck = re.search(r"^faults that struck:(.*)$", shrunk, re.M).group(1).split()
        assert struck[0::2] == ["stream-reset"], struck


def test_command_line():
    """What is wrong with it is said."""
    for arguments, words in [(["--seeds", "x"], "must be a number"), (["--without", "rain"], "no kind of fault 'rain'"),
                             (["more"], "'more' is no option"), (["--file", "/none"], "cannot be read")]:
        done = subprocess.run([ECHO, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and words in done.stderr, (arguments, done.stderr)
    assert "stream-reset" in run(ECHO, "--help")


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    for test in tests:
        test()
        print("ok", test.__name__)
    print(f"{len(tests)} passed")


main()
