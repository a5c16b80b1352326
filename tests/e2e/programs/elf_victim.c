// SPDX-License-Identifier: Apache-2.0
//
// What a program sees of how it was loaded, for elf_mutations.c: arguments, auxiliary vector, its own mappings, data and .bss. Needs
// no C library and no interpreter, and may be one itself; addresses are printed relative to where the image lies, so that two runs
// can be compared. Exit status 42.
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

extern const char __ehdr_start[], __bss_start[];
static volatile uint64_t data[600] = {0x1122334455667788, [599] = 0x99};  // more than a page
static volatile char zeroes[5000];

static char text[32768];
static size_t used;

static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
static void put(char c) {
    if (used < sizeof text) text[used++] = c;
}
static void print(const char* s) {
    for (; *s; ++s) put(*s);
}
static void hex(uint64_t value) {
    int shift = 60;
    while (shift > 0 && value >> shift == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}
static void relative(uint64_t value, uint64_t base) {
    if (value == 0) {
        put('0');
        return;
    }
    put(value < base ? '-' : '+');
    hex(value < base ? base - value : value - base);
}
static void quoted(const char* s) {
    // Of a long one the hash and the length are enough.
    uint64_t hash = 14695981039346656037UL, length = 0;
    for (const char* p = s; *p; ++p, ++length) hash = (hash ^ (unsigned char)*p) * 1099511628211UL;
    if (length > 300) {
        put('#'), hex(hash), put(','), hex(length);
        return;
    }
    put('\'');
    for (; *s; ++s) {
        if (*s > ' ' && *s < 127) {
            put(*s);
        } else {
            put('\\');
            hex((unsigned char)*s);
        }
    }
    put('\'');
}
static const char* number(const char* s, uint64_t* value) {
    for (*value = 0;; ++s) {
        const char c = *s;
        if (c >= '0' && c <= '9') {
            *value = *value * 16 + (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            *value = *value * 16 + (uint64_t)(c - 'a' + 10);
        } else {
            return s;
        }
    }
}
static int same(const char* a, const char* b) {
    while (*a && *a == *b) ++a, ++b;
    return *a == *b;
}

// The mappings of a file called "image" or "interpreter", and the unnamed ones right behind them; unnamed neighbours are one.
static void mappings(uint64_t base) {
    static char maps[65536];
    const long fd = call(2, (long)"/proc/self/maps", 0, 0);
    size_t size = 0;
    for (long got; size < sizeof maps - 1 && (got = call(0, fd, (long)(maps + size), (long)(sizeof maps - 1 - size))) > 0;) size += (size_t)got;
    maps[size] = 0;
    uint64_t previous_end = 0, own_base = base;
    const char* last_name = "";
    char open_permissions[5] = "";  // of an unnamed mapping that is not finished
    for (char* line = maps; *line;) {
        char* end = line;
        while (*end && *end != '\n') ++end;
        const int last = *end == 0;
        *end = 0;
        uint64_t from, to, offset;
        const char* permissions = number(number(line, &from) + 1, &to) + 1;
        number(permissions + 5, &offset);
        const char* name = end;
        while (name > line && name[-1] != '/' && name[-1] != ' ') --name;
        const int of_image = same(name, "image") || same(name, "interpreter");
        if (of_image || (*name == 0 && from == previous_end)) {
            int continues = !of_image && open_permissions[0] != 0;
            for (int i = 0; i < 4 && continues; ++i) continues = open_permissions[i] == permissions[i];
            if (!continues) {
                if (previous_end != 0) print("..."), relative(previous_end, base);
                put(' ');
                // The other of the two files: relative to its own first mapping.
                const uint64_t distance = from > own_base ? from - own_base : own_base - from;
                if (of_image && distance < (1UL << 32)) {
                    base = own_base;
                } else if (of_image && !same(name, last_name)) {
                    base = from;
                }
                if (of_image) last_name = name;
                relative(from, base);
                put(':');
                for (int i = 0; i < 4; ++i) put(permissions[i]), open_permissions[i] = permissions[i];
                put(':');
                hex(offset);
                print(name);
                if (of_image) open_permissions[0] = 0;
            }
            previous_end = to;
        } else {
            if (previous_end != 0) print("..."), relative(previous_end, base);
            previous_end = 0;
            open_permissions[0] = 0;
        }
        line = end + !last;
    }
}

__attribute__((used, noreturn)) static void start(const uint64_t* stack) {
    const uint64_t base = (uint64_t)__ehdr_start;
    const uint64_t count = stack[0];
    // Before anything of this program is written to .bss.
    uint64_t sum = 0, dirty = 0;
    for (size_t i = 0; i < sizeof data / sizeof data[0]; ++i) sum = sum * 31 + data[i];
    for (const volatile char* p = __bss_start; p < zeroes + sizeof zeroes; ++p) dirty += *p != 0;
    print("data=");
    hex(sum);
    print(" dirty=");
    hex(dirty);
    print(" rsp&15=");
    hex((uint64_t)stack & 15);
    print(" argv");
    for (uint64_t i = 0; i < count; ++i) quoted((const char*)stack[1 + i]);
    const uint64_t* at = stack + 1 + count;
    print(*at++ == 0 ? " envp" : " argv has no end");
    for (; *at != 0; ++at) quoted((const char*)*at);
    uint64_t program = 0;
    for (++at; at[0] != AT_NULL; at += 2) {
        switch (at[0]) {
            case AT_PHDR: print(" phdr="), program = at[1]; break;
            case AT_ENTRY: print(" entry="); break;
            case AT_BASE: print(" base="); break;
            case AT_PHNUM: print(" phnum="), hex(at[1]); continue;
            case AT_PHENT: print(" phent="), hex(at[1]); continue;
            case AT_EXECFN: print(" execfn="), quoted((const char*)at[1]); continue;
            case AT_PLATFORM: print(" platform="), quoted((const char*)at[1]); continue;
            default: continue;
        }
        // The program of an interpreter lies somewhere else: relative to the page of its headers.
        const uint64_t distance = at[1] > base ? at[1] - base : base - at[1];
        if (distance >= (1UL << 32) && program < (1UL << 32)) {
            hex(at[1]);  // there is no program but its interpreter
            continue;
        }
        relative(at[1], distance < (1UL << 32) || program == 0 ? base : program & -4096UL);
    }
    print(" maps");
    mappings(base);
    put('\n');
    call(1, 1, (long)text, (long)used);
    for (;;) call(231, 42, 0, 0);
}

__asm__(".globl _start\n_start:\n  mov %rsp,%rdi\n  and $-16,%rsp\n  call start\n");
