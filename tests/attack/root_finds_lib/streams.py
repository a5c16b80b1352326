# SPDX-License-Identifier: Apache-2.0
"""Pipes and standard streams: kernel memory and the caller's files, which Redoubt leaves in the clear and says so. A shell writes a
canary to its standard output and into a pipe that nobody reads; a reader would take the bytes away from the program, so Redis's own
pipes are left alone. The shell also keeps the environment as it got it, which Redis overwrites with its title.
"""
import fcntl
import os
import stat
import struct
import termios
import time

from .process_view import children, look_at_process
from .program import LIMIT

SCRIPT = 'printf %s "$CANARY"; printf %s "$CANARY" | sleep 60'


def command(program):
    return ["sh", "-c", SCRIPT, program.text("arg")]


def environment(program):
    return {"PATH": "/usr/bin:/bin", "CANARY": program.text("value"), "ANOTHER": program.text("env")}


def waiting_pipe(pid):
    """A descriptor of the pipe on the standard input of `sleep` once something is in it, or None."""
    for child in children(pid):
        try:
            pipe = os.open(f"/proc/{child}/fd/0", os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        is_pipe = stat.S_ISFIFO(os.fstat(pipe).st_mode)
        if is_pipe and struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0] > 0:
            return pipe
        os.close(pipe)
    return None


def look(findings, process, output):
    deadline = time.monotonic() + LIMIT
    while (pipe := waiting_pipe(process.pid)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the writer of a pipe did not write: {output.read_text(errors='replace').strip()[-300:]}")
        time.sleep(0.02)
    findings.look("pipes", "a pipe", os.read(pipe, 1 << 16))
    os.close(pipe)
    findings.look("standard streams", str(output), output.read_bytes())
    for pid in children(process.pid):
        look_at_process(findings, pid)
