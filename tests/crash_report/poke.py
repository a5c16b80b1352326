#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""poke.py RUNTIME PID FUNCTION HEX: overwrites the first bytes of a function of the runtime in a running process, as root can
through /proc/PID/mem whatever the protection of the page. FUNCTION is part of the mangled name and must be unambiguous."""

import re
import subprocess
import sys

runtime, pid, function, code = sys.argv[1], sys.argv[2], sys.argv[3], bytes.fromhex(sys.argv[4])
symbols = subprocess.run(["nm", runtime], capture_output=True, text=True, check=True).stdout
found = [line.split() for line in symbols.splitlines() if re.search(rf" [tT] .*{function}", line)]
if len(found) != 1:
    sys.exit(f"poke.py: expected one function like {function}, found {found}")
with open(f"/proc/{pid}/maps") as maps:
    base = next(int(line.split("-")[0], 16) for line in maps
                if line.rstrip().endswith("/redoubt-run") and line.split()[2] == "00000000")
with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
    memory.seek(base + int(found[0][0], 16))
    memory.write(code)
