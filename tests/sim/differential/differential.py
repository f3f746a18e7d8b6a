#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The simulated kernel against the real one: the same random sequences of operations to both, and the same must come back.

    differential.py BIN [--sequences N] [--seed N] [--jobs N]

BIN is the folder of differential-kernel and differential-sim. The first sequence that differs is shown in words, and how to
see it again. The real kernel delivers over loopback at once, or nearly: a sequence that differs is run there once more with
time to settle, and only what still differs is a difference.
"""
import argparse
import itertools
import os
import subprocess
import sys

SETTLE_US = 3000
SHOWN_MAX = 3


def command(args, program, first, count, *more):
    return [os.path.join(args.bin, program), "--seed", str(args.seed), "--first", str(first), "--sequences", str(count),
            *more]


def told(args, program, sequence, *more):
    done = subprocess.run(command(args, program, sequence, 1, "--told", *more), stdout=subprocess.PIPE, text=True,
                          check=False)
    return done.stdout.splitlines() if done.returncode == 0 else [f"{program} has ended with {done.returncode}"]


def differs_after_all(args, sequence):
    """The words of both where they differ with time to settle, too; None: they do not."""
    sim = told(args, "differential-sim", sequence)
    for _ in range(3):
        real = told(args, "differential-kernel", sequence, "--settle", str(SETTLE_US))
        if real == sim:
            return None
    return real, sim


def show(args, sequence, real, sim):
    print(f"sequence {sequence} of seed {args.seed} differs:")
    for ours, theirs in itertools.zip_longest(real[1:], sim[1:], fillvalue=""):
        if ours == theirs:
            print(f"      {ours}")
            continue
        print(f"kernel{ours}\nsim   {theirs}")
        break
    print("  " + " ".join(command(args, "differential-kernel", sequence, 1, "--told")))
    print("  " + " ".join(command(args, "differential-sim", sequence, 1, "--told")), flush=True)


def stop(*programs):
    for program in programs:
        program.stdout.close()  # who writes on has nobody to write to
        program.wait()


def compare(args, first, count):
    """Two programs side by side. Returns sequences that differ, and how many only needed time."""
    real = subprocess.Popen(command(args, "differential-kernel", first, count), stdout=subprocess.PIPE, text=True)
    sim = subprocess.Popen(command(args, "differential-sim", first, count), stdout=subprocess.PIPE, text=True)
    differing, slow = [], 0
    for ours, theirs in itertools.zip_longest(real.stdout, sim.stdout):
        if ours is None or theirs is None:
            stop(real, sim)
            break
        if ours == theirs:
            continue
        sequence = int(ours.split()[0])
        words = differs_after_all(args, sequence)
        slow += words is None
        if words:
            differing.append(sequence)
            if len(differing) <= args.shown:
                show(args, sequence, *words)
        if len(differing) >= args.differences:
            stop(real, sim)
            return differing, slow
    if real.wait() == 77:
        print("skipped: the kernel refuses io_uring to this user or container")
        sys.exit(77)
    if real.returncode or sim.wait():
        print(f"differential-kernel has ended with {real.returncode}, differential-sim with {sim.wait()}")
        sys.exit(1)
    return differing, slow


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--sequences", type=int, default=100000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shown", type=int, default=SHOWN_MAX, help="how many are shown in words")
    parser.add_argument("--differences", type=int, default=SHOWN_MAX, help="how many are enough")
    args = parser.parse_args()
    differing, slow = compare(args, args.first, args.sequences)
    if differing:
        print(f"{len(differing)} sequences differ: {' '.join(map(str, differing[:40]))}")
        return 1
    print(f"{args.sequences} sequences of seed {args.seed}: the same from both; {slow} needed time to settle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
