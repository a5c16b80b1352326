# SPDX-License-Identifier: Apache-2.0
"""GNU ld's map file: which input put which bytes where, and who asked for each archive member.

An input is named as ld names it: "path/file.o" or "path/lib.a(member.o)". Paths are relative to where the linker ran, the
build directory; ours are those below it.
"""

import bisect
import os
import re
from dataclasses import dataclass

_MEMBER = re.compile(r"^(\S+\.a\(\S+\))\s+(\S+(?:\(\S+\))?) \((.+)\)$", re.M)
_OUTPUT = re.compile(r"^(\.?[A-Za-z_][^\s]*)(?:\s|$)")
_INPUT = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")


@dataclass
class Contribution:
    address: int
    size: int
    input: str


class LinkMap:
    def __init__(self, path, build_directory, executable_sections):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        self._build = os.path.abspath(build_directory)
        before, _, layout = text.partition("Linker script and memory map")
        if not layout:
            raise ValueError(f"{path}: expected a map written by GNU ld (-Wl,-Map), found something else")
        included = before.partition("Discarded input sections")[0]
        # member -> (who needed it, for which symbol)
        self.pulled_by = {m[1]: (m[2], m[3]) for m in _MEMBER.finditer(included)}
        self._contributions = sorted(self._parse(layout, executable_sections), key=lambda c: c.address)
        self._starts = [c.address for c in self._contributions]

    @staticmethod
    def _parse(layout, executable_sections):
        current = None
        for line in re.sub(r"^( \S+)\n\s+0x", r"\1 0x", layout, flags=re.M).splitlines():
            if output := _OUTPUT.match(line):
                current = output[1]
            elif (contribution := _INPUT.match(line)) and current in executable_sections:
                if size := int(contribution[3], 16):
                    yield Contribution(int(contribution[2], 16), size, contribution[4])

    def input_at(self, address):
        """The input whose code is at this address of the linked file, or None (linker-made stubs, padding)."""
        i = bisect.bisect_right(self._starts, address) - 1
        if i < 0:
            return None
        found = self._contributions[i]
        return found.input if address < found.address + found.size else None

    def source_of(self, name):
        """For an input of ours, its source relative to the build's mirror of the tree, such as src/shim/gate/gate.S;
        None for a library's. Understands CMake's .../CMakeFiles/TARGET.dir/SOURCE.o, also behind an archive."""
        archive, _, member = name.partition("(")
        path = os.path.relpath(os.path.join(self._build, archive), self._build)
        if path.startswith(".."):
            return None
        if not member:
            return re.sub(r"CMakeFiles/[^/]+\.dir/", "", path).removesuffix(".o")
        target = re.sub(r"^lib|\.a$", "", os.path.basename(path))
        folder = os.path.join(self._build, os.path.dirname(path), "CMakeFiles", target + ".dir")
        wanted = member.rstrip(")")
        for where, _, files in os.walk(folder):
            if wanted in files:
                inner = os.path.relpath(os.path.join(where, wanted), folder)
                return os.path.normpath(os.path.join(os.path.dirname(path), inner)).removesuffix(".o")
        return os.path.join(os.path.dirname(path), wanted).removesuffix(".o")

    def chain(self, name):
        """Who pulled an archive member in, back to an object on the command line: for messages."""
        steps = [short(name)]
        while name in self.pulled_by and len(steps) < 12:
            name, symbol = self.pulled_by[name]
            steps.append(f"{short(name)} (for {symbol})")
        return " <- ".join(steps)


def short(name):
    """"/usr/lib/.../libc.a(fork.o)" -> "libc.a(fork.o)"."""
    return name.rpartition("/")[2]
