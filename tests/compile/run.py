#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Must-not-compile tests: each `WRONG_name` of a case file must be refused by gcc and by clang, in the words that its comment names.

    run.py INCLUDE_DIRECTORY CASE.c...

The case file without any of them must compile without a warning; so must each public header alone.
"""
import os
import re
import subprocess
import sys

COMPILERS = ["gcc", "clang"]
FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror", "-fsyntax-only"]
WRONG = re.compile(r"^#\s*(?:ifdef|elif defined\()\s*(WRONG_\w+)\)?\s*/\*\s*(.*?)\s*\*/", re.MULTILINE)
MENTION = re.compile(r"\b(WRONG_[a-z]\w*)")


def compile_c(compiler, include, arguments):
    """(does it compile, what the compiler says on one line)"""
    command = [compiler, *FLAGS, "-I", include, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    return run.returncode == 0, " ".join(run.stderr.split())


def check_wrong(compiler, include, case, wrong):
    name, words = wrong
    compiles, text = compile_c(compiler, include, ["-D" + name, case])
    if compiles:
        return "compiles"
    if not any(word in text for word in words.split("|")):
        return f"is refused, but not in the words '{words}': {text[:400]}"
    return None


def check_case(compiler, include, case):
    with open(case, encoding="utf-8") as file:
        text = file.read()
    wrongs = WRONG.findall(text)
    unnamed = set(MENTION.findall(text)) - {name for name, _ in wrongs}
    if not wrongs or unnamed:
        yield case, f"names no words for {', '.join(sorted(unnamed)) or 'anything'}"
    compiles, said = compile_c(compiler, include, [case])
    yield case, None if compiles else f"does not compile as it stands: {said[:400]}"
    for wrong in wrongs:
        yield f"{case} {wrong[0]}", check_wrong(compiler, include, case, wrong)


def check_headers(compiler, include):
    """Each public header stands alone."""
    folder = os.path.join(include, "gatio")
    for name in sorted(os.listdir(folder)):
        compiles, said = compile_c(compiler, include, ["-x", "c", "-include", f"gatio/{name}", "/dev/null"])
        yield f"<gatio/{name}>", None if compiles else f"does not stand alone: {said[:400]}"


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    include, cases = arguments[0], arguments[1:]
    count = failed = 0
    for compiler in COMPILERS:
        results = list(check_headers(compiler, include))
        for case in cases:
            results += check_case(compiler, include, case)
        for what, problem in results:
            count += 1
            if problem:
                failed += 1
                print(f"{compiler}: {what} {problem}")
    print(f"{count} compilations, {failed} not as they must be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
