#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a compiler does not: layers, doors, names, lengths, banned calls, room READMEs (docs/STYLE.md).

    tools/check.py                       every rule on the files that git knows or could know
    tools/check.py --symbols FILE...     names in libgatio.a (gi_ or gatio_), exported by libgatio.so (gatio_)
    tools/check.py --objects FILE...     libgi_<room>.a: who calls whom inside a room, and who asks the kernel

Prints `file:line: what is wrong; what to do` and exits 1 if there is anything. Only the standard library is used.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import objects  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# ---- The house -----------------------------------------------------------------------------------------------------

# A room includes only rooms to its left, and of those only the doors that their README names.
LAYERS = ["base", "topology", "mailbox", "drivers", "actors", "net"]
PROGRAMS = ["samples", "bench", "tests", "tools", "sim"]
README_SECTIONS = ["For", "Doors", "May use", "Invariants", "Threads and memory", "Not here"]
README_SECTIONS_OF_PROGRAMS = ["For", "Not here"]
README_LINES_MAX = 60
README_SAMPLE_LINES_MAX = 20

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
PARAMETERS_MAX = 5
NESTING_MAX = 3

# Headers of libraries, and who may include them: folders end with '/'.
LIBRARY_HEADERS = [
    (r"liburing", ["drivers/", "bench/limits/", "tests/"], "liburing belongs to drivers/"),
    (r"linux/io_uring\.h", ["drivers/", "bench/limits/", "bench/growth/", "tests/"], "io_uring belongs to drivers/"),
    (r"hwloc", ["topology/", "tests/"], "hwloc belongs to topology/"),
    (r"numa\.h|numaif\.h", ["drivers/kernel_linux.c", "tests/"], "libnuma belongs to the door to the kernel"),
    (r"sys/socket\.h|sys/un\.h|netinet/|arpa/|netdb\.h",
     ["net/", "drivers/kernel.h", "drivers/kernel_linux.c", "drivers/kernel_ready_linux.c", "samples/", "bench/", "sim/", "tests/"], "sockets belong to net/"),
    (r"stdatomic\.h", ["base/"], "use base/atomic.h"),
]
LIBC_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "stdarg.h", "limits.h", "errno.h", "string.h", "stdio.h",
                "stdlib.h", "inttypes.h", "sys/types.h", "type_traits"}

BANNED = {
    "strcpy": "copy with a known size", "strcat": "append with a known size", "sprintf": "use snprintf",
    "vsprintf": "use vsnprintf", "gets": "use fgets", "strtok": "use strtok_r or strcspn",
    "alloca": "use the actor's or the driver's memory", "usleep": "wait for an event, or use a timer",
    "localtime": "use localtime_r", "gmtime": "use gmtime_r", "ctime": "use strftime", "asctime": "use strftime",
    "inet_ntoa": "use inet_ntop",
    "gethostbyname": "use getaddrinfo",
}
# A library never prints: it returns, counts and calls the log hook.
BANNED_IN_ROOMS = {name: "return, count, or call the log hook" for name in ("printf", "puts", "putchar", "perror")}
# Nor does it own the process's streams; where the process ends it has nobody else to tell.
STREAMS = re.compile(r"\b(stdout|stderr)\b")
MAY_NAME_STREAMS = ("base/assert.h", "base/misuse.h", "drivers/enter.c")
# Unit suites call turns themselves; threads live in tests/stress/.
BANNED_IN_UNIT_TESTS = {name: "call the turn yourself, or move the test to tests/stress/"
                        for name in ("pthread_create", "thrd_create", "sleep", "nanosleep", "clock_nanosleep")}

SPDX = "SPDX-License-Identifier: Apache-2.0"
# Files that cannot hold a comment, or are not ours to mark.
WITHOUT_SPDX = re.compile(r"(^|/)LICENSE$|\.(json|xml|png|txt|resp|conf)$|/data/")
CMAKE_TEXT = re.compile(r"(^|/)CMakeLists\.txt$")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


class Tree:
    """The files of a checkout, read once."""

    def __init__(self, root):
        self.root = root
        self.files = sorted(self._list())
        self._texts = {}
        self._scrubbed = {}

    def _list(self):
        command = ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, capture_output=True, check=False)
        if listing.returncode == 0:
            names = listing.stdout.decode().split("\0")
        else:
            names = [os.path.relpath(os.path.join(folder, name), self.root)
                     for folder, _, found in os.walk(self.root) for name in found]
            names = [name for name in names if not name.startswith(("build/", ".git/"))]
        return {name for name in names if name and os.path.isfile(os.path.join(self.root, name))}

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def lines(self, path):
        return self.text(path).splitlines()

    def code(self, path):
        """The text with comments and the insides of literals blanked: same lines, same columns."""
        if path not in self._scrubbed:
            self._scrubbed[path] = scrub(self.text(path))
        return self._scrubbed[path]

    def c_files(self):
        return [path for path in self.files if path.endswith((".c", ".h"))]


# ---- Reading C -----------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def scrub(text):
    def blank(match):
        token = match.group(0)
        inside = re.sub(r"[^\n]", " ", token)
        return token[0] + inside[1:-1] + token[-1] if token[0] in "\"'" else inside
    return TOKEN.sub(blank, text)


def without_directives(code):
    """Preprocessor lines (with their continuations) blanked."""
    out, continued = [], False
    for line in code.split("\n"):
        directive = continued or line.lstrip().startswith("#")
        out.append(" " * len(line) if directive else line)
        continued = directive and line.rstrip().endswith("\\")
    return "\n".join(out)


def without_attributes(code):
    """__attribute__((...)) blanked, so that it is not taken for a parameter list."""
    pattern = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), code)


class Function:
    def __init__(self, text, brace_at, line):
        head, body = text[:brace_at].rstrip(), text[brace_at:]
        self.name = re.search(r"(\w+)\s*\(", head).group(1)
        before, parameters = head.split("(", 1)
        self.is_static = re.search(r"\bstatic\b", before) is not None
        self.line = line
        self.line_count = text.count("\n") + 1
        self.nesting = deepest_block(body)
        self.parameter_count = count_parameters(parameters.rsplit(")", 1)[0])


def count_parameters(text):
    if text.strip() in ("", "void"):
        return 0
    depth, count = 0, 1
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        count += letter == "," and depth == 0
    return count


BLOCK_HEAD = re.compile(r"(?:^|[;{}:)]|\belse|\bdo)\s+$|^$")


def deepest_block(body):
    """How deep blocks nest in a function's body. Braces of initialisers are no blocks: they follow '=', ',', '(' or,
    without a space, the ')' of a compound literal."""
    depth = deepest = 0
    kinds = []
    for match in re.finditer(r"[{}]", body):
        if match.group(0) == "}":
            depth -= kinds.pop() if kinds else 0  # unequal branches of #if
            continue
        is_block = BLOCK_HEAD.search(body[max(0, match.start() - 100):match.start()]) is not None
        kinds.append(is_block and False not in kinds)
        depth += kinds[-1]
        deepest = max(deepest, depth)
    return deepest - 1


def functions(code):
    """Function definitions of a scrubbed file: a '{' outside of all brackets whose head ends with ')'."""
    code = without_attributes(without_directives(code))
    braces = parens = 0
    start = head_start = body_start = 0
    is_function = False
    for at, letter in enumerate(code):
        if letter in "()":
            parens += 1 if letter == "(" else -1
        elif letter == "{" and parens == 0:
            text = code[start:at].strip()
            if braces == 0 and text.endswith(")") and "=" not in text.split("(", 1)[0]:
                is_function, body_start = True, at
                head_start = at - len(code[start:at].lstrip())
            braces += 1
        elif letter == "}" and parens == 0:
            braces -= 1
            if braces == 0:
                if is_function:
                    yield Function(code[head_start:at + 1], body_start - head_start, line_of(code, head_start))
                start, is_function = at + 1, False
        elif letter == ";" and parens == 0 and braces == 0:
            start = at + 1


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def room_of(path):
    return path.split("/", 1)[0]


INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def includes(tree, path):
    """(line, quote, name) of each include line."""
    for number, line in enumerate(tree.lines(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


# ---- Reading the house ---------------------------------------------------------------------------------------------

def readme_sections(tree, room):
    """{title: text} of a room's README: '## Doors' or '**Doors**' begins a section."""
    sections, title = {}, None
    path = room + "/README.md"
    if path not in tree.files:
        return sections
    for line in tree.lines(path):
        match = re.match(r"(?:#+\s*|\*\*)([A-Z][\w ,/]*?)(?:\*\*|\s*$|[:.])", line)
        if match:
            title = next((known for known in README_SECTIONS if match.group(1).startswith(known)), None)
        if title:
            sections[title] = sections.get(title, "") + line + "\n"
    return sections


def doors(tree, room):
    names = re.findall(r"`(?:%s/)?([\w./]+\.h)`" % room, readme_sections(tree, room).get("Doors", ""))
    return set(names)


def declared_uses(tree, room):
    """The USES of a room's gi_room() line, or None."""
    path = room + "/CMakeLists.txt"
    if path not in tree.files:
        return None
    match = re.search(r"gi_room\(\s*%s\b([^)]*)\)" % room, tree.text(path))
    if not match:
        return None
    words, uses, keyword = match.group(1).split(), set(), None
    for word in words:
        if word in ("USES", "LIBRARIES", "DOOR", "FILES"):
            keyword = word
        elif keyword == "USES":
            uses.add(word)
    return uses


# ---- Rules: each yields (path, line, message) ----------------------------------------------------------------------

def check_layers(tree):
    """Includes go to the left, and through doors."""
    used = {room: set() for room in LAYERS}
    for path in tree.c_files():
        room = room_of(path)
        for line, quote, name in includes(tree, path):
            if quote == '"':
                yield from check_own_include(tree, path, line, name)
                if room in used and room_of(name) in used and room_of(name) != room:
                    used[room].add(room_of(name))
            else:
                yield from check_library_include(path, line, name)
    for room in LAYERS:
        yield from check_declared_uses(tree, room, used[room])


def check_own_include(tree, path, line, name):
    room, target = room_of(path), room_of(name)
    if is_generated(tree, path, name):
        return
    if name not in tree.files:
        yield path, line, f'"{name}" is not a file from the root; write "room/file.h", or <gatio/...> for public headers'
        return
    if room == "include":
        yield path, line, f'a public header includes "{name}"; only <gatio/...> and libc are allowed there'
        return
    if target == room or room == "tests" or target == "tests":
        if target == "tests" and room != "tests":
            yield path, line, f'"{name}" belongs to the tests; nothing outside of tests/ may include it'
        return
    if target in PROGRAMS:
        yield path, line, f'"{name}" belongs to a program; rooms and other programs may not include it'
        return
    if room == "samples":
        yield path, line, f'"{name}" is inside the library; samples see only <gatio/...>'
        return
    if room in LAYERS and LAYERS.index(target) > LAYERS.index(room):
        yield path, line, (f'{room} may not include from {target}, which lies above it; '
                           "return a fact, or call a function that was given")
        return
    header = name.split("/", 1)[1]
    if target != "base" and target + "/README.md" in tree.files and header not in doors(tree, target):
        yield path, line, (f'"{name}" is no door of {target}; use one of its doors, '
                           f"or name it under Doors in {target}/README.md")


def is_generated(tree, path, name):
    """A header that the CMakeLists.txt of the program's folder makes."""
    lists = room_of(path) + "/CMakeLists.txt"
    return room_of(path) in PROGRAMS and "/" not in name and lists in tree.files and name in tree.text(lists)


def check_library_include(path, line, name):
    if room_of(path) == "include":
        if not name.startswith("gatio/") and name not in LIBC_HEADERS:
            yield path, line, f"<{name}> in a public header; only <gatio/...> and libc are allowed there"
        return
    for pattern, places, advice in LIBRARY_HEADERS:
        if re.match(pattern, name) and not any(path == place or (place.endswith("/") and path.startswith(place))
                                               for place in places):
            yield path, line, f"<{name}> may not be included here; {advice}"


def check_declared_uses(tree, room, used):
    declared = declared_uses(tree, room)
    path = room + "/CMakeLists.txt"
    if declared is None:
        if room != "base" and any(file.startswith(room + "/") and file.endswith(".c") for file in tree.files):
            yield path, 1, f"no gi_room({room} ...) line; add one with USES and FILES"
        return
    for other in sorted(used - declared):
        yield path, 1, f"{room} includes from {other}; add it to USES of gi_room({room})"
    for other in sorted(declared - used):
        yield path, 1, f"{room} includes nothing from {other}; remove it from USES of gi_room({room})"


def check_doors(tree):
    """Each door that a README names is there."""
    for room in LAYERS:
        for door in sorted(doors(tree, room)):
            if f"{room}/{door}" not in tree.files:
                yield room + "/README.md", 1, f"the door {door} is not a file of {room}/; correct the Doors section"


def check_names(tree):
    """What is visible between files says so in its name."""
    for path in tree.c_files():
        if room_of(path) not in LAYERS:
            continue
        for function in functions(tree.code(path)):
            if not function.is_static and not function.name.startswith(("gi_", "gatio_")):
                yield path, function.line, (f"{function.name}() is visible outside of its file; "
                                            "make it static or begin its name with gi_")


def check_lengths(tree):
    for path in tree.c_files():
        if path.startswith("tests/compile/"):  # each file there is many, by #if
            continue
        count = len(tree.lines(path))
        if count > FILE_LINES_MAX:
            yield path, count, f"{count} lines, more than {FILE_LINES_MAX}; is it two files by now?"
        for function in functions(tree.code(path)):
            if function.line_count > FUNCTION_LINES_MAX:
                yield path, function.line, (f"{function.name}() has {function.line_count} lines, "
                                            f"more than {FUNCTION_LINES_MAX}; split it")
            if function.parameter_count > PARAMETERS_MAX:
                yield path, function.line, (f"{function.name}() has {function.parameter_count} parameters, "
                                            f"more than {PARAMETERS_MAX}; use an options struct")
            if function.nesting > NESTING_MAX:
                yield path, function.line, (f"{function.name}() nests blocks {function.nesting} deep, "
                                            f"more than {NESTING_MAX}; return early or make a function of it")


def check_atomics(tree):
    for path in tree.c_files():
        if path == "base/atomic.h":
            continue
        code = tree.code(path)
        for match in re.finditer(r"\b(atomic_\w+|__atomic_\w+|__sync_\w+|memory_order_\w+)", code):
            yield path, line_of(code, match.start()), f"raw {match.group(1)}; use the names of base/atomic.h"


def banned_calls(path):
    banned = dict(BANNED)
    if room_of(path) in LAYERS and room_of(path) != "base":
        banned.update(BANNED_IN_ROOMS)
    if re.match(r"tests/(%s)/test_\w+\.c$" % "|".join(LAYERS), path):
        banned.update(BANNED_IN_UNIT_TESTS)
    return banned


def check_calls(tree):
    for path in tree.c_files():
        banned, code = banned_calls(path), tree.code(path)
        for match in re.finditer(r"(?<![\w.>])(%s)\s*\(" % "|".join(banned), code):
            yield path, line_of(code, match.start()), f"{match.group(1)}() is banned here; {banned[match.group(1)]}"
        if room_of(path) in LAYERS and path not in MAY_NAME_STREAMS:
            for match in STREAMS.finditer(code):
                yield path, line_of(code, match.start()), (f"{match.group(1)} is the program's; call the log hook, "
                                                           "or write through drivers/kernel.h")


# Words that meant two things, in names: (name, rooms, what it is now). docs/STYLE.md, Words.
FORMER_NAMES = [
    (r"\w*_row\b|row_\w+", ("mailbox", "drivers"), "batch"),
    (r"\w*ticket\w*", ("mailbox", "drivers", "actors", "net"), "tag"),
    (r"gi_mailbox_block\w*|is_blocked|GI_MAILBOX_BLOCKED", ("mailbox", "drivers"), "stall"),
]


def check_words(tree):
    """One idea, one word: a name that was given up does not come back."""
    for path in tree.c_files():
        for pattern, rooms, word in FORMER_NAMES:
            if room_of(path) in rooms:
                for match in re.finditer(r"\b(?:%s)" % pattern, tree.code(path)):
                    yield path, line_of(tree.code(path), match.start()), (
                        f"{match.group(0)}: the word is {word} (docs/STYLE.md, Words)")


def check_heads(tree):
    """The licence in each file, what it is in each C file, one include guard per header."""
    guards = {}
    for path in tree.files:
        lines = tree.lines(path)
        if (not WITHOUT_SPDX.search(path) or CMAKE_TEXT.search(path)) and not any(SPDX in line for line in lines[:2]):
            yield path, 1, f"no licence line; begin with '{SPDX}' in a comment"
        if not path.endswith((".c", ".h")):
            continue
        if len(lines) < 2 or not lines[1].startswith("/*"):
            yield path, 2, "does not say what the file is; give the second line a comment that does"
        if path.endswith(".h"):
            match = re.search(r"^#ifndef (\w+)\n#define \1$", tree.text(path), re.MULTILINE)
            if not match:
                yield path, 1, "no include guard; add #ifndef ROOM_FILE_H, #define, #endif"
            elif guards.setdefault(match.group(1), path) != path:
                yield path, 1, f"its include guard is that of {guards[match.group(1)]}; name it after this file"


def check_unfinished(tree):
    for path in tree.files:
        if path == "LICENSE" or "/data/" in path:
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = UNFINISHED.search(line)
            if match:
                yield path, number, f"{match.group(1)} in the tree; finish it, or open an issue"


def check_sources_listed(tree):
    """A source that no CMakeLists.txt names is compiled by nobody, nor is a folder that the one above does not name."""
    for path in tree.files:
        folder, name = os.path.split(os.path.dirname(path))
        above = os.path.join(folder, "CMakeLists.txt")
        if name and os.path.basename(path) == "CMakeLists.txt" and above in tree.files:
            if not re.search(r"(?<![\w/])%s\b" % re.escape(name), tree.text(above)):
                yield path, 1, f"{above} does not name its folder; add it there"
    everywhere = "".join(tree.text(path) for path in tree.files if path.endswith((".cmake", "CMakeLists.txt")))
    for path in tree.c_files():
        if not path.endswith(".c") or path.startswith("tests/compile/"):
            continue
        # What tests share is named by those that use it.
        is_shared = path.startswith("tests/support/") and path.split("/", 1)[1] in everywhere
        folder, mentioned = os.path.dirname(path), is_shared
        while folder and not mentioned:
            lists = folder + "/CMakeLists.txt"
            if lists in tree.files:
                relative = os.path.relpath(path, folder)
                mentioned = re.search(r"(?<![\w/])%s\b" % re.escape(relative), tree.text(lists)) is not None
            folder = os.path.dirname(folder)
        if not mentioned:
            yield path, 1, "no CMakeLists.txt lists it; add it to the one of its room"


def check_readmes(tree):
    folders = {room_of(path) for path in tree.files if "/" in path}
    for room in LAYERS + PROGRAMS:
        path = room + "/README.md"
        if room not in folders:
            continue
        if path not in tree.files:
            yield path, 1, "missing; a room explains itself (docs/STYLE.md)"
            continue
        count = len(tree.lines(path))
        if count > README_LINES_MAX:
            yield path, count, f"{count} lines, more than {README_LINES_MAX}; say it shorter"
        wanted = README_SECTIONS if room in LAYERS else README_SECTIONS_OF_PROGRAMS
        for title in wanted:
            if title not in readme_sections(tree, room):
                yield path, 1, f"no section **{title}**; add it (docs/STYLE.md)"


C_BLOCK = re.compile(r"^```c\n(.*?)^```", re.DOTALL | re.MULTILINE)


def check_readme_sample(tree):
    """Every C block of README.md stands in samples/, byte for byte; the first also compiles, and is short."""
    if "README.md" not in tree.files:
        yield "README.md", 1, "missing; the house needs a front door"
        return
    samples = [path for path in tree.files if path.startswith("samples/") and path.endswith(".c")]
    blocks = [(line_of(tree.text("README.md"), match.start()) + 1, match.group(1))
              for match in C_BLOCK.finditer(tree.text("README.md"))]
    if not blocks:
        yield "README.md", 1, "has no ```c block; show the shortest actor"
        return
    for line, sample in blocks:
        if not any(sample in tree.text(path) for path in samples):
            yield "README.md", line, "the sample stands in no file of samples/; cut it from there, byte for byte"
    line, sample = blocks[0]
    if len(sample.splitlines()) > README_SAMPLE_LINES_MAX:
        yield "README.md", line, f"the sample has more than {README_SAMPLE_LINES_MAX} lines; show less"
    yield from compile_sample(tree, line, sample)


def compile_sample(tree, line, sample):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
        file.write(sample)
        file.flush()
        command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                   "-I", os.path.join(tree.root, "include"), file.name]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        yield "README.md", line, "the sample does not compile; " + run.stderr.replace(file.name, "sample").strip()


EXPERIMENT = re.compile(r"(?:^|\n)((?:- )?\*\*.*?)(?=\n\n|\n- \*\*|\n\*\*|\Z)", re.DOTALL)
EXPERIMENT_PARTS = ("Prediction", "Change", "Measurement", "Verdict")


def check_experiments(tree):
    """What was tried is told whole: a prediction (or that there was none), the change, the measurement, the verdict."""
    path = "docs/performance.md"
    for match in EXPERIMENT.finditer(tree.text(path)) if path in tree.files else ():
        text = match.group(1)
        if not re.search(r"Predict|Verdict|\(not kept\)", text):
            continue  # a table of parts, a word explained
        missing = [part for part in EXPERIMENT_PARTS if part not in text]
        if missing:
            title = " ".join(text.split("**")[1].split())
            yield path, line_of(tree.text(path), match.start(1)), (
                f'"{title}" lacks {" and ".join(missing)}; tell it, or that nothing was written down')


RULES = [check_layers, check_doors, check_names, check_lengths, check_atomics, check_calls, check_heads,
         check_unfinished, check_sources_listed, check_readmes, check_readme_sample,
         check_experiments, check_words]


# ---- Symbols -------------------------------------------------------------------------------------------------------

def check_symbols(library):
    """Every global name of libgatio.a begins with gi_ or gatio_; libgatio.so shows only gatio_, with versions."""
    shared = library.endswith(".so")
    prefixes = ("gatio_",) if shared else ("gatio_", "gi_")
    command = ["nm", "--defined-only", "--extern-only", "--format=posix"] + (["--dynamic"] if shared else [])
    listing = subprocess.run(command + [library], capture_output=True, text=True, check=True).stdout
    # A version is a name too, the only absolute one.
    names = [words[0] for words in map(str.split, listing.splitlines())
             if len(words) >= 3 and not (shared and words[1] == "A")]
    if not names:
        yield library, 0, "shows no names at all; is it the library?"
    for name in names:
        name, _, version = name.partition("@")
        if shared and not version:
            yield library, 0, f"{name} has no version; see cmake/gatio.map"
        if not name.startswith(prefixes):
            yield library, 0, f"{name} is visible; make it static or begin its name with {prefixes[-1]}"


def words_of_programs(tree):
    """The names in the sources of tests, tools and benchmarks, which use the library from outside."""
    return {word for path in tree.c_files() if room_of(path) in PROGRAMS
            for word in re.findall(r"\bgi_\w+", tree.code(path))}


def main(arguments):
    if arguments[:1] == ["--symbols"] and len(arguments) > 1:
        findings = [finding for library in arguments[1:] for finding in check_symbols(library)]
        checked = f"{len(arguments) - 1} libraries"
    elif arguments[:1] == ["--objects"] and len(arguments) > 1:
        found = objects.read(arguments[1:])
        tree = Tree(ROOT)
        readmes = {room: tree.text(room + "/README.md") for room in objects.ROOMS_WITHOUT_CIRCLES}
        findings = list(objects.check(found, words_of_programs(tree), readmes))
        checked = f"{len(found)} objects"
    elif not arguments:
        tree = Tree(ROOT)
        findings = [finding for rule in RULES for finding in rule(tree)]
        checked = f"{len(tree.files)} files, {len(RULES)} rules"
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for path, line, message in sorted(findings):
        print(f"{path}:{line}: {message}")
    print(f"check: {checked}: " + (f"{len(findings)} findings" if findings else "all hold"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
