// SPDX-License-Identifier: Apache-2.0
//
// pthread_atfork handlers run around fork in the documented order, in the forking thread, in parent and
// child. pthread_atfork(3).
#include "testing.h"

static char log_text[64];
static pid_t preparing_tid;

static void note(const char* text) { strcat(log_text, text); }
static void prepare_1(void) {
    note("p1 ");
    preparing_tid = own_tid();
}
static void prepare_2(void) { note("p2 "); }
static void parent_1(void) { note("P1 "); }
static void parent_2(void) { note("P2 "); }
static void child_1(void) { note("C1 "); }
static void child_2(void) { note("C2 "); }

static void* body(void*) {
    log_text[0] = 0;
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_STREQ(log_text, "p2 p1 C1 C2 ");
        _exit(0);
    }
    EXPECT_STREQ(log_text, "p2 p1 P1 P2 ");
    EXPECT_EQ(preparing_tid, own_tid());
    EXPECT_EXIT(child, 0);
    return NULL;
}

int main(void) {
    watchdog(60);
    EXPECT_EQ(pthread_atfork(prepare_1, parent_1, child_1), 0);
    EXPECT_EQ(pthread_atfork(prepare_2, parent_2, child_2), 0);
    body(NULL);
    join_thread(start_thread(body, NULL));
    return 0;
}
