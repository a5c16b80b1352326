// SPDX-License-Identifier: Apache-2.0
//
// /proc/self and /proc/thread-self name the caller's pid and tid; cwd and root are links to its directories,
// and follow chdir; limits shows its rlimits, also after setrlimit; /proc/self of a fork is the child's own.
// proc(5).
#include "testing.h"

#include <sys/resource.h>

static void expect_link(const char* path, const char* format, ...) {
    char target[PATH_MAX] = {0}, expected[PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(expected, sizeof expected, format, arguments);
    va_end(arguments);
    EXPECT_OK(readlink(path, target, sizeof target - 1));
    EXPECT_STREQ(target, expected);
}

static void* body(void*) {
    expect_link("/proc/self", "%d", getpid());
    expect_link("/proc/thread-self", "%d/task/%d", getpid(), own_tid());
    return NULL;
}

int main(void) {
    watchdog(60);
    body(NULL);
    join_thread(start_thread(body, NULL));
    pid_t child = fork_child();
    if (child == 0) {
        body(NULL);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);

    const char* directory = own_path(enter_temporary_directory());
    expect_link("/proc/self/cwd", "%s", directory);
    expect_link("/proc/self/root", "/");
    write_file("here", "", 0600);
    EXPECT_OK(access("/proc/self/cwd/here", F_OK));
    EXPECT_OK(mkdir("below", 0700));
    EXPECT_OK(chdir("below"));
    expect_link("/proc/self/cwd", "%s/below", directory);
    EXPECT_OK(access("/proc/self/cwd/../here", F_OK));
    EXPECT_OK(chdir("/"));

    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    for (int round = 0; round < 2; round++) {
        static char text[8192];
        read_file("/proc/self/limits", text, sizeof text);
        char* line = strstr(text, "Max open files");
        EXPECT(line != NULL);
        unsigned long soft, hard;
        EXPECT_EQ(sscanf(line, "Max open files %lu %lu", &soft, &hard), 2);
        EXPECT(soft == limit.rlim_cur && hard == limit.rlim_max);
        limit.rlim_cur = 99;
        EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    }
    return 0;
}
