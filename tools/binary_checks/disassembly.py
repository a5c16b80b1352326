# SPDX-License-Identifier: Apache-2.0
"""Every system-call instruction of a linked file, with the numbers it can be given.

objdump supplies the instructions of each function. From a system-call instruction we walk backwards, through fall-through
and direct jumps, to whatever last wrote %eax, or the register it was copied from: a constant is a number, anything
else, a register that is an argument of the function included, makes the site "dynamic".
"""

import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field

_FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(.+)$")
_TARGET = re.compile(r"^(j\w+|loop\w*)\s+([0-9a-f]+) <")
_PREFIX = re.compile(r"^(?:(?:lock|rep|repz|repnz|bnd|notrack|data16|cs|ds|es|ss|fs|gs|rex(?:\.\w+)?)\s+)+")
_CONSTANT = re.compile(r"^mov[lq]?\s+\$(0x[0-9a-f]+),%(\w+)$")
_COPY = re.compile(r"^mov[lq]?\s+%(\w+),%(\w+)$")
_ZERO = re.compile(r"^xorl?\s+%(\w+),%(\w+)$")
_ONLY_READS = re.compile(r"^(cmp|test|push|nop|j|bt\s|ret|ud2|hlt|endbr)")
_DESTINATION = re.compile(r"%(\w+)$")
_LEAVES = re.compile(r"^(ret|jmp|ud2|hlt)")

_CALLS_SYSCALL = re.compile(r"^(call|jmp)\w*\s+[0-9a-f]+ <syscall>$")

DYNAMIC = "dynamic"
VIA_LIBC = "syscall()"  # a call of libc's function instead of an instruction


@dataclass
class Site:
    address: int
    function: str
    instruction: str
    numbers: set = field(default_factory=set)  # of int, or DYNAMIC


@dataclass
class _Function:
    name: str
    addresses: list = field(default_factory=list)
    text: list = field(default_factory=list)


def is_system_call(text):
    return text in ("syscall", "sysenter") or re.fullmatch(r"int\s+\$0x80", text) is not None


def _names(path):
    """address -> the plainest of the names that a function has, so that a list of functions is stable."""
    listing = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
    names = defaultdict(list)
    for match in re.finditer(r"^([0-9a-f]+) [tTwWi] (\S+)$", listing, re.M):
        names[int(match[1], 16)].append(match[2])
    return {address: min(group, key=lambda n: (len(n) - len(n.lstrip("_")), n)) for address, group in names.items()}


def functions_of(path):
    names = _names(path)
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-w", path], check=True, capture_output=True,
                             text=True).stdout
    current = None
    for line in listing.splitlines():
        if start := _FUNCTION.match(line):
            if current:
                yield current
            current = _Function(names.get(int(start[1], 16), start[2]))
        elif current and (instruction := _INSTRUCTION.match(line)):
            text = _PREFIX.sub("", instruction[2].split("#")[0].strip())
            current.addresses.append(int(instruction[1], 16))
            current.text.append(text)
    if current:
        yield current


def _family(register):
    """"rax", "ax", "al" -> "eax"; "r8" -> "r8d": one name for a register in all its widths."""
    if match := re.fullmatch(r"(r\d+)[dwb]?", register):
        return match[1] + "d"
    if match := re.fullmatch(r"[re]?([a-ds])([xip]|pl|l|h|il)", register):
        return "e" + match[1] + {"l": "x", "h": "x", "il": "i", "pl": "p"}.get(match[2], match[2])
    return register


_KEPT_BY_CALLS = {"ebx", "ebp", "esp", "r12d", "r13d", "r14d", "r15d"}
# Instructions that write registers they do not name.
_IMPLICIT_WRITES = [
    (re.compile(r"^(syscall|sysenter|int\b)"), {"eax", "ecx", "r11d"}),
    (re.compile(r"^(i?mul|i?div|rdtsc|xgetbv|cltq|cqto|cltd|cwtl|cmpxchg(8|16)b)"), {"eax", "edx"}),
    (re.compile(r"^cmpxchg"), {"eax"}),
    (re.compile(r"^cpuid"), {"eax", "ebx", "ecx", "edx"}),
    (re.compile(r"^(movs|stos|lods|scas|cmps)[bwlq]?\s+[^,]*%[ed]s:\("), {"eax", "ecx", "esi", "edi"}),
]


def _effect(text, register):
    """What an instruction does to a register: a number, another register that it is copied from, DYNAMIC, or None."""
    if _ONLY_READS.match(text):
        return None
    if (constant := _CONSTANT.match(text)) and _family(constant[2]) == register:
        return int(constant[1], 16)
    if (zero := _ZERO.match(text)) and zero[1] == zero[2] and _family(zero[1]) == register:
        return 0
    if (copy := _COPY.match(text)) and _family(copy[2]) == register:
        return _family(copy[1])
    if text.startswith("call"):
        return None if register in _KEPT_BY_CALLS else DYNAMIC
    if any(pattern.match(text) and register in written for pattern, written in _IMPLICIT_WRITES):
        return DYNAMIC
    if (destination := _DESTINATION.search(text)) and _family(destination[1]) == register:
        return DYNAMIC
    return None


def _numbers(function, start, register):
    """The values a register can hold just before instruction `start`."""
    jumps_to = defaultdict(list)
    for i, text in enumerate(function.text):
        if target := _TARGET.match(text):
            jumps_to[int(target[2], 16)].append(i)
    indirect = any(text.startswith("jmp") and "*" in text for text in function.text)
    found, seen, pending = set(), set(), [(start, register)]
    while pending:
        i, register = pending.pop()
        before = list(jumps_to[function.addresses[i]])
        if i > 0 and not _LEAVES.match(function.text[i - 1]):
            before.append(i - 1)
        # The start of the function: an argument. Elsewhere without a way in: padding, unless a jump table leads there.
        if not before and (i == 0 or indirect):
            found.add(DYNAMIC)
        for j in before:
            effect = _effect(function.text[j], register)
            if isinstance(effect, int) or effect == DYNAMIC:
                found.add(effect)
            elif (j, effect or register) not in seen:
                seen.add((j, effect or register))
                pending.append((j, effect or register))
    return found


# AVX and AVX-512 registers, MMX, and what computes on the x87 stack.
_BEYOND_SSE = re.compile(r"%(?:[yz]mm\d|k[0-7]\b|mm[0-7]\b|st\b)|^(?:f(?:ild|ld|st|ist|xch)|emms|vzero)")


def scan(path, never_called):
    """Returns the system-call sites, (caller, callee) for every reference to a symbol in `never_called`, and (address,
    function) of the first instruction of each function that uses vector registers beyond SSE."""
    sites, references, wide = [], [], []
    wanted = re.compile(r"<(" + "|".join(map(re.escape, never_called)) + r")>") if never_called else None
    for function in functions_of(path):
        first = next((i for i, text in enumerate(function.text) if _BEYOND_SSE.search(text)), None)
        if first is not None:
            wide.append((function.addresses[first], function.name))
        for i, text in enumerate(function.text):
            if is_system_call(text):
                sites.append(Site(function.addresses[i], function.name, text, _numbers(function, i, "eax")))
            elif _CALLS_SYSCALL.match(text):
                sites.append(Site(function.addresses[i], function.name, VIA_LIBC, _numbers(function, i, "edi")))
            elif wanted and (reference := wanted.search(text)) and function.name != reference[1]:
                references.append((function.name, reference[1]))
    return sites, references, wide
