# SPDX-License-Identifier: Apache-2.0
"""The few parts of an ELF64 file that say how it is loaded: header, program headers, section headers, dynamic section.

Numbers and layouts are those of the System V gABI and of <elf.h>. Only little-endian ELF64 is understood, which is what
x86-64 is; anything else is an error.
"""

import struct
from dataclasses import dataclass

ET_DYN = 3
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 3, 0x6474E551, 0x6474E552
PF_X, PF_W = 1, 2
SHF_EXECINSTR = 4
DT_NEEDED, DT_TEXTREL, DT_FLAGS, DT_FLAGS_1 = 1, 22, 30, 0x6FFFFFFB
DF_TEXTREL, DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 4, 8, 1, 0x08000000


@dataclass
class Segment:
    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int


@dataclass
class Section:
    name: str
    flags: int
    address: int
    size: int


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path}: expected a little-endian ELF64 file")
        (self.type, _machine, _version, _entry, phoff, shoff, _flags, _ehsize, phentsize, phnum, shentsize, shnum, shstrndx) = (
            struct.unpack_from("<HHIQQQIHHHHHH", data, 16))
        self.segments = []
        for i in range(phnum):
            kind, flags, offset, address, _physical, file_size, memory_size, _align = struct.unpack_from(
                "<IIQQQQQQ", data, phoff + i * phentsize)
            self.segments.append(Segment(kind, flags, offset, address, file_size, memory_size))
        headers = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * shentsize) for i in range(shnum)]
        names = headers[shstrndx][4] if headers else 0
        self.sections = [Section(self._string(data, names + h[0]), h[2], h[3], h[5]) for h in headers]
        self.dynamic = []
        for segment in self.segments:
            if segment.kind == PT_DYNAMIC:
                pairs = struct.iter_unpack("<QQ", data[segment.offset:segment.offset + segment.file_size // 16 * 16])
                self.dynamic = [(tag, value) for tag, value in pairs if tag != 0]

    @staticmethod
    def _string(data, offset):
        return data[offset:data.index(b"\0", offset)].decode()

    def of_kind(self, kind):
        return [segment for segment in self.segments if segment.kind == kind]

    def dynamic_value(self, tag):
        return next((value for found, value in self.dynamic if found == tag), 0)
