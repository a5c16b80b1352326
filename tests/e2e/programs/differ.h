// SPDX-License-Identifier: Apache-2.0
//
// For programs that print what a file system answers, one line a question, and expect nothing: the same program runs on a local
// file system of the host and on a protected volume, and the two outputs must be the same. So no line may hold what is a file
// system's own: numbers of devices and inodes, blocks, times of the clock, order of a directory.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* answer_of(long result) {
    static char text[64];
    if (result >= 0) {
        snprintf(text, sizeof(text), "%ld", result);
        return text;
    }
    return strerrorname_np(errno);
}
// The result of a call, or its errno.
#define SHOW(call)                                              \
    do {                                                        \
        errno = 0;                                              \
        const long result_ = (long)(call);                      \
        printf("%d %s: %s\n", __LINE__, #call, answer_of(result_)); \
    } while (0)
// Whether it succeeded, where the result itself is not to be compared (descriptors); closes it.
#define SHOW_OPEN(call)                                                              \
    do {                                                                             \
        errno = 0;                                                                   \
        const int fd_ = (int)(call);                                                 \
        printf("%d %s: %s\n", __LINE__, #call, fd_ < 0 ? strerrorname_np(errno) : "ok"); \
        if (fd_ >= 0) close(fd_);                                                    \
    } while (0)

static inline void put(const char* path, const char* text) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0) {
        printf("cannot write %s: %s\n", path, strerrorname_np(errno));
        exit(2);
    }
}

// Runs a part in a child as another user; without privilege to become one, not at all (both outputs lack it then).
static inline void as_user(unsigned uid, void (*part)(void)) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, uid, uid, uid) != 0 ||
            syscall(SYS_setresuid, uid, uid, uid) != 0) {
            _exit(77);
        }
        part();
        fflush(stdout);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) printf("as %u: status %x\n", uid, (unsigned)status);
}
