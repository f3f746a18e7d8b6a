#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break gatio on purpose, one way at a time, and see that a simulated world finds it.

A mutant is a patch here, NAME.patch. Its first lines say which world is to find it, within how many seeds, which was the
first that did, and what is broken:

    # world: actors
    # seeds: 400
    # seed: 37
    # what: a doorbell that the kernel refused is not rung again

All is done in build/mutants/: a copy of the sources, and a build of it without link-time optimisation.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SCRATCH = ROOT / "build/mutants"
TREE = SCRATCH / "tree"
BUILD = SCRATCH / "build"
JOBS = os.cpu_count() or 1
SECONDS_MAX = 300


class Mutant:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        text = path.read_text()
        head = dict(re.findall(r"^# (\w+): (.*)$", text, re.M))
        try:
            self.world = head["world"]
            self.seeds = int(head["seeds"])
            self.seed = int(head["seed"])
            self.what = head["what"]
        except (KeyError, ValueError):
            sys.exit(f"{path}: it begins with the lines # world: # seeds: # seed: # what:")
        self.files = re.findall(r"^\+\+\+ b/(\S+)", text, re.M)

    def record(self, seed):
        """The campaign is four times as long as what it took: the worlds and the machine may change."""
        seeds = min(2000, max(200, -(-seed * 4 // 50) * 50))
        text = self.path.read_text()
        text = re.sub(r"^# seed: .*$", f"# seed: {seed}", text, count=1, flags=re.M)
        text = re.sub(r"^# seeds: .*$", f"# seeds: {seeds}", text, count=1, flags=re.M)
        self.path.write_text(text)


def copy_if_changed(source, target):
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    shutil.copymode(source, target)


def copy_tree():
    """The sources as they are, committed or not. What has not changed keeps its time, so little is built anew."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        copy_if_changed(ROOT / name, TREE / name)
    for path in TREE.rglob("*"):
        if path.is_file() and str(path.relative_to(TREE)) not in names:
            path.unlink()


def run_quietly(command, log, **more):
    with open(log, "w") as out:
        return subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **more).returncode == 0


def configure():
    launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    command = ["cmake", *generator, "-S", TREE, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release", "-DGATIO_LTO=OFF",
               "-DGATIO_WERROR=OFF", *launcher]
    if not run_quietly(command, SCRATCH / "configure.log"):
        sys.exit((SCRATCH / "configure.log").read_text())


def build(world):
    command = ["cmake", "--build", BUILD, "--parallel", str(JOBS), "--target", f"sim-{world}"]
    return run_quietly(command, SCRATCH / "build.log")


def apply(mutant):
    """git apply in a folder that it takes for one without a repository."""
    nowhere = dict(os.environ, GIT_CEILING_DIRECTORIES=str(SCRATCH))
    return run_quietly(["git", "apply", "--unsafe-paths", "-p1", mutant.path], SCRATCH / "apply.log", cwd=TREE,
                       env=nowhere)


def restore(mutant):
    for name in mutant.files:
        copy_if_changed(ROOT / name, TREE / name)


def kill(run):
    """With the runs that it has begun, which are of its session."""
    try:
        os.killpg(run.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def first_failure(world, arguments):
    """The seed that is the first to fail, or None. The rest of the campaign is not waited for."""
    command = [BUILD / f"bin/sim-{world}", "--quiet", "--again", "0", "--jobs", str(JOBS), *arguments]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                           start_new_session=True)
    end = threading.Timer(SECONDS_MAX, kill, [run])
    end.start()
    found = None
    try:
        for line in run.stdout:
            failed = re.match(r"\w+: seed (\d+) failed", line)
            if failed:
                found = int(failed[1])
                break
    finally:
        end.cancel()
        kill(run)
        run.wait()
    return found


def hunt(mutant, seeds):
    # In small steps first: a mutant that all seeds find shall not be looked for with hundreds.
    begin = 1
    while begin <= seeds:
        count = min(max(20, begin - 1), seeds - begin + 1)
        found = first_failure(mutant.world, ["--first", str(begin), "--seeds", str(count)])
        if found is not None:
            return found
        begin += count
    return None


def examine(mutant, options):
    """What is to be said of it, and whether it was found."""
    if not apply(mutant):
        return False, "does not apply any more:\n" + (SCRATCH / "apply.log").read_text()
    if not build(mutant.world):
        return False, "cannot be built:\n" + (SCRATCH / "build.log").read_text()[-3000:]
    if options.quick and first_failure(mutant.world, ["--seed", str(mutant.seed)]) is not None:
        return True, f"found by seed {mutant.seed}"
    found = hunt(mutant, options.seeds or mutant.seeds)
    if found is None:
        return False, f"not found by {options.seeds or mutant.seeds} seeds of sim-{mutant.world}"
    if options.record:
        mutant.record(found)
    stale = f"; the recorded one, {mutant.seed}, finds it no more" if options.quick else ""
    return True, f"found by seed {found}{stale}"


def choose(names):
    mutants = [Mutant(path) for path in sorted(HERE.glob("*.patch"))]
    unknown = set(names) - {mutant.name for mutant in mutants}
    if unknown:
        sys.exit(f"no mutant {', '.join(sorted(unknown))}; --list names them")
    return [mutant for mutant in mutants if not names or mutant.name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these mutants [all]")
    parser.add_argument("--quick", action="store_true", help="the recorded seed first, the campaign only if that finds nothing")
    parser.add_argument("--seeds", type=int, help="so many seeds at most [as each mutant says]")
    parser.add_argument("--record", action="store_true", help="write the seed that finds it into the mutant")
    parser.add_argument("--list", action="store_true", help="name them all, and what they break")
    options = parser.parse_args()
    mutants = choose(options.names)
    if options.list:
        for mutant in mutants:
            print(f"{mutant.name:28} {mutant.world:8} {mutant.what}")
        return 0
    SCRATCH.mkdir(parents=True, exist_ok=True)
    copy_tree()
    configure()
    for world in sorted({mutant.world for mutant in mutants}):
        if not build(world):
            sys.exit((SCRATCH / "build.log").read_text())
    missed = 0
    for mutant in mutants:
        start = time.monotonic()
        try:
            is_found, text = examine(mutant, options)
        finally:
            restore(mutant)
        missed += not is_found
        print(f"{'ok  ' if is_found else 'FAIL'} {mutant.name:28} {text} ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{len(mutants)} mutants, {missed} not found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
