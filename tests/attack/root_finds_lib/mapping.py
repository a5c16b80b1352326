# SPDX-License-Identifier: Apache-2.0
"""Shared mappings of files: a program of its own (mapper.c), for Redis has none. On a volume their memory is the program's; it lies in a
memory file of the runtime, since processes share it, and root gets at it through that file as well as through the program.
"""
import subprocess
import time

from .process_view import children, look_at_memory, look_at_process
from .program import LIMIT

SOURCE = __file__.rpartition("/")[0] + "/mapper.c"
CONFIGURED = "/etc/mapper.conf"  # in the protected run; the bytes are in a file of the session


def build(program):
    """Next to the program's data. A reason, when it cannot be."""
    path = program.directory / "mapper"
    try:
        done = subprocess.run(["cc", "-O1", "-static", "-o", path, SOURCE], capture_output=True, text=True)
    except FileNotFoundError:
        return None, "shared mappings: there is no C compiler (cc) to build the program with"
    return (str(path), None) if done.returncode == 0 else (None, f"shared mappings: {done.stderr.strip()[-200:]}")


def look(findings, process, output):
    deadline = time.monotonic() + LIMIT
    while "mapped" not in output.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the program with a mapping did not map: {output.read_text(errors='replace').strip()[-300:]}")
        time.sleep(0.02)
    for pid in children(process.pid):
        look_at_process(findings, pid)
        look_at_memory(findings, "memory", pid)
