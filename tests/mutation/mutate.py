"""Changes product code a little, at random, and sees whether a test fails: what no test sees is a survivor, which needs a test, or a
reason in reasons.txt why no test can tell.

    mutate.py [--count N] [--seed S] [--only FOLDER] [--programs REGEX] [--jobs J]

Works on a copy of the tracked files in build/mutation, never on the tree itself. First all must build and pass unchanged. A run that was
ended goes on where it stopped when it is started again with its seed. --programs takes only these test programs and leaves out the tests
that are no GoogleTest programs: quick, for one room.
"""
import argparse
import filecmp
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

from sites import sites_of

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(ROOT, "build", "mutation")
SOURCE, BUILD = os.path.join(WORK, "source"), os.path.join(WORK, "build")
ROOMS = ("storage/", "streams/", "server/")
BUILD_SECONDS, PROGRAM_SECONDS, OTHERS_SECONDS = 1800, 300, 1800


def run(command, seconds, folder=BUILD):
    """(exit code, output); a time-out is a failure."""
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, text=True, errors="replace", check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return -1, "time-out"


def copy_tree():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    files = [name for name in files if name and os.path.isfile(os.path.join(ROOT, name))]
    for name in files:
        source, target = os.path.join(ROOT, name), os.path.join(SOURCE, name)
        if not (os.path.exists(target) and filecmp.cmp(source, target, shallow=False)):  # What is as it was is not built again.
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
    return [name for name in files if name.startswith(ROOMS) and name.endswith(".cc") and "/gen/" not in name]


class Mutation:
    def __init__(self, options):
        self.options = options
        self.programs = []

    def build(self):
        targets = self.programs if self.options.programs else ["all"]
        return run(["cmake", "--build", ".", "-j", str(self.options.jobs), "--target", *targets], BUILD_SECONDS)

    def prepare(self):
        os.makedirs(BUILD, exist_ok=True)
        code, output = run(["cmake", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DTAILRACE_TESTS=ON",
                            SOURCE], BUILD_SECONDS)
        if code == 0:
            _, listed = run(["cmake", "--build", ".", "--target", "help"], 60)
            wanted = re.compile(self.options.programs or ".")
            names = re.findall(r"^(?:tests/)?(\w+_tests): phony", listed, re.MULTILINE)
            self.programs = sorted({name for name in names if wanted.search(name)})
            code, output = self.build()
        if code == 0:
            killer, output = self.killer("")
            code = 0 if killer is None else 1
        if code != 0:
            sys.exit(f"unchanged, the tree does not build and pass:\n{output[-3000:]}")

    def killer(self, path):
        """The first test that fails, those of the changed file's room first; None if all pass."""
        room = os.path.dirname(path).replace("/", "_") + "_tests"
        for program in sorted(self.programs, key=lambda name: (name != room, name == "api_tests", name)):
            code, output = run([os.path.join(BUILD, "tests", program), "--gtest_fail_fast", "--gtest_brief=1"], PROGRAM_SECONDS)
            if code != 0:
                failed = re.search(r"\[  FAILED  \] ([\w./]+)", output)
                return (failed[1] if failed else program), output
        if not self.options.programs:
            code, output = run(["ctest", "--stop-on-failure", "--output-on-failure", "-E", r"\.|^soak$|^histories$"], OTHERS_SECONDS)
            if code != 0:
                failed = re.search(r"\d+ - (\S+) \(", output)
                return (failed[1] if failed else "ctest"), output
        return None, ""

    def try_site(self, site):
        """("killed" | "survived" | "no code", by what)."""
        path = os.path.join(SOURCE, site.path)
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        assert lines[site.line - 1] == site.old
        changed = [*lines[:site.line - 1], site.new, *lines[site.line:]]
        try:
            write(path, changed)
            code, _ = self.build()
            if code != 0:
                return "no code", ""
            killer, _ = self.killer(site.path)
            return ("killed", killer) if killer else ("survived", "")
        finally:
            write(path, lines)


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def read_reasons():
    """Lines `path | line | changed line | reason`, without the blanks around."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reasons.txt")
    with open(path, encoding="utf-8") as lines:
        rows = [[part.strip() for part in line.split(" | ")] for line in lines if line.strip() and not line.startswith("#")]
    return {tuple(row[:3]) for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--only", default="", help="files below this folder")
    parser.add_argument("--programs", help="test programs whose names match")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    sites = []
    for name in copy_tree():
        if name.startswith(options.only):
            with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
                sites += sites_of(name, file.read())
    random.Random(options.seed).shuffle(sites)
    reasons = read_reasons()
    sites = [site for site in sites if (site.path, site.old.strip(), site.new.strip()) not in reasons]
    report = os.path.join(WORK, f"report-{options.seed}.jsonl")
    done = {}
    if os.path.exists(report):
        with open(report, encoding="utf-8") as lines:
            done = {(row["path"], row["line"], row["new"]): row for row in map(json.loads, lines)}
    mutation = Mutation(options)
    print(f"{len(sites)} places; building and testing the tree as it is", flush=True)
    mutation.prepare()
    results, start, fresh = [], time.monotonic(), 0
    for site in sites:
        judged = [row for row in results if row["result"] != "no code"]
        if len(judged) == options.count:
            break
        row = done.get((site.path, site.line, site.new))
        if row is None:
            began = time.monotonic()
            result, killer = mutation.try_site(site)
            fresh += 1
            row = {**vars(site), "result": result, "by": killer, "seconds": round(time.monotonic() - began)}
            with open(report, "a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")
        results.append(row)
        survived = sum(row["result"] == "survived" for row in results)
        left = (options.count - len(judged)) * (time.monotonic() - start) / max(fresh, 1) / 60
        print(f"{len(judged) + 1} of {options.count}: {site.path}:{site.line}, {site.kind}: {row['result']} "
              f"{row['by']} ({row['seconds']} s); {survived} survived; about {left:.0f} minutes left", flush=True)
    survivors = [row for row in results if row["result"] == "survived"]
    killed = sum(row["result"] == "killed" for row in results)
    print(f"\nseed {options.seed}: {killed} of {killed + len(survivors)} changes were seen; {len(survivors)} survived")
    for row in survivors:
        print(f"{row['path']}:{row['line']} | {row['old'].strip()} | {row['new'].strip()}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
