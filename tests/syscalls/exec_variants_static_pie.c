// SPDX-License-Identifier: Apache-2.0
//
// A static position-independent program: relocated by itself, at a random address, AT_BASE 0, AT_PHDR and
// AT_ENTRY inside it, with thread-locals, threads and fork. elf(5), getauxval(3).
#include "testing.h"

#include <sys/auxv.h>

extern char __ehdr_start[], end[], _start[];
static const char* pointer = "relocated";
static __thread long mine = 4;

static void* body(void*) { return (void*)mine; }

int main(void) {
    watchdog(60);
    EXPECT_STREQ(pointer, "relocated");
    EXPECT_EQ(getauxval(AT_BASE), 0);
    EXPECT_EQ(getauxval(AT_ENTRY), (unsigned long)_start);
    EXPECT(getauxval(AT_PHDR) > (unsigned long)__ehdr_start && getauxval(AT_PHDR) < (unsigned long)end);
    EXPECT((unsigned long)__ehdr_start > 0x10000000);
    EXPECT_EQ((long)join_thread(start_thread(body, NULL)), 4);
    pid_t child = fork_child();
    if (child == 0) _exit((int)mine);
    EXPECT_EXIT(child, 4);
    return 0;
}
