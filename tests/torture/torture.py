"""Runs the long tests one after another, each with its share of the time, and reports.

    torture.py [--minutes M] [--seed S] [--only NAME[,NAME...]]

Each part's output is kept in build/torture/SEED/. A line of progress comes every minute. The seed of a part is made of the one given, so
that a part alone (--only, same --seed and --minutes) does the same again.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELEASE, FUZZ = os.path.join(ROOT, "build", "release"), os.path.join(ROOT, "build", "asan", "tests", "fuzz")
TESTS = os.path.join(ROOT, "tests")
BINARY = os.path.join(RELEASE, "tailrace")
PROGRESS_SECONDS = 60
GRACE_MINUTES = 15  # Beyond its time, before a part counts as hanging.
OPERATIONS_A_MINUTE = 300_000
SIMULATION_SEEDS_AT_ONCE = 2000
FAULT_SEEDS = 200


class Run:
    """A part that runs: its commands write to its log, whose last line is the progress."""

    def __init__(self, minutes, seed, log):
        self.minutes, self.seed, self.log = minutes, seed, log
        self.start = time.monotonic()
        self.last = ""
        self.complaint = None

    def left(self):
        return self.minutes - (time.monotonic() - self.start) / 60

    def command(self, *words, skipped=None, **environment):
        """Runs to its end. False: it failed, and `complaint` is set."""
        print("$", *words, file=self.log, flush=True)
        process = subprocess.Popen([str(word) for word in words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace", env={**os.environ, **environment},
                                   start_new_session=True)
        killer = threading.Timer((self.left() + GRACE_MINUTES) * 60, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        for line in process.stdout:
            self.log.write(line)
            self.log.flush()
            self.last = line.strip() or self.last
        code = process.wait()
        killer.cancel()
        if code not in (0, skipped):
            self.complaint = f"exit code {code}: {self.last}"
        return self.complaint is None


def crash(run):
    run.command("python3", f"{TESTS}/crash/crash_test.py", BINARY, "--minutes", run.minutes, "--seed", run.seed)


def histories(run):
    """In pieces, so that no check becomes too large."""
    chance = random.Random(run.seed)
    while run.left() > 0 and run.command(f"{TESTS}/histories/run", BINARY, "-operations", OPERATIONS_A_MINUTE, "-seed",
                                         chance.randrange(2**31), skipped=77):
        if run.last.startswith("skipped"):
            return


def fuzz(run):
    programs = sorted(name for name in os.listdir(FUZZ) if name.startswith("fuzz_") and not name.endswith("_cases")
                      and os.access(os.path.join(FUZZ, name), os.X_OK)) if os.path.isdir(FUZZ) else []
    if not programs:
        run.last = "skipped: there is no clang here"
    for name in programs:
        if not run.command(f"{TESTS}/fuzz/run", os.path.join(FUZZ, name), int(run.minutes * 60 / len(programs)), run.seed):
            return


def soak(run):
    run.command("python3", f"{TESTS}/soak/soak_test.py", BINARY, "--minutes", run.minutes, "--seed", run.seed)


def simulation(run):
    first = run.seed
    program = os.path.join(RELEASE, "tests", "simulation_tests")
    while run.left() > 0 and run.command(program, TAILRACE_SIMULATION_SEEDS=f"{first}-{first + SIMULATION_SEEDS_AT_ONCE - 1}"):
        first += SIMULATION_SEEDS_AT_ONCE


def storage(run):
    """The store on a disk of which each operation fails once, and which is torn when the power goes, with ever more seeds."""
    program, seeds = os.path.join(RELEASE, "tests", "storage_engine_tests"), FAULT_SEEDS
    while run.left() > 0 and run.command(program, "--gtest_filter=*FaultyDisk*:*TornDisk*", TAILRACE_FAULT_SEEDS=str(seeds)):
        seeds *= 2


SHARES = {crash: 0.25, histories: 0.10, fuzz: 0.15, soak: 0.20, storage: 0.05, simulation: 0.25}  # Of the time.
NAMES = [part.__name__ for part in SHARES]


def attempt(part, minutes, seed, folder, report):
    name = part.__name__
    with open(os.path.join(folder, f"{name}.log"), "w", encoding="utf-8") as log:
        run = Run(minutes, seed, log)
        thread = threading.Thread(target=part, args=(run,), daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(PROGRESS_SECONDS)
            if thread.is_alive():
                print(f"{name}, {(time.monotonic() - run.start) / 60:.0f} of {minutes:.0f} minutes: {run.last[:160]}", flush=True)
    took = (time.monotonic() - run.start) / 60
    outcome = f"FAILED, {run.complaint}" if run.complaint else f"passed: {run.last}"
    report.append((run.complaint is None, f"{name:11} {took:5.1f} minutes, seed {seed}: {outcome}"))
    print(report[-1][1], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--only", default=",".join(NAMES))
    options = parser.parse_args()
    wanted = options.only.split(",")
    unknown = set(wanted) - set(NAMES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}", flush=True)
    folder = os.path.join(ROOT, "build", "torture", str(options.seed))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    report = []
    for part, share in SHARES.items():
        seed = random.Random(f"{options.seed} {part.__name__}").randrange(2**31)
        if part.__name__ in wanted:
            attempt(part, options.minutes * share, seed, folder, report)
    failed = [line for passed, line in report if not passed]
    print(f"\nseed {options.seed}, output in {folder}")
    print("\n".join(line for _, line in report))
    if failed:
        print(f"repeat with: scripts/torture --seed {options.seed} --minutes {options.minutes:g} --only NAME")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
