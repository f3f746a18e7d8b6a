#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs in C++, and in C and C++ together, compiled by each compiler in each standard, and run.

    run.py INCLUDE_DIRECTORY libgatio.a LIBRARY...
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROGRAMS = {"hello": ["hello.cpp"], "throwing": ["throwing.cpp"],
            "talk": ["talk.cpp", "multiplier.cpp", "adder.c", "twin.c"]}
SAYS = {"hello": "hello, world\n", "throwing": "terminated\n", "talk": "7 24 1\n"}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
# A debug build and an optimised one: what the macros hand over lives only as long as an expression.
BUILDS = [(pair, standard, level)
          for pair in (("gcc", "g++"), ("clang", "clang++"))
          for standard, level in (("c++17", "-O2"), ("c++20", "-O0"))]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def build(build_of, sources, include, libraries, out):
    (c_compiler, cpp_compiler), standard, level = build_of
    objects = []
    for source in sources:
        is_c = source.endswith(".c")
        target = f"{out}-{source}.o"
        command = [c_compiler if is_c else cpp_compiler, "-std=c11" if is_c else "-std=" + standard, level, *WARNINGS,
                   "-I", include, "-I", ROOT, "-c", os.path.join(HERE, source), "-o", target]
        status, _, said = run(command)
        if status:
            return said
        objects.append(target)
    status, _, said = run([cpp_compiler, *objects, *libraries, "-o", out])
    return said if status else None


def check(build_of, name, include, libraries, folder):
    out = os.path.join(folder, f"{name}-{build_of[0][1]}-{build_of[1]}")
    problem = build(build_of, PROGRAMS[name], include, libraries, out)
    if problem:
        return f"does not build: {problem[:2000]}"
    status, output, said = run([out])
    if (status, output) != (0, SAYS[name]):
        return f"ends with {status}, writes {output!r}, not {SAYS[name]!r}: {said[:1000]}"
    return None


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for build_of in BUILDS:
            for name in PROGRAMS:
                problem = check(build_of, name, arguments[0], arguments[1:], folder)
                if problem:
                    failed += 1
                    print(f"{build_of[0][1]} {build_of[1]} {build_of[2]}: {name} {problem}")
    print(f"{len(BUILDS) * len(PROGRAMS)} programs, {failed} not as they must be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
