// SPDX-License-Identifier: Apache-2.0
//
// A SIGSEGV handler that makes the page accessible repairs the fault: the instruction runs again. si_addr is
// the exact address, si_code SEGV_ACCERR for protection and SEGV_MAPERR for no mapping; in several threads.
// sigaction(2).
#include "testing.h"

enum { kPages = 64 };
static char* area;
static volatile int repaired[kPages];

static void handler(int, siginfo_t* info, void*) {
    char* address = info->si_addr;
    if (address < area || address >= area + kPages * 4096)
        test_failed(__FILE__, __LINE__, "stray fault at %p", (void*)address);
    char* page = (char*)((uintptr_t)address & ~4095UL);
    size_t index = (size_t)(page - area) / 4096;
    EXPECT_EQ(address - page, index * 8);
    if (index % 2 == 0) {
        EXPECT_EQ(info->si_code, SEGV_ACCERR);
        EXPECT_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
    } else {
        EXPECT_EQ(info->si_code, SEGV_MAPERR);
        EXPECT_OK(mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    }
    add(&repaired[index], 1);
}

static void* thread(void* argument) {
    for (size_t index = (size_t)argument; index < kPages; index += 4) {
        volatile long* word = (volatile long*)(area + index * 4096 + index * 8);
        if (index & 4) EXPECT(*word == 0 || *word == (long)index);
        *word = (long)index;
        EXPECT_EQ(*word, index);
    }
    return NULL;
}

int main(void) {
    watchdog(60);
    area = EXPECT_OK(mmap(NULL, kPages * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    handle_with_info(SIGSEGV, handler, 0);
    for (size_t i = 1; i < kPages; i += 2) EXPECT_OK(munmap(area + i * 4096, 4096));
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) thread((void*)i);  // no thread yet: its stack could land in the holes
    for (int i = 0; i < kPages; i++) EXPECT_EQ(repaired[i], 1);

    for (size_t i = 0; i < kPages; i += 2) EXPECT_OK(mprotect(area + i * 4096, 4096, PROT_NONE));
    for (size_t i = 0; i < 4; i++) threads[i] = start_thread(thread, (void*)i);
    for (size_t i = 0; i < 4; i++) join_thread(threads[i]);
    for (int i = 0; i < kPages; i++) EXPECT_EQ(repaired[i], i % 2 == 0 ? 2 : 1);
    return 0;
}
