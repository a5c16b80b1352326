#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What whoever may read a process's memory (root) finds in it. Usage: scan_memory.py PID WORD...

Prints "WORD found|none" for each, then the number of mappings that could not be read and "sealed" with their bytes.
"""

import sys

pid, words = sys.argv[1], sys.argv[2:]
found = dict.fromkeys(words, False)
refused = sealed = 0
with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        addresses, rights, rest = line.split(maxsplit=2)
        start, end = (int(part, 16) for part in addresses.split("-"))
        if "secretmem" in rest:
            sealed += end - start
        if rights[0] != "r" or "[v" in rest:
            continue
        contents = b""
        try:
            memory.seek(start)
            contents = memory.read(end - start)
        except OSError:
            refused += 1
        for word in words:
            found[word] = found[word] or word.encode() in contents
for word in words:
    print(word, "found" if found[word] else "none")
print("refused", refused, "sealed", sealed)
