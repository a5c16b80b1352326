// SPDX-License-Identifier: Apache-2.0
//
// A parent sees its child in /proc/PID as the child is: exe, cmdline, comm, environ, fd and status before and
// after the child executes another program, and the title that the child writes over its arguments. proc(5).
#include "testing.h"

static char path[PATH_MAX], text[8192];

static const char* file_of(pid_t pid, const char* name) {
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return path;
}

static void expect_link(pid_t pid, const char* name, const char* expected) {
    char target[PATH_MAX] = {0};
    EXPECT_OK(readlink(file_of(pid, name), target, sizeof target - 1));
    EXPECT_STREQ(target, expected);
}

int main(int argc, char** argv) {
    watchdog(60);
    if (argc == 3) {
        EXPECT_EQ(write(1, "!", 1), 1);
        EXPECT_EQ(read(0, text, 1), 1);
        memcpy(argv[0], "titl", 4);
        EXPECT_EQ(write(1, "!", 1), 1);
        EXPECT_EQ(read(0, text, 1), 0);
        return 56;
    }
    char *self = own_path(argv[0]), byte;
    enter_temporary_directory();
    EXPECT_OK(symlink(self, "other-name"));
    int in[2], out[2];
    EXPECT_OK(pipe2(in, O_CLOEXEC));
    EXPECT_OK(pipe2(out, O_CLOEXEC));
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(dup2(in[0], 0));
        EXPECT_OK(dup2(out[1], 1));
        EXPECT_OK(close(in[1]));
        EXPECT_EQ(write(1, "!", 1), 1);
        EXPECT_EQ(read(0, &byte, 1), 1);
        execle("./other-name", "zero", "one", "two", NULL, (char*[]){"SOME=thing", NULL});
        _exit(99);
    }
    EXPECT_EQ(read(out[0], &byte, 1), 1);
    expect_link(child, "exe", self);
    EXPECT_OK(access(file_of(child, "fd/0"), F_OK));
    EXPECT_EQ(write(in[1], "!", 1), 1);
    EXPECT_EQ(read(out[0], &byte, 1), 1);
    expect_link(child, "exe", self);
    expect_link(child, "cwd", own_path("."));
    EXPECT_EQ(read_file(file_of(child, "cmdline"), text, sizeof text), 13);
    EXPECT_EQ(memcmp(text, "zero\0one\0two", 13), 0);
    EXPECT_EQ(read_file(file_of(child, "environ"), text, sizeof text), 11);
    EXPECT_STREQ(text, "SOME=thing");
    EXPECT_EQ(write(in[1], "!", 1), 1);
    EXPECT_EQ(read(out[0], &byte, 1), 1);
    EXPECT_EQ(read_file(file_of(child, "cmdline"), text, sizeof text), 13);
    EXPECT_EQ(memcmp(text, "titl\0one\0two", 13), 0);
    read_file(file_of(child, "comm"), text, sizeof text);
    EXPECT_STREQ(text, "other-name\n");
    EXPECT_ERRNO(access(file_of(child, "fd/700"), F_OK), ENOENT);
    EXPECT_OK(close(in[1]));
    EXPECT_EXIT(child, 56);
    EXPECT_ERRNO(access(file_of(child, "exe"), F_OK), ENOENT);
    return 0;
}
