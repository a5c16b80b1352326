# SPDX-License-Identifier: Apache-2.0
"""What tools take away from a running system: packets (tcpdump), a core that a debugger makes (gcore) and one that the kernel makes
when a program is killed by SIGABRT."""
import contextlib
import pathlib
import shutil
import signal
import subprocess
import time

from .process_view import look_at_file
from .program import LIMIT


@contextlib.contextmanager
def wire(findings, directory, ports):
    """Captures the loopback device while the body runs; what it captured is searched at its end."""
    if shutil.which("tcpdump", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
        findings.gap("wire: tcpdump is not installed")
        yield
        return
    file, said = directory / "wire.pcap", directory / "tcpdump.log"
    condition = " or ".join(f"tcp port {port}" for port in ports)
    with open(said, "wb") as log:
        process = subprocess.Popen(["tcpdump", "-i", "lo", "-s", "0", "--immediate-mode", "-U", "-Z", "root", "-w", file, condition],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + LIMIT
        while b"listening on" not in said.read_bytes() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(LIMIT)
    if not file.exists() or file.stat().st_size < 1000:
        findings.gap(f"wire: nothing was captured: {said.read_text().strip()[-200:]}")
    else:
        look_at_file(findings, "wire", "capture of lo", file)
    file.unlink(missing_ok=True)


def core_by_debugger(findings, pid, directory):
    if shutil.which("gcore") is None:
        findings.gap("core by gdb: gcore is not installed")
        return
    done = subprocess.run(["gcore", "-o", directory / "gcore", str(pid)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=3 * LIMIT)
    files = list(directory.glob("gcore.*"))
    if not files:
        findings.gap(f"core by gdb: {(done.stderr.strip().splitlines() or ['no core'])[-1]}")
    for file in files:
        look_at_file(findings, "core by gdb", f"gcore {pid}", file)
        file.unlink()


def core_by_kernel(findings, process, directory):
    """Ends the program."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    process.send_signal(signal.SIGABRT)
    process.wait(LIMIT)
    findings.look("core by kernel", "none", b"")
    for file in directory.rglob("core*"):
        if file.is_file():
            look_at_file(findings, "core by kernel", str(file), file)
    if pattern.startswith("|") or "/" in pattern:
        findings.gap(f"core by kernel: core_pattern is {pattern}, so it would not be written below {directory}")
