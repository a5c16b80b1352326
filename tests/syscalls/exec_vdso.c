// SPDX-License-Identifier: Apache-2.0
//
// The vDSO is there (AT_SYSINFO_EHDR, [vdso] in maps, the ELF symbols of clock_gettime and getcpu) and its
// results agree with the system calls, in a forked child and a thread, too. vdso(7).
#include "testing.h"

#include <elf.h>
#include <sys/auxv.h>

static void* find_symbol(const char* wanted) {
    char* base = (char*)getauxval(AT_SYSINFO_EHDR);
    if (base == NULL) return NULL;
    EXPECT(memcmp(base, ELFMAG, 4) == 0);
    Elf64_Ehdr* header = (Elf64_Ehdr*)base;
    Elf64_Phdr* segments = (Elf64_Phdr*)(base + header->e_phoff);
    char *load_bias = base, *strings = NULL;
    Elf64_Dyn* dynamic = NULL;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD) load_bias = base + segments[i].p_offset - segments[i].p_vaddr;
        if (segments[i].p_type == PT_DYNAMIC) dynamic = (Elf64_Dyn*)(base + segments[i].p_offset);
    }
    EXPECT(dynamic != NULL);
    Elf64_Sym* symbols = NULL;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_STRTAB) strings = load_bias + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_SYMTAB) symbols = (Elf64_Sym*)(load_bias + dynamic->d_un.d_ptr);
    }
    EXPECT(strings != NULL && symbols != NULL);
    for (Elf64_Sym* symbol = symbols + 1; (char*)symbol < strings; symbol++)
        if (strcmp(strings + symbol->st_name, wanted) == 0) return load_bias + symbol->st_value;
    return NULL;
}

static void* compare(void*) {
    int (*clock_gettime_)(clockid_t, struct timespec*) = find_symbol("__vdso_clock_gettime");
    EXPECT(clock_gettime_ != NULL);
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE};
    for (int i = 0; i < 4; i++) {
        struct timespec before, now, after;
        EXPECT_OK(syscall(SYS_clock_gettime, clocks[i], &before));
        EXPECT_EQ(clock_gettime_(clocks[i], &now), 0);
        EXPECT_OK(syscall(SYS_clock_gettime, clocks[i], &after));
        EXPECT(before.tv_sec < now.tv_sec || (before.tv_sec == now.tv_sec && before.tv_nsec <= now.tv_nsec));
        EXPECT(now.tv_sec < after.tv_sec || (now.tv_sec == after.tv_sec && now.tv_nsec <= after.tv_nsec));
    }
    unsigned cpu = 0, node = 0;
    EXPECT_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
    EXPECT((long)cpu < sysconf(_SC_NPROCESSORS_CONF));
    return NULL;
}

int main(void) {
    watchdog(60);
    if (getauxval(AT_SYSINFO_EHDR) == 0) SKIP("this system has no vDSO");
    compare(NULL);
    join_thread(start_thread(compare, NULL));
    pid_t child = fork_child();
    if (child == 0) {
        compare(NULL);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    static char maps[1 << 17];
    read_file("/proc/self/maps", maps, sizeof maps);
    char* line = strstr(maps, "[vdso]");
    EXPECT(line != NULL);
    while (line > maps && line[-1] != '\n') line--;
    EXPECT_EQ(strtoul(line, NULL, 16), getauxval(AT_SYSINFO_EHDR));
    return 0;
}
