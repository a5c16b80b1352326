// SPDX-License-Identifier: Apache-2.0
//
// A thread's name: PR_SET_NAME and pthread_setname_np set it (cut at 15 bytes), PR_GET_NAME and
// /proc/self/task/TID/comm show it, writing to comm changes it, a new thread inherits it, the process's comm
// is its main thread's. prctl(2).
#include "testing.h"

#include <sys/prctl.h>

static void expect_comm(const char* path, const char* name) {
    char text[64], expected[64];
    read_file(path, text, sizeof text);
    snprintf(expected, sizeof expected, "%s\n", name);
    EXPECT_STREQ(text, expected);
}

static void* body(void*) {
    char name[16], path[64];
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, "a-name-that-is-");
    EXPECT_EQ(pthread_setname_np(pthread_self(), "worker"), 0);
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, "worker");
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", own_tid());
    expect_comm(path, "worker");
    expect_comm("/proc/thread-self/comm", "worker");
    expect_comm("/proc/self/comm", "a-name-that-is-");
    int fd = EXPECT_OK(open(path, O_WRONLY));
    EXPECT_EQ(write(fd, "written", 7), 7);
    EXPECT_OK(close(fd));
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, "written");
    return NULL;
}

int main(int, char** argv) {
    watchdog(60);
    char name[16], expected[16];
    const char* base = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    snprintf(expected, sizeof expected, "%s", base);
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STREQ(name, expected);
    expect_comm("/proc/self/comm", expected);
    EXPECT_OK(prctl(PR_SET_NAME, "a-name-that-is-too-long"));
    expect_comm("/proc/self/comm", "a-name-that-is-");
    join_thread(start_thread(body, NULL));
    expect_comm("/proc/self/comm", "a-name-that-is-");
    return 0;
}
