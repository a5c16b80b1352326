"""What is measured: one row a measure in MEASURES. A measure is a function of a harness.Run that gives a Sample: how many
operations were done and the value of one. Everything is one operation of a kind that a reader can picture.
"""
import dataclasses
import re
import time
from typing import Callable

from harness import Failed, Run, find, free_port


@dataclasses.dataclass
class Sample:
    operations: int
    value: float


@dataclasses.dataclass
class Measure:
    name: str
    what: str
    unit: str  # a time ("ns", "us", "ms"), where less is better, or "/s", where more is
    take: Callable[[Run], Sample]


UNITS_A_SECOND = {"ns": 1e9, "us": 1e6, "ms": 1e3}


def from_report(output, unit):
    """The line of bench.h: operations and nanoseconds."""
    operations, nanoseconds = map(int, output.split())
    if unit == "/s":
        return Sample(operations, operations / nanoseconds * 1e9)
    return Sample(operations, nanoseconds / operations * UNITS_A_SECOND[unit] / 1e9)


# --- small programs of this folder ---


def micro(name, operations, unit, *arguments):
    return lambda run: from_report(run.command(run.program(name), str(run.scaled(operations)), *arguments), unit)


def dispatch_alone(run):
    """Both modes without the shim, "protected" with Syscall User Dispatch switched on: the least that interception by it can cost."""
    output = run.native(run.program("getppid"), str(run.scaled(200_000)), *(["dispatch"] if run.launch else []))
    return from_report(output, "ns")


def start(program, operations, *arguments):
    """Native starts, or protected starts as a shell sees them: the launcher is part of it."""

    def take(run):
        command = [run.program("spawn_wait"), str(run.scaled(operations)), *run.launch, find(program), *arguments]
        return from_report(run.native(*command), "ms")

    return take


def compile_c(run):
    source = run.directory / "source.c"
    source.write_text("#include <stdio.h>\n#include <stdlib.h>\n" + "".join(
        f"int f{i}(int x) {{ printf(\"%d\\n\", x); return x * {i} + rand(); }}\n" for i in range(300)))
    count = run.scaled(3)
    begin = time.perf_counter()
    for _ in range(count):
        run.command(find("gcc"), "-O1", "-c", str(source), "-o", str(run.directory / "object.o"))
    return Sample(count, (time.perf_counter() - begin) / count * 1e3)


# --- servers ---


def redis(command, operations, pipeline):
    def take(run):
        port = free_port()
        count = run.scaled(operations)
        with run.server(port, find("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"):
            output = run.native(find("redis-benchmark"), "-p", str(port), "-t", command, "-n", str(count), "-P", str(pipeline), "-c", "50", "--csv")
        found = re.search(rf'^"{command}[^"]*","([0-9.]+)"', output, re.IGNORECASE | re.MULTILINE)
        if not found:
            raise Failed(f"redis-benchmark said {output!r}")
        return Sample(count, float(found[1]))

    return take


def memcached(run):
    port = free_port()
    with run.server(port, find("memcached"), "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "2"):
        output = run.native(run.program("memcached_load"), str(run.scaled(40000)), str(port), "16")
    return from_report(output, "/s")


NGINX_CONFIGURATION = """
daemon off; worker_processes 2; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; keepalive_requests 1000000;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    server {{ listen 127.0.0.1:{port}; root {directory}; }}
}}
"""


def nginx(run):
    port = free_port()
    (run.directory / "page").write_bytes(b"p" * 10240)
    (run.directory / "nginx.conf").write_text(NGINX_CONFIGURATION.format(directory=run.directory, port=port))
    load = find("wrk")
    with run.server(port, find("nginx"), "-c", str(run.directory / "nginx.conf"), "-e", str(run.directory / "error.log")):
        output = run.native(load, "-t1", "-c16", "-d1s" if run.quick else "-d3s", f"http://127.0.0.1:{port}/page")
    if "Non-2xx" in output or "Socket errors" in output:
        raise Failed(f"wrk saw errors: {output.strip()}")
    return Sample(int(re.search(r"(\d+) requests in", output)[1]), float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1]))


# --- SQLite ---


def sqlite(script, operations):
    def take(run):
        count = run.scaled(operations)
        program = find("sqlite3")
        setup = "PRAGMA synchronous = OFF;\nCREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT);\n"
        run.native(program, "test.db", input=setup)
        begin = time.perf_counter()
        run.command(program, "-batch", "test.db", input="PRAGMA synchronous = OFF;\n" + script(count))
        return Sample(count, (time.perf_counter() - begin) / count * 1e6)

    return take


def one_transaction(count):
    rows = "".join(f"INSERT INTO t (text) VALUES ('row number {i} of a table');\n" for i in range(count))
    return f"BEGIN;\n{rows}COMMIT;\n"


def many_transactions(count):
    return "".join(f"INSERT INTO t (text) VALUES ('row number {i} of a table');\n" for i in range(count))


MEASURES = [
    Measure("start_true", "start of true", "ms", start("true", 30)),
    Measure("getppid", "getppid", "ns", micro("getppid", 200_000, "ns")),
    Measure("dispatch_alone", "getppid, dispatch on, no runtime", "ns", dispatch_alone),
    Measure("read_byte", "read of one byte of /dev/zero", "ns", micro("read_byte", 200_000, "ns")),
    Measure("sigprocmask", "sigprocmask, which the shim answers", "ns", micro("sigprocmask", 200_000, "ns")),
    Measure("fork_wait", "fork and wait", "us", micro("fork_wait", 500, "us")),
    Measure("execve", "posix_spawn of true and wait", "us", micro("spawn_wait", 100, "us", "/bin/true")),
    Measure("thread_create", "pthread_create and join", "us", micro("thread_create", 3_000, "us")),
    Measure("futex_ping", "round trip of two threads by futex", "us", micro("futex_ping", 20_000, "us")),
    Measure("mutex_1", "64 threads, one mutex", "ns", micro("mutexes", 2_000_000, "ns", "1")),
    Measure("mutex_64", "64 threads, a mutex each", "ns", micro("mutexes", 20_000_000, "ns", "64")),
    Measure("redis_set", "redis SET, 50 clients", "/s", redis("set", 50_000, 1)),
    Measure("redis_get", "redis GET, 50 clients", "/s", redis("get", 50_000, 1)),
    Measure("redis_set_16", "redis SET, 16 in a pipeline", "/s", redis("set", 300_000, 16)),
    Measure("redis_get_16", "redis GET, 16 in a pipeline", "/s", redis("get", 300_000, 16)),
    Measure("memcached", "memcached set and get, 16 clients", "/s", memcached),
    Measure("nginx", "nginx 10 KB static, 16 clients", "/s", nginx),
    Measure("sqlite_bulk", "sqlite insert, one transaction", "us", sqlite(one_transaction, 100_000)),
    Measure("sqlite_commit", "sqlite insert, a transaction each", "us", sqlite(many_transactions, 1_000)),
    Measure("compile", "gcc compiling a C file", "ms", compile_c),
    Measure("start_python", "start of python3", "ms", start("python3", 10, "-S", "-c", "pass")),
    Measure("start_node", "start of node", "ms", start("node", 5, "-e", "0")),
    Measure("start_java", "start of java", "ms", start("java", 5, "-Xshare:auto", "-version")),
]
