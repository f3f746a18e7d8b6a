# SPDX-License-Identifier: Apache-2.0
"""What the objects of the rooms say of themselves: who calls whom, who asks the kernel, what nobody uses.

For tools/check.py --objects. An object is a file of a room, seen through `readelf` (nm would show what link-time
optimisation keeps beside the machine code, and that leaves out what the compiler knows: memcpy, fprintf).
"""
import os
import re
import subprocess


class Object:
    def __init__(self, room, name):
        self.room = room
        self.name = name  # "ring.c"
        self.defines = set()
        self.uses = set()


HEADING = re.compile(r"^File: .*lib(?:gi_)?(\w+)\.a\(([\w.]+?)(?:\.o)?\)$")


def parse(listing):
    """The objects of `readelf --wide --syms` on archives libgi_<room>.a."""
    objects = []
    for line in listing.splitlines():
        heading = HEADING.match(line)
        if heading:
            objects.append(Object(heading.group(1), heading.group(2)))
            continue
        words = line.split()
        if len(words) < 8 or not objects or words[4] not in ("GLOBAL", "WEAK"):
            continue
        if words[6] == "UND":
            objects[-1].uses.add(words[7])
        elif words[4] == "GLOBAL":
            objects[-1].defines.add(words[7])
    return objects


def read(archives):
    command = ["readelf", "--wide", "--syms"] + archives
    environment = {**os.environ, "LC_ALL": "C"}
    return parse(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


# ---- Circles -------------------------------------------------------------------------------------------------------

# Rooms whose files call each other one way only, and have no visible name without a user: all that have files to compile.
ROOMS_WITHOUT_CIRCLES = ["topology", "mailbox", "drivers", "actors", "net"]


def edges_of(objects):
    """{file: {file it calls: a name that it uses of it}} inside one room."""
    owner = {name: item.name for item in objects for name in item.defines}
    return {item.name: {owner[name]: name for name in sorted(item.uses) if owner.get(name, item.name) != item.name}
            for item in objects}


def reachable(edges, start):
    seen, waiting = set(), list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(edges[name])
    return seen


def circles(objects):
    """Sets of files of one room that reach each other, each once, with the calls among them."""
    edges = edges_of(objects)
    reach = {name: reachable(edges, name) for name in edges}
    found = []
    for name in sorted(edges):
        circle = {other for other in reach[name] if name in reach[other]}
        if circle and circle not in [known for known, _ in found]:
            calls = [f"{a} calls {symbol}() of {b}" for a in sorted(circle) for b, symbol in sorted(edges[a].items())
                     if b in circle]
            found.append((circle, calls))
    return found


def check_circles(objects, rooms=None):
    for room in rooms or ROOMS_WITHOUT_CIRCLES:
        for circle, calls in circles([item for item in objects if item.room == room]):
            yield room, 0, (f"{', '.join(sorted(circle))} are a circle ({'; '.join(calls)}); "
                            "let one of them return a fact, or move what both need below them")


# ---- The order that a README draws -----------------------------------------------------------------------------------

CALLS_ORDERED = "in the order of the calls"  # heads a table of files, each of which calls those of rows before
CHAIN = re.compile(r"\w+(?:, \w+)*(?: < \w+(?:, \w+)*)+")  # a, b < c: c calls a and b


def drawn_chains(readme):
    """The orders that a README draws, each a list of sets of file names, from those that are called to those that call."""
    chains = [[{name + ".c" for name in group.split(", ")} for group in chain.split(" < ")]
              for chain in CHAIN.findall(" ".join(readme.split()))]
    if CALLS_ORDERED in readme:
        table = readme[readme.index(CALLS_ORDERED):].split("\n\n")[0].splitlines()[2:]
        chains.append([set(re.findall(r"`(\w+\.c)`", row.split("|")[1])) for row in table])
    return chains


def allowed_by(chains):
    """{file: {file that it may call}}: those to its left in a chain, or beside it, and what these may call."""
    allowed = {}
    for chain in chains:
        for rank, group in enumerate(chain):
            below = set().union(*chain[:rank + 1])
            for name in group:
                allowed.setdefault(name, set()).update(below - {name})
    return {name: reachable(allowed, name) for name in allowed}


def check_order(objects, readmes):
    """readmes: {room: text}. Every call between files of a room goes the way that the room's README draws."""
    for room, readme in readmes.items():
        allowed = allowed_by(drawn_chains(readme))
        for caller, called in edges_of([item for item in objects if item.room == room]).items():
            if caller not in allowed:
                yield f"{room}/{caller}", 0, f"{room}/README.md does not say where it stands in the order of calls"
            for name, symbol in called.items():
                if name not in allowed.get(caller, {name}):
                    yield f"{room}/{caller}", 0, (f"calls {symbol}() of {name}, against the order that {room}/README.md "
                                                  "draws; turn the call round, or draw another order")


# ---- What nobody uses ----------------------------------------------------------------------------------------------

def check_unused(objects, named, rooms=None):
    """A gi_ name that no other object uses, nor a program or test (named: the words of their sources), is dead or static."""
    used = {name for item in objects for name in item.uses}
    for item in objects:
        if item.room not in (ROOMS_WITHOUT_CIRCLES if rooms is None else rooms):
            continue
        for name in sorted(item.defines - used - named):
            if name.startswith("gi_"):
                yield f"{item.room}/{item.name}", 0, f"nobody uses {name} outside of this file; remove it, or make it static"


# ---- Calls that leave the process ----------------------------------------------------------------------------------

# The doors to the kernel: what the library asks of Linux is asked here.
DOORS = ("kernel_linux.c", "kernel_threads_linux.c", "kernel_ready_linux.c")

# What stays in the process: strings, numbers, memory of the start, locks (no driver waits long for one).
STAYS = re.compile(r"(mem|str)\w+|is(alpha|digit|space)|to(lower|upper)|v?snprintf|sscanf|qsort|bsearch|abort|"
                   r"malloc|calloc|realloc|aligned_alloc|free|atexit|"
                   r"pthread_(mutex|once)\w*|pthread_self|pthread_equal|sig(add|del|empty|fill)set|"
                   # An assertion that has failed says so, and the process ends (check.py bans stderr elsewhere).
                   r"fprintf|vfprintf|fwrite|fputs|fputc|stderr|"
                   r"inet_ntop|hwloc_\w+|gi_\w+|gatio_\w+|_GLOBAL_OFFSET_TABLE_|_Unwind_\w+")
# Names that the compiler makes of others, and its own helpers.
CHECKED = re.compile(r"__(?:isoc\d+_)?(\w+?)(?:_chk)?$")
COMPILER = re.compile(r"__(popcount|clz|ctz|udiv|umod|mul|tls|stack_chk|errno_location|ctype|cxa|start_|stop_|"
                      r"libc_current_sigrt|assert)\w*")

# Who else may, and when. A driver's thread is in none of them, nor one that a system has started.
BESIDE_THE_DOOR = {
    # Not where gi_kernel_machine() tells of a machine.
    "limits.c": (r"fopen|fclose|fgets|getdelim|getrlimit|sysconf", "create reads the limits"),
    "topology.c": (r"access|getenv", "create reads the machine"),
    "assumed.c": (r"access|fopen|fclose|fgets|(open|read|close)dir|sysconf", "create asks whether it shows itself"),
    "placement.c": (r"sched_[gs]etaffinity", "create asks what this process may use, and whether it may pin"),
    "backend.c": (r"getenv", "create reads the environment"),
    "draw.c": (r"fflush|ferror", "tools draw into a stream"),
    "watchdog.c": (r"backtrace\w*", "a driver that is stuck tells where it stands, and the watchdog reads its symbols"),
    "context.c": (r"getpid|gettid", "a child process is asked whether it is one"),
}


def plain_name(name):
    """`__snprintf_chk` and `__isoc99_sscanf` as written in the source."""
    name = name.split("@")[0]
    match = CHECKED.match(name)
    return match.group(1) if match and not COMPILER.fullmatch(name) else name


def check_calls(objects):
    """Only the door, and threads beside the drivers, refer to what enters the kernel."""
    if not any(item.name in DOORS for item in objects):
        yield "objects", 0, f"{DOORS[0]} is not among them; are these the rooms' archives?"
    for item in objects:
        allowed, _ = BESIDE_THE_DOOR.get(item.name, ("", ""))
        for used in sorted({plain_name(name) for name in item.uses}):
            if item.name in DOORS or STAYS.fullmatch(used) or COMPILER.fullmatch(used) or re.fullmatch(allowed, used):
                continue
            yield f"{item.room}/{item.name}", 0, (
                f"refers to {used}(), which may enter the kernel; ask through drivers/kernel.h, "
                "or say in tools/objects.py why it does not, or on which other thread")


def check(objects, named, readmes):
    """What all rules find."""
    yield from check_circles(objects)
    yield from check_order(objects, readmes)
    yield from check_unused(objects, named)
    yield from check_calls(objects)
