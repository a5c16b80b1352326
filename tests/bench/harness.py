"""How one measurement is taken: programs are started natively or under the shim, servers on 127.0.0.1 are started, waited for and
stopped, and the shim's statistics are read. Knows nothing of what is measured.

Every process started here is ended here, by its own id, and every wait has a limit.
"""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

LIMIT = 120  # seconds for anything that is waited for
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Unavailable(Exception):
    """What is to be measured is not installed."""


class Failed(Exception):
    """A program did not do its part."""


def find(program):
    path = shutil.which(program, path=ENVIRONMENT["PATH"])
    if path is None:
        raise Unavailable(f"{program} is not installed")
    return path


class Run:
    """One run of one measure: its mode, its scale, its temporary directory."""

    def __init__(self, redoubt, programs, protected, quick, count_calls=False):
        self.programs = programs
        self.quick = quick
        self.environment = dict(ENVIRONMENT)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="redoubt-bench."))
        os.chmod(self.directory, 0o755)  # servers drop to another user
        self.statistics = self.directory / "statistics"
        self.launch = [redoubt, "run", "-q"] if protected else []
        if protected and count_calls:
            self.launch += ["--stats-output", str(self.statistics)]
        if protected:
            self.launch.append("--")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def scaled(self, operations):
        return max(1, operations // 10) if self.quick else operations

    def program(self, name):
        return str(self.programs / name)

    def native(self, *command, **options):
        """Runs it outside the shim and gives its standard output."""
        try:
            done = subprocess.run(command, cwd=self.directory, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, timeout=LIMIT, **({"stdin": subprocess.DEVNULL} | options if "input" not in options else options))
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} did not end within {LIMIT} s") from None
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["nothing on standard error"])[-1]
            raise Failed(f"{' '.join(command)[:80]} ended with {done.returncode}: {reason}")
        return done.stdout

    def command(self, *command, **options):
        """Runs it in this run's mode."""
        return self.native(*self.launch, *command, **options)

    @contextlib.contextmanager
    def server(self, port, *command):
        """A server in this run's mode that listens on 127.0.0.1:port; stopped with SIGTERM, so that it writes its statistics."""
        with open(self.directory / "server.log", "w+", encoding="utf-8", errors="replace") as log:
            process = subprocess.Popen([*self.launch, *command], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            try:
                wait_for_port(port, process, log)
                yield process
                process.send_signal(signal.SIGTERM)
                process.wait(LIMIT)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def counted(self):
        """(calls, traps) of all processes that ran under the shim here and have ended; None if none told."""
        if not self.statistics.exists():
            return None
        lines = [json.loads(line) for line in self.statistics.read_text().splitlines() if line.strip()]
        return sum(line["calls"] for line in lines), sum(line["traps"] for line in lines)


def free_port():
    for _ in range(100):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("no free port")


def wait_for_port(port, process, log):
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                log.seek(0)
                raise Failed(f"server ended with {process.returncode}: {log.read().strip()[-200:]}") from None
            if time.monotonic() > deadline:
                raise Failed("server does not listen") from None
            time.sleep(0.01)
