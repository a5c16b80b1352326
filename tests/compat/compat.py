# SPDX-License-Identifier: Apache-2.0
"""What the suites of tests/compat share: run a suite nobody here wrote natively and protected, and list what differs.

A suite is a list of units (a test module, a package, a stressor), each a command. Every unit runs natively, then under
`redoubt run`, in a fresh directory each, as the same user. Its output is read into results of single tests. A test that
passes natively and not protected is a difference. A unit with differences runs once more in both modes: what passes then is
called unstable, what fails again is a difference. Differences are looked up in explained/SUITE.txt.

Exit status: 0 no difference, or all are explained; 1 some are not; 2 usage; 77 the suite cannot run here (the reason is printed).
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

PASS, FAIL, SKIP = "pass", "fail", "skip"
MODES = ("native", "protected")


class CannotRun(Exception):
    """The machine lacks something that the suite needs."""


# --- one run ------------------------------------------------------------------------------------------------------------

# A process of its own for every run. It is the reaper of all that the run starts, so that a timeout ends daemons and
# processes in other sessions too, and nothing else. Exit status 124 after a timeout.
REAPER = r"""
import ctypes, os, signal, sys, time
limit = float(sys.argv[1])
prctl = ctypes.CDLL(None).prctl
prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG: with the harness, all ends
def children(pid):
    try:
        return [int(word) for word in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []
child = os.fork()
if child == 0:
    os.setsid()
    for number in range(1, 65):  # Python ignores SIGPIPE, and a shell SIGINT of what it starts in the background
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass
    os.execvp(sys.argv[2], sys.argv[2:])
class Late(Exception):
    pass
def late(*_):
    raise Late
signal.signal(signal.SIGALRM, late)
signal.signal(signal.SIGTERM, late)
signal.setitimer(signal.ITIMER_REAL, limit)
status = 124
try:
    while True:
        pid, wait_status = os.wait()
        if pid == child:
            status = os.waitstatus_to_exitcode(wait_status)
            break
except Late:
    pass
signal.setitimer(signal.ITIMER_REAL, 0)
for _ in range(500):  # children of what was killed become ours
    left = children(os.getpid())
    if not left:
        break
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    time.sleep(0.01)
sys.exit(status if status >= 0 else 128 - status)
"""


running = set()  # the reapers of all runs
stopping = threading.Event()


@dataclass
class Run:
    """One unit in one mode. `directory` is empty and the working directory; `scratch` is for files of the harness."""

    mode: str
    directory: pathlib.Path
    scratch: pathlib.Path
    limit: float
    launcher: list
    user: list
    environment: dict = field(default_factory=dict)
    status: int = 0
    output: str = ""

    def execute(self, command, cwd=None, environment=None, limit=None):
        """Runs the command to its end; its exit status and what it printed are kept. False after a timeout."""
        words = [*self.user, *self.launcher, *map(str, command)]
        target = self.scratch / "output"
        with open(target, "ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", REAPER, str(limit or self.limit), *words],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd or self.directory,
                env={**self.environment, **(environment or {})})
            running.add(process)
            if stopping.is_set():
                process.terminate()
            self.status = process.wait()
            running.discard(process)
        self.output = target.read_text(errors="replace")
        return self.status != 124


class Suite:
    """A suite defines these; see cpython for an example."""

    name = ""
    limit = 120          # seconds for one unit in one mode
    unprivileged = True  # as nobody when started by root
    checks_end = True    # how a unit ends is one more test

    def prepare(self, cache):
        """Builds or finds what is needed, in the directory `cache` that stays. Raises CannotRun."""

    def units(self):
        raise NotImplementedError

    def run(self, unit, run):
        """Runs the unit and returns {test: PASS | FAIL | SKIP}."""
        raise NotImplementedError


# --- the harness --------------------------------------------------------------------------------------------------------

NOBODY = 65534
LEAST_FREE = 8 << 30  # suites are not to fill the disk that others use


def clean_environment(home):
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8",
            "TZ": "UTC", "TERM": "dumb", "TMPDIR": str(home), "USER": "nobody", "LOGNAME": "nobody"}


class Harness:
    def __init__(self, suite, arguments):
        self.suite = suite
        self.arguments = arguments
        self.redoubt = pathlib.Path(arguments.redoubt).resolve()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="compat."))
        os.chmod(self.base, 0o755)
        self.lock = threading.Lock()
        self.done = 0

    def one_run(self, unit, mode, attempt):
        # Short, as unix sockets are made below, and the same path in both modes: some outputs contain it.
        top = self.base / str(self.number[unit])
        shutil.rmtree(top, ignore_errors=True)
        directory, scratch = top / "w", top / "harness"
        directory.mkdir(parents=True)
        scratch.mkdir()
        user = []
        if self.suite.unprivileged and os.geteuid() == 0:
            user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
            os.chown(directory, NOBODY, NOBODY)
            os.chown(scratch, NOBODY, NOBODY)
        statistics = scratch / "stats.jsonl"
        launcher = []
        if mode == "protected":
            launcher = [str(self.redoubt), "run", "-q", "--stats-output", str(statistics), "--"]
        run = Run(mode, directory, scratch, self.arguments.limit or self.suite.limit, launcher, user, clean_environment(directory))
        begin = time.monotonic()
        results = dict(self.suite.run(unit, run))
        seconds = time.monotonic() - begin
        if self.suite.checks_end:  # a unit that ends badly although no test of it failed is a failure, too
            results["(end)"] = PASS if run.status == 0 or FAIL in results.values() else FAIL
        if mode == "protected" and run.status != 124:
            seen = statistics.exists() and any('"calls":' in line for line in open(statistics, errors="replace"))
            if not seen:
                results = {test: FAIL for test in results}
                run.output += "\ncompat: no statistics of the shim: this did not run protected\n"
        logs = pathlib.Path(self.arguments.output) / self.suite.name
        logs.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", unit)
        (logs / f"{name}.{mode}.{attempt}.log").write_text(f"status {run.status}, {seconds:.1f} s\n{run.output}")
        shutil.rmtree(top, ignore_errors=True)
        return results, run.status, seconds

    def both(self, unit, attempt):
        native, _, native_seconds = self.one_run(unit, "native", attempt)
        if PASS not in native.values():
            return native, {}, native_seconds, 0.0
        protected, _, protected_seconds = self.one_run(unit, "protected", attempt)
        return native, protected, native_seconds, protected_seconds

    def unit(self, unit):
        free = shutil.disk_usage(self.base).free
        if free < LEAST_FREE:
            raise CannotRun(f"{free >> 20} MiB are free in {self.base}, expected {LEAST_FREE >> 20}")
        native, protected, native_seconds, protected_seconds = self.both(unit, 1)
        passing = {test for test, result in native.items() if result == PASS}
        differs = {test for test in passing if protected.get(test) != PASS}
        unstable = set()
        if differs and not self.arguments.once:
            native, protected, _, _ = self.both(unit, 2)
            again = {test for test in differs if native.get(test) == PASS and protected.get(test) != PASS}
            unstable, differs = differs - again, again
        with self.lock:
            self.done += 1
            verdict = "ok" if not differs else f"{len(differs)} differ"
            if unstable:
                verdict += f", {len(unstable)} unstable"
            print(f"[{self.done}/{self.total}] {unit}: {len(passing)} pass natively in {native_seconds:.1f} s, "
                  f"protected {protected_seconds:.1f} s: {verdict}", flush=True)
        return {"unit": unit, "native": len(passing), "differs": sorted(differs), "unstable": sorted(unstable),
                "skipped": sorted(test for test, result in native.items() if result == SKIP),
                "failed": sorted(test for test, result in native.items() if result == FAIL),
                "seconds": [native_seconds, protected_seconds]}

    def run(self):
        units = [unit for unit in self.suite.units() if not self.arguments.only or
                 any(re.search(pattern, unit) for pattern in self.arguments.only)]
        if not units:
            print("compat: --only leaves no unit", file=sys.stderr)
            return 2
        self.total = len(units)
        self.number = {unit: number for number, unit in enumerate(units)}
        deadline = time.monotonic() + self.arguments.time if self.arguments.time else None
        results, left = [], []

        def one(unit):
            if deadline and time.monotonic() > deadline:
                left.append(unit)
                return None
            return self.unit(unit)

        pool = concurrent.futures.ThreadPoolExecutor(self.arguments.jobs)
        try:
            results = [result for result in pool.map(one, units) if result]
        finally:  # of a signal, too: what runs ends, with all that it started
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                process.terminate()
            pool.shutdown()
            shutil.rmtree(self.base, ignore_errors=True)
        return self.report(results, left)

    def report(self, results, left):
        explained = read_explanations(self.suite.name)
        native = sum(result["native"] for result in results)
        differs = [f'{result["unit"]}::{test}' for result in results for test in result["differs"]]
        unstable = [f'{result["unit"]}::{test}' for result in results for test in result["unstable"]]
        why = {test: next((reason for pattern, reason in explained if matches(pattern, test)), None) for test in differs}
        for test in differs:
            print(f"differs  {test}: {why[test] or 'NOT EXPLAINED'}")
        for test in unstable:
            print(f"unstable {test}: failed once protected, not when repeated")
        if left:
            print(f"{len(left)} units were left out, as --time was over: {' '.join(left)}")
        if not self.arguments.only and not left:
            for pattern, _ in explained:
                if not any(matches(pattern, test) for test in [*differs, *unstable]):
                    print(f"stale    {pattern}: explained, but does not differ")
        unexplained = [test for test in differs if not why[test]]
        share = 100.0 * (native - len(differs)) / native if native else 0.0
        print(f"{self.suite.name}: {len(results)} units, {native} tests pass natively, {native - len(differs)} of them protected: "
              f"{share:.2f} %; {len(differs)} differ ({len(differs) - len(unexplained)} explained), {len(unstable)} unstable; "
              f"natively {sum(len(result['skipped']) for result in results)} skipped, "
              f"{sum(len(result['failed']) for result in results)} failed")
        output = pathlib.Path(self.arguments.output)
        output.mkdir(parents=True, exist_ok=True)
        (output / f"{self.suite.name}.json").write_text(json.dumps({"units": results, "left_out": left}, indent=1))
        return 1 if unexplained or not native else 0


def matches(pattern, test):
    # Test names contain brackets; only * is special.
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), test) is not None


def read_explanations(name):
    """Lines of explained/NAME.txt: `UNIT::TEST: reason`; * stands for anything, # begins a comment."""
    path = HERE / "explained" / f"{name}.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            pattern, separator, reason = line.partition(" : ")
            if not separator or not reason.strip():
                sys.exit(f"{path}: expected \"UNIT::TEST : reason\", found \"{line}\"")
            pairs.append((pattern.strip(), reason.strip()))
    return pairs


def main(suite):
    parser = argparse.ArgumentParser(
        description=f"{sys.modules['__main__'].__doc__.strip()}\n\nRuns natively and protected, and lists what differs.",
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog=__doc__.split("\n\n")[-1])
    parser.add_argument("--only", action="append", metavar="REGEX", help="only units whose name contains it; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the units")
    parser.add_argument("--once", action="store_true", help="do not repeat units with differences")
    parser.add_argument("--jobs", type=int, default=1, help="units at the same time (default 1)")
    parser.add_argument("--limit", type=float, help=f"seconds for one unit in one mode (default {suite.limit})")
    parser.add_argument("--time", type=float, help="begin no unit after this many seconds; what is left out is listed")
    parser.add_argument("--redoubt", default=os.environ.get("REDOUBT", str(ROOT / "build/bin/redoubt")), help="the command under test")
    parser.add_argument("--output", default=str(ROOT / "build/compat"), help="for logs and results (default build/compat)")
    arguments = parser.parse_args()
    if not os.access(arguments.redoubt, os.X_OK):
        print(f"compat: {arguments.redoubt} is not there: build it, or say --redoubt", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        cache = pathlib.Path(arguments.output) / "cache" / suite.name
        cache.mkdir(parents=True, exist_ok=True)
        suite.prepare(cache.resolve())
        if arguments.list:
            print("\n".join(suite.units()))
            return 0
        os.nice(5)
        return Harness(suite, arguments).run()
    except CannotRun as reason:
        print(f"SKIP {suite.name}: {reason}")
        return 77
