#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long campaign over all worlds, and a report of it: seeds, events, kinds of faults, and which lines it has run.

    tests/sim/campaign.py HOURS [--first SEED] [--coverage-seeds N]      by way of ./dev sim --campaign

Writes build/campaign/report.md. Exits 1 when a seed failed, when a kind of fault was never seen in any world, or when less
than 90 % of the lines of actors/, net/ or drivers/ (above the door to the kernel) were run by simulation alone.
"""
import argparse
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "build/campaign")
ROOMS = {"actors": 90, "net": 90, "drivers": 90, "samples": 0}
# The simulated machine stands in the place of these.
DOOR = re.compile(r"^drivers/kernel_\w*linux\.c$")
BATCH = 500


def worlds():
    text = open(os.path.join(ROOT, "tests/sim/CMakeLists.txt"), encoding="utf-8").read()
    return re.findall(r"^gi_sim_world\(\s*(\w+)", text, re.M)


def build(name, *options):
    folder = os.path.join(ROOT, "build", name)
    for command in (["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", *options], ["cmake", "--build", folder, "--target", "simulations"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"campaign: {' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return folder


class World:
    def __init__(self, name):
        self.name = name
        self.seeds = self.events = self.failed = 0
        self.hours = 0.0
        self.faults = {}
        self.counts = {}
        self.failures = []

    def run(self, program, first, count):
        done = subprocess.run([program, "--first", str(first), "--seeds", str(count), "--quiet"], capture_output=True, text=True,
                              check=False, errors="replace")
        total = re.search(r"^\w+: (\d+) seeds, (\d+) failed, (\d+) events, .* ([\d.]+) virtual hours((?:, [\w-]+ \d+)*)$", done.stdout, re.M)
        if not total:
            sys.exit(f"campaign: {program} said nothing of its end:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        self.seeds += int(total.group(1))
        self.failed += int(total.group(2))
        self.events += int(total.group(3))
        self.hours += float(total.group(4))
        for word, count in re.findall(r", ([\w-]+) (\d+)", total.group(5)):
            self.counts[word] = self.counts.get(word, 0) + int(count)
        for word, seeds, strikes in re.findall(r"^  ([a-z-]+) +(\d+) +(\d+)", done.stdout, re.M):
            before = self.faults.get(word, (0, 0))
            self.faults[word] = (before[0] + int(seeds), before[1] + int(strikes))
        self.failures += re.findall(r"^(\w+: seed \d+ failed .*\n  .*)$", done.stdout, re.M)


def lines_of(folder):
    """{file: {line: was it run}} of what gcov knows in a folder of a build."""
    seen = {}
    for data in glob.glob(os.path.join(folder, "**/*.gcno"), recursive=True):
        done = subprocess.run(["gcov", "--json-format", "--stdout", data], capture_output=True, check=False, cwd=OUT)
        text = done.stdout
        if text[:2] == b"\x1f\x8b":
            text = gzip.decompress(text)
        for part in text.splitlines():
            for file in json.loads(part).get("files", []):
                path = os.path.relpath(os.path.join(ROOT, file["file"]), ROOT)
                lines = seen.setdefault(path, {})
                for line in file["lines"]:
                    number = line["line_number"]
                    lines[number] = lines.get(number, False) or line["count"] > 0
    return seen


def coverage(seeds, names):
    """(percent by room, the files with most lines that were not run)."""
    folder = build("coverage", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=--coverage -DGATIO_COVERAGE", "-DGATIO_BENCH=OFF")
    for data in glob.glob(os.path.join(folder, "**/*.gcda"), recursive=True):
        os.remove(data)
    for name in names:
        subprocess.run([os.path.join(folder, "bin", "sim-" + name), "--seeds", str(seeds), "--again", "0", "--quiet"],
                       capture_output=True, check=False)
    rooms, missing = {room: [0, 0] for room in ROOMS}, []
    for path, lines in lines_of(folder).items():
        room = path.split("/")[0]
        if room not in ROOMS or DOOR.match(path) or not path.endswith(".c"):
            continue
        rooms[room][0] += sum(lines.values())
        rooms[room][1] += len(lines)
        left = sorted(number for number, was_run in lines.items() if not was_run)
        missing.append((len(left), path, left))
    return {room: 100.0 * run / max(1, all_) for room, (run, all_) in rooms.items()}, sorted(missing, reverse=True)


def write_report(all_worlds, percents, missing, seconds):
    words = sorted({word for world in all_worlds for word in world.faults})
    out = ["# Campaign", "", f"{sum(w.seeds for w in all_worlds):,} seeds, {sum(w.events for w in all_worlds):,} events, "
           f"{sum(w.hours for w in all_worlds):,.0f} virtual hours, {sum(w.failed for w in all_worlds)} failed; {seconds / 3600:.2f} h.", "",
           "| world | seeds | events | failed | virtual hours | counted |", "| --- | --- | --- | --- | --- | --- |"]
    out += [f"| {w.name} | {w.seeds:,} | {w.events:,} | {w.failed} | {w.hours:,.1f} | "
            + ", ".join(f"{word} {count:,}" for word, count in w.counts.items()) + " |" for w in all_worlds]
    out += ["", "Seeds in which a kind of fault struck, and strikes, by world:", "",
            "| fault | " + " | ".join(w.name for w in all_worlds) + " |", "| --- |" + " --- |" * len(all_worlds)]
    out += [f"| {word} | " + " | ".join("{:,} {:,}".format(*w.faults.get(word, (0, 0))) for w in all_worlds) + " |" for word in words]
    out += ["", "Lines run by simulation alone (drivers/ without the door to the kernel, whose place it takes):", "",
            "| room | lines | bound |", "| --- | --- | --- |"]
    out += [f"| {room}/ | {percents[room]:.1f} % | {f'{bound} %' if bound else ''} |" for room, bound in ROOMS.items()]
    out += ["", "Files with most lines that were not run:", ""]
    out += [f"- {path}: {count} ({', '.join(map(str, left[:12]))}{', ...' if count > 12 else ''})" for count, path, left in missing[:40] if count]
    failures = [failure for w in all_worlds for failure in w.failures]
    out += ["", "Failures:", ""] + ["    " + failure.replace("\n", "\n    ") for failure in failures or ["none"]]
    path = os.path.join(OUT, "report.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")
    return path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hours", type=float)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--coverage-seeds", type=int, default=300)
    options = parser.parse_args()
    os.makedirs(OUT, exist_ok=True)
    started = time.monotonic()
    program = os.path.join(build("release", "-DCMAKE_BUILD_TYPE=Release"), "bin", "sim-")
    all_worlds = [World(name) for name in worlds()]
    first = options.first
    while True:
        for world in all_worlds:
            world.run(program + world.name, first, BATCH)
        first += BATCH
        spent = time.monotonic() - started
        print(f"campaign: {spent / 60:.0f} min, seeds up to {first - 1} of each world, {sum(w.failed for w in all_worlds)} failed", flush=True)
        if spent >= options.hours * 3600:
            break
    percents, missing = coverage(options.coverage_seeds, [world.name for world in all_worlds])
    print("campaign: see", os.path.relpath(write_report(all_worlds, percents, missing, time.monotonic() - started), os.getcwd()))
    faults = [sum(w.faults[word][1] for w in all_worlds if word in w.faults) for word in {word for w in all_worlds for word in w.faults}]
    wrong = [f"{room}/ has {percents[room]:.1f} % of its lines run, below {bound} %" for room, bound in ROOMS.items() if percents[room] < bound]
    wrong += [f"{w.name}: {w.failed} seeds failed" for w in all_worlds if w.failed]
    wrong += ["a kind of fault was never seen"] if 0 in faults else []
    for line in wrong:
        print("campaign:", line)
    sys.exit(1 if wrong else 0)


main()
