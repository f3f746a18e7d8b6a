#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Must-not-compile tests: each `WRONG_name` of a case file must be refused by each compiler, which must say the words of
its comment in its first error, and not bury them under too many others.

    run.py INCLUDE_DIRECTORY CASE.c... CASE.cpp...

The case file without any of them must compile without a warning in each standard; so must each public header alone.
"""
import os
import re
import subprocess
import sys

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only"]
C = {"compilers": ["gcc", "clang"], "standards": ["c11", "c17", "c2x", "gnu11"], "wrong_in": "gnu11", "language": "c",
     "flags": [*STRICT, "-Wstrict-prototypes", "-Wmissing-prototypes"], "too_old": {}}
CPP = {"compilers": ["g++", "clang++"], "standards": ["c++17", "c++20"], "wrong_in": "c++17", "language": "c++",
       "flags": [*STRICT, "-Wold-style-cast"], "too_old": {"c++14": "gatio needs C++ 17 or later"}}
ONLY_IN = {"c.h": C, "cpp.h": CPP}
WRONG = re.compile(r"^#\s*(?:ifdef|elif defined\()\s*(WRONG_\w+)\)?\s*/\*\s*(.*?)\s*\*/", re.MULTILINE)
MENTION = re.compile(r"\b(WRONG_[a-z]\w*)")
ERRORS_MAX = 10
NOTHING = "extern int what_iso_c_wants_behind_a_header;\n"


def compile_one(language, compiler, standard, include, arguments):
    """(does it compile, what the compiler says)"""
    command = [compiler, "-std=" + standard, *language["flags"], "-I", include, *arguments]
    run = subprocess.run(command, input=NOTHING, capture_output=True, text=True, check=False,
                         env={**os.environ, "LC_ALL": "C"})
    return run.returncode == 0, run.stderr


def first_error(said):
    return next((line for line in said.splitlines() if re.search(r"\berror: ", line)), "")


def check_wrong(language, compiler, include, case, wrong):
    name, words = wrong
    compiles, said = compile_one(language, compiler, language["wrong_in"], include, ["-D" + name, case])
    if compiles:
        return "compiles"
    if not any(word in first_error(said) for word in words.split("|")):
        return f"is refused, but the first error does not say '{words}': {first_error(said)[:400]}"
    count = len(re.findall(r"\berror: ", said))
    if count > ERRORS_MAX:
        return f"is refused with {count} errors, more than {ERRORS_MAX}: {said[:3000]}"
    return None


def check_case(language, compiler, include, case):
    with open(case, encoding="utf-8") as file:
        text = file.read()
    wrongs = WRONG.findall(text)
    unnamed = set(MENTION.findall(text)) - {name for name, _ in wrongs}
    if unnamed:
        yield case, f"names no words for {', '.join(sorted(unnamed))}"
    for standard in language["standards"]:
        compiles, said = compile_one(language, compiler, standard, include, [case])
        yield f"{case} in {standard}", None if compiles else f"does not compile as it stands: {said[:400]}"
    for wrong in wrongs:
        yield f"{case} {wrong[0]}", check_wrong(language, compiler, include, case, wrong)


def check_headers(language, compiler, include):
    """Each public header stands alone."""
    folder = os.path.join(include, "gatio")
    for name in sorted(os.listdir(folder)):
        if ONLY_IN.get(name, language) is not language:
            continue
        alone = ["-x", language["language"], "-include", f"gatio/{name}", "-"]
        for standard in language["standards"]:
            compiles, said = compile_one(language, compiler, standard, include, alone)
            yield f"<gatio/{name}> in {standard}", None if compiles else f"does not stand alone: {said[:400]}"
        for standard, words in language["too_old"].items():
            _, said = compile_one(language, compiler, standard, include, alone)
            is_said = words in first_error(said)
            yield f"<gatio/{name}> in {standard}", None if is_said else f"is not refused with '{words}': {said[:400]}"


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    include, cases = arguments[0], arguments[1:]
    count = failed = 0
    for language, ending in ((C, ".c"), (CPP, ".cpp")):
        for compiler in language["compilers"]:
            results = list(check_headers(language, compiler, include))
            for case in cases:
                if case.endswith(ending):
                    results += check_case(language, compiler, include, case)
            for what, problem in results:
                count += 1
                if problem:
                    failed += 1
                    print(f"{compiler}: {what} {problem}")
    print(f"{count} compilations, {failed} not as they must be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
