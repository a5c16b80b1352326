#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Redis under redis-benchmark and BGSAVE, nginx under wrk and reloads, and a fork storm, all protected and all at once, for a long
time. The loads come in rounds. After each, at rest, descriptors, threads, mappings and resident memory of every server are taken:
after the warm-up they must not grow. No request may be lost, no round may hang, nobody may be left over.

    servers.py BIN HELPERS [--seconds N] [--native]

BIN has the command, HELPERS the storm. REDOUBT_SOAK_SECONDS in the environment says the length for a try. --native runs the same
without the shim: what fails there is the test's fault or the server's.
Exit status: 0 nothing found, 1 something was, 77 a program is not installed.
"""
import argparse
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUND = 12  # seconds of load before servers are looked at
RELOAD_EVERY = 1.5
LIMIT = 60  # seconds for anything that is waited for
WARM_UP = 0.2  # of the whole time, and at most two minutes
PIPELINES = (1, 16)
REQUESTS = 40000  # of each kind and round
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
PR_SET_CHILD_SUBREAPER = 36


class Failed(Exception):
    """Something that must not happen did."""


def find(program):
    path = shutil.which(program, path=ENVIRONMENT["PATH"])
    if path is None:
        print(f"SKIP soak.servers: {program} is not installed")
        sys.exit(77)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, limit=LIMIT):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"waited {limit} s for {what}")
        time.sleep(0.02)


def children(pid):
    # Of its main thread: nginx forks its workers there, and redis its child for BGSAVE.
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def inventory(pid):
    """What a process holds, seen from outside: the runtime's own share included. None when it has ended."""
    process = pathlib.Path(f"/proc/{pid}")
    try:
        resident = re.search(r"VmRSS:\s+(\d+)", process.joinpath("status").read_text())
        if resident is None:
            return None
        return {
            "descriptors": len(os.listdir(process / "fd")),
            "threads": len(os.listdir(process / "task")),
            "mappings": process.joinpath("maps").read_text().count("\n"),
            "KiB": int(resident.group(1)),
        }
    except FileNotFoundError:
        return None


class Soak:
    def __init__(self, arguments):
        self.seconds = arguments.seconds
        self.helpers = arguments.helpers
        self.launch = [] if arguments.native else [str(arguments.bin / "redoubt"), "run", "-q", "--"]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="redoubt-soak."))
        os.chmod(self.directory, 0o755)  # nginx's workers drop to another user
        self.processes = []
        self.samples = {}  # name → list of inventories, one a round
        self.counts = dict.fromkeys(("redis requests", "redis counted", "snapshots", "http requests", "reloads", "rounds"), 0)
        self.counter = 0

    # --- starting and stopping ---

    def start(self, name, command):
        log = open(self.directory / f"{name}.log", "w", encoding="utf-8")
        process = subprocess.Popen(self.launch + command, cwd=self.directory, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, start_new_session=True)
        log.close()
        self.processes.append((name, process))
        return process

    def log(self, name):
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def start_redis(self):
        self.redis_port = free_port()
        # jemalloc starts more threads of its own whenever it likes.
        self.redis = self.start("redis", [find("redis-server"), "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "",
                                          "--appendonly", "yes", "--jemalloc-bg-thread", "no", "--dir", str(self.directory)])
        wait_until("redis", lambda: self.answers(self.redis_port, self.redis))

    def start_nginx(self):
        self.nginx_port = free_port()
        www = self.directory / "www"
        www.mkdir()
        (www / "page").write_text("k" * 10240)
        for path, mode in ((www, 0o755), (www / "page", 0o644)):
            os.chmod(path, mode)
        (self.directory / "nginx.conf").write_text(f"""
worker_processes 2;
pid {self.directory}/nginx.pid;
error_log {self.directory}/error.log warn;
events {{ worker_connections 500; }}
http {{
    access_log off;
    client_body_temp_path {self.directory}/body;
    proxy_temp_path {self.directory}/proxy;
    fastcgi_temp_path {self.directory}/fastcgi;
    uwsgi_temp_path {self.directory}/uwsgi;
    scgi_temp_path {self.directory}/scgi;
    server {{ listen 127.0.0.1:{self.nginx_port} backlog=4096; root {www}; }}
}}
""")
        self.nginx = self.start("nginx", [find("nginx"), "-c", f"{self.directory}/nginx.conf", "-e", f"{self.directory}/error.log",
                                          "-g", "daemon off;"])
        wait_until("nginx", lambda: self.answers(self.nginx_port, self.nginx))

    def answers(self, port, process):
        if process.poll() is not None:
            raise Failed(f"a server ended with {process.returncode} before it listened")
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def stop(self, process, name):
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise Failed(f"{name} does not end") from None
        if status != 0:
            raise Failed(f"{name} ended with {status}")

    def end_everything(self):
        for _, process in self.processes:
            if process.poll() is None:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()

    # --- loads ---

    def ask_redis(self, *words):
        """One command on a connection of its own: the answer's lines."""
        with socket.create_connection(("127.0.0.1", self.redis_port), LIMIT) as client:
            client.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
            stream = client.makefile("rb")
            first = stream.readline()
            if first[:1] == b"$":
                return stream.read(int(first[1:])).decode()
            if first[:1] not in b"+:":
                raise Failed(f"redis answers {first!r} to {words}")
            return first[1:].strip().decode()

    def calls_counted(self):
        text = self.ask_redis("INFO", "commandstats")
        return {name: int(calls) for name, calls in re.findall(r"cmdstat_(\w+):calls=(\d+)", text)}

    def start_benchmarks(self):
        running = []
        for pipeline in PIPELINES:
            command = [find("redis-benchmark"), "-h", "127.0.0.1", "-p", str(self.redis_port), "-n", str(REQUESTS), "-c", "20", "-P",
                       str(pipeline), "-r", "10000", "-t", "set,get", "--csv"]
            running.append(subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT, text=True))
        return running

    def start_wrk(self):
        # A connection for each request: a kept one that a reload ends between two requests is an error to wrk and none to HTTP.
        command = [find("wrk"), "-t", "2", "-c", "20", "-d", f"{ROUND}s", "-H", "Connection: close", "--timeout", "30s",
                   f"http://127.0.0.1:{self.nginx_port}/page"]
        return subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    def output_of(self, process, name):
        try:
            output = process.communicate(timeout=LIMIT + ROUND)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(f"{name} hangs; it printed {process.communicate()[0][-500:]!r}") from None
        if process.returncode != 0:
            raise Failed(f"{name} ended with {process.returncode}: {output[-500:]}")
        return output

    def check_wrk(self, output):
        requests = int(re.search(r"(\d+) requests in", output).group(1))
        if re.search(r"Socket errors|Non-2xx", output) or requests < 100:
            raise Failed(f"wrk lost requests: {output}")
        self.counts["http requests"] += requests

    def check_benchmark(self, output):
        rows = re.findall(r'^"(\w+)","([\d.]+)"', output, re.MULTILINE)
        if sorted(name for name, _ in rows) != ["GET", "SET"] or re.search(r"error", output, re.IGNORECASE):
            raise Failed(f"redis-benchmark: {output}")

    def one_round(self):
        before = self.calls_counted()
        wrk = self.start_wrk()
        benchmarks = self.start_benchmarks()
        end = time.monotonic() + ROUND
        snapshots = 0
        while time.monotonic() < end:
            self.nginx.send_signal(signal.SIGHUP)
            self.counts["reloads"] += 1
            # Meanwhile a client that looks at each answer.
            next_reload = time.monotonic() + RELOAD_EVERY
            while time.monotonic() < next_reload:
                self.counter += 1
                answer = self.ask_redis("INCR", "counter")
                if answer != str(self.counter):
                    raise Failed(f"the counter is {answer}, expected {self.counter}")
                time.sleep(0.01)
            if snapshots == 0:  # in the midst of the load
                self.ask_redis("BGSAVE")
                snapshots = 1
        self.check_wrk(self.output_of(wrk, "wrk"))
        for benchmark in benchmarks:
            self.check_benchmark(self.output_of(benchmark, "redis-benchmark"))
        after = self.calls_counted()
        for name in ("set", "get"):
            executed = after.get(name, 0) - before.get(name, 0)
            if executed != REQUESTS * len(PIPELINES):
                raise Failed(f"redis executed {executed} {name}, expected {REQUESTS * len(PIPELINES)}")
            self.counts["redis requests"] += executed
        self.counts["redis counted"] = self.counter
        self.counts["snapshots"] += snapshots
        wait_until("the snapshot", lambda: "rdb_bgsave_in_progress:0" in self.ask_redis("INFO", "persistence"))
        persistence = self.ask_redis("INFO", "persistence")
        if "rdb_last_bgsave_status:ok" not in persistence or f"rdb_saves:{self.counts['snapshots']}\r" not in persistence:
            raise Failed(f"the snapshot failed: {persistence}")
        self.counts["rounds"] += 1

    # --- what is left over ---

    def at_rest(self):
        """Old workers are gone, no client is connected: two times the same in a row."""
        def settled():
            held = inventory(self.redis.pid)
            if held is None:
                raise Failed("redis is gone")
            state = (sorted(children(self.nginx.pid)), held["descriptors"], children(self.redis.pid))
            same, self.last_state = state == getattr(self, "last_state", None), state
            time.sleep(0.2)
            return same and len(state[0]) == 2 and not state[2] and "connected_clients:1\r" in self.ask_redis("INFO", "clients")
        wait_until("the servers to come to rest", settled)

    def take_samples(self):
        self.at_rest()
        processes = {"redis": self.redis.pid, "nginx master": self.nginx.pid, "storm": self.storm.pid}
        for number, worker in enumerate(sorted(children(self.nginx.pid))):
            processes[f"nginx worker {number + 1}"] = worker
        for name, pid in processes.items():
            held = inventory(pid)
            if held is not None and name == "redis":
                # Whoever asked last may not have been hung up on yet.
                for _ in range(4):
                    time.sleep(0.1)
                    again = inventory(pid) or held
                    held["descriptors"] = min(held["descriptors"], again["descriptors"])
            if held is not None:
                self.samples.setdefault(name, []).append(held)
            elif name != "storm":  # which ends by itself
                raise Failed(f"{name} is gone")

    def judge(self, name, taken):
        """At rest servers hold what they held, exactly; the storm is never at rest: bounds."""
        third = max(1, len(taken) // 3)
        found = []
        for what in taken[0]:
            early = statistics.median(sample[what] for sample in taken[:third])
            late = statistics.median(sample[what] for sample in taken[-third:])
            allowed = {"descriptors": 0, "threads": 0, "mappings": 4, "KiB": 4096 + early * 0.05}[what]
            if name == "storm":
                allowed = {"descriptors": 40, "threads": 12, "mappings": 100, "KiB": 16384}[what]
            print(f"  {name:16} {what:12} {early:>9.0f} then {late:>9.0f}, most {max(s[what] for s in taken):>8}")
            if late > early + allowed:
                found.append(f"{name}: {what} grew from {early:.0f} to {late:.0f}")
        return found

    def progress(self, began):
        last = {name: f"{s[-1]['descriptors']}/{s[-1]['threads']}/{s[-1]['mappings']}/{s[-1]['KiB']}" for name, s in self.samples.items()}
        counted = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        print(f"[{time.monotonic() - began:5.0f} s] {counted}; descriptors/threads/mappings/KiB:",
              ", ".join(f"{name} {value}" for name, value in last.items()), flush=True)

    def run(self):
        began = time.monotonic()
        self.start_redis()
        self.start_nginx()
        self.storm = self.start("storm", [str(self.helpers / "storm"), str(self.seconds)])
        warm_until = began + min(120.0, self.seconds * WARM_UP)
        warm_rounds = 0
        while self.storm.poll() is None:
            if time.monotonic() - began > self.seconds + 2 * LIMIT:
                raise Failed("the storm hangs")
            self.one_round()
            self.take_samples()
            if time.monotonic() < warm_until or warm_rounds == 0:
                warm_rounds += 1
            self.progress(began)
        print(self.log("storm").strip())
        if self.storm.returncode != 0:
            raise Failed(f"the storm ended with {self.storm.returncode}")
        if time.monotonic() - began < self.seconds:
            raise Failed("the storm ended early")
        found = []
        for name, taken in self.samples.items():
            found += self.judge(name, taken[warm_rounds:] or taken)
        self.stop(self.nginx, "nginx")
        self.stop(self.redis, "redis")
        alerts = [line for line in (self.directory / "error.log").read_text().splitlines() if re.search(r"\[(crit|alert|emerg)\]", line)]
        if alerts:
            found.append(f"nginx logged {alerts[:3]}")
        for name, _ in self.processes:
            if "redoubt: internal error" in self.log(name):
                found.append(f"the shim crashed in {name}")
        # Orphans come to this process, which adopts them. What ended already is no orphan that lives on.
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
            found.append(f"processes are left over: {children(os.getpid())}")
        except ChildProcessError:
            pass
        if found:
            raise Failed("; ".join(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("helpers", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--native", action="store_true")
    arguments = parser.parse_args()
    arguments.seconds = int(os.environ.get("REDOUBT_SOAK_SECONDS") or arguments.seconds)
    for program in ("redis-server", "redis-benchmark", "nginx", "wrk"):
        find(program)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    soak = Soak(arguments)
    try:
        soak.run()
    except Failed as problem:
        print(f"FAILED: {problem}", file=sys.stderr)
        for name, _ in soak.processes:
            print(f"--- end of {name}.log\n{soak.log(name)[-1500:]}", file=sys.stderr)
        return 1
    finally:
        soak.end_everything()
        shutil.rmtree(soak.directory, ignore_errors=True)
    print("ok: nothing is left over")
    return 0


if __name__ == "__main__":
    sys.exit(main())
