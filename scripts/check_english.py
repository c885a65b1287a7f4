#!/usr/bin/env python3
"""Fails on words and spellings that this project has replaced, in tracked text and source files.

Rules are few and exact: each has a replacement, and none should ever be a false alarm. Names in backquotes and lines with
`english: ignore` are skipped. Files in scripts/english_pending.txt have not been revised yet: their hits are counted, but do
not fail the check. Remove a line when its file has no hits.
"""

import re
import subprocess
import sys

SUFFIXES = (".rs", ".cu", ".cuh", ".wgsl", ".py", ".js", ".md", ".sh")
EXCLUDED = ("docs/results/", "crates/view/page/vendor/", "CHANGELOG.md", "scripts/check_english.py")
PENDING = "scripts/english_pending.txt"
# Arguments of SciPy and MNE that the Python package has too.
ARGUMENTS = ("bindings/python/", {"normalize", "normalization"})

UNITS = "row|thread|block|bin|segment|frame|launch|step|stage|batch|second|point|channel|core|lane|butterfly|warp|plan|process"

# (pattern, what to write instead)
WORDS = [
    (r"\b(?:one|once|rows|samples|segments|frames|bins|peaks|bytes|requests) a (?:" + UNITS + r")\b", "per"),
    (r"\bAs there\.", "a link to the function whose errors are meant"),
    (r"\bnobody\b|\bwhoever\b|\bthose who\b", "the user, the caller, or a passive sentence"),
    (r"\b(?:told|tells?|telling) (?:\w+ ){0,2}apart\b", "distinguish"),
    (r"\blook(?:s|ed)? at\b", "inspect, check, compare or read"),
    (r"\bpassed over\b", "skipped"),
    (r"\blacks (?!=|is\b)(?=\w)", "does not support, does not have"),
    (r"\bf64 twins?\b|\btwins\b", "reference implementation"),
    (r"\bin turns\b(?! \{)", "interleaved, alternately"),
    (r"\bby itself by default\b", "detected by default"),
    (r"\bnone the worse\b", "not affected"),
    (r"\b(?:[Ff]all-back|[Pp]re-fetch|[Ww]ork-item)(?:s|ed|ing)?\b", "fallback, prefetch, chunk"),
    (r"\b(?:behavior|neighbor|normaliz|optimiz|materializ|recogniz|summariz|standardiz)(?!\w*_)\w*", "British spelling"),
    (r"\b(?!long\b)([A-Za-z]{3,}) \1\b(?! \1)", "the word once"),
]
# Openings of documentation that are no sentences and begin with no verb.
OPENINGS = (r"(?:What|Of|Who|Whoever|Everything that|As it) (?!.*\?$)", "a verb in third person, or a noun")

RULES = [(re.compile(pattern), advice) for pattern, advice in WORDS]
OPENING = re.compile(OPENINGS[0])
DOC = re.compile(r"\s*(?:///|//!) ?(.*)$")


def without_code(line):
    return re.sub(r"`[^`]*`", "``", line)


def faults(path):
    previous = ""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            text = line.rstrip("\n")
            if "english: ignore" not in text:
                prose = without_code(text)
                for rule, advice in RULES:
                    match = rule.search(prose)
                    if match and not (path.startswith(ARGUMENTS[0]) and match.group(0) in ARGUMENTS[1]):
                        yield number, match.group(0), advice
                doc = DOC.match(text) if path.endswith(".rs") else None
                if doc and not previous and (match := OPENING.match(without_code(doc.group(1)))):
                    yield number, match.group(0).strip() + " …", OPENINGS[1]
            doc = DOC.match(text)
            previous = doc.group(1).strip() if doc else ""


def main():
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    paths = [p for p in listed.split("\0") if p.endswith(SUFFIXES) and not p.startswith(EXCLUDED)]
    with open(PENDING, encoding="utf-8") as file:
        pending = {line.strip() for line in file if line.strip() and not line.startswith("#")}
    found = skipped = 0
    for path in paths:
        for number, words, advice in faults(path):
            if path in pending and "--all" not in sys.argv[1:]:
                skipped += 1
                continue
            print(f"{path}:{number}: '{words}': write {advice}")
            found += 1
    if found:
        sys.exit(f"{found} places with words that this project has replaced")
    print(f"{len(paths)} files have no replaced words; {skipped} places remain in files of {PENDING}")


if __name__ == "__main__":
    main()
