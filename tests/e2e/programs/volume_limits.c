// SPDX-License-Identifier: Apache-2.0
//
// What a protected volume refuses, or does differently from a file system of the host, as docs/architecture.md says; and what it must
// do for children that share their parent's memory. Runs in an empty directory of a volume (its argument).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int wrong;
static void report(int ok, int line, const char* what, long got) {
    if (ok) return;
    ++wrong;
    printf("WRONG line %d: %s: %ld, errno %s\n", line, what, got, strerrorname_np(errno));
}
#define IS(condition) report((condition) ? 1 : 0, __LINE__, #condition, 0)
#define FAILS(number, call)                                           \
    do {                                                              \
        errno = 0;                                                    \
        const long got = (long)(call);                                \
        report(got == -1 && errno == (number), __LINE__, #call, got); \
    } while (0)

static void put(const char* path, const char* text) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    IS(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
}
static int holds(const char* path, const char* text) {
    char buffer[256] = {0};
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, buffer, sizeof(buffer) - 1) < 0) return 0;
    close(fd);
    return strcmp(buffer, text) == 0;
}

static void code(void) {
    put("program", "#!/bin/sh\n");
    char* const arguments[] = {"program", NULL};
    FAILS(EACCES, execv("program", arguments));
    FAILS(EACCES, execv("./program", arguments));
    const int fd = open("program", O_RDONLY);
    FAILS(EACCES, fexecve(fd, arguments, environ));
    FAILS(EACCES, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
    void* const map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    IS(map != MAP_FAILED && memcmp(map, "#!/bin/sh", 9) == 0);
    FAILS(EACCES, mprotect(map, 4096, PROT_READ | PROT_EXEC));
    FAILS(EACCES, access("program", X_OK));
    close(fd);
}

static void sockets(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    FAILS(EPERM, bind(fd, (struct sockaddr*)&address, sizeof(address)));
    FAILS(ENOENT, connect(fd, (struct sockaddr*)&address, sizeof(address)));
    IS(mknod("socket", S_IFSOCK | 0700, 0) == 0);
    FAILS(ECONNREFUSED, connect(fd, (struct sockaddr*)&address, sizeof(address)));
    FAILS(EADDRINUSE, bind(fd, (struct sockaddr*)&address, sizeof(address)));
    close(fd);
}

static void refused(void) {
    const int watcher = inotify_init1(IN_CLOEXEC);
    FAILS(EACCES, inotify_add_watch(watcher, ".", IN_ALL_EVENTS));
    close(watcher);
    char space[sizeof(struct file_handle) + 128];
    struct file_handle* const handle = (struct file_handle*)space;
    handle->handle_bytes = 128;
    int mount;
    FAILS(EOPNOTSUPP, name_to_handle_at(AT_FDCWD, ".", handle, &mount, 0));
    FAILS(EPERM, chroot("."));
    put("file", "x");
    FAILS(EXDEV, rename("file", "/file"));
    FAILS(EBUSY, rename(".", "other"));
}

// A child that shares memory opens files of the volume and makes new ones, which stay when it is gone.
static void spawned(const char* self) {
    put("given", "from the parent");
    char* const arguments[] = {(char*)self, "copy", NULL};
    for (int i = 0; i < 20; ++i) {
        char name[32];
        snprintf(name, sizeof(name), "made/%d", i);
        if (i == 0) IS(mkdir("made", 0755) == 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "given", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, name, O_WRONLY | O_CREAT | O_EXCL, 0640);
        posix_spawn_file_actions_addchdir_np(&actions, "made");
        pid_t child = -1;
        IS(posix_spawn(&child, self, &actions, NULL, arguments, environ) == 0);
        int status = -1;
        IS(waitpid(child, &status, 0) == child && status == 0);
        IS(holds(name, "from the parent"));
        posix_spawn_file_actions_destroy(&actions);
    }
    char directory[4096];
    IS(getcwd(directory, sizeof(directory)) != NULL && strstr(directory, "made") == NULL);
}
static int copy(void) {
    char text[64];
    const ssize_t size = read(0, text, sizeof(text));
    char directory[4096] = "";
    // The working directory came along, and relative paths start there.
    if (getcwd(directory, sizeof(directory)) == NULL || strstr(directory, "/made") == NULL) return 3;
    if (access("0", F_OK) != 0 || access("../given", R_OK) != 0) return 4;
    return size > 0 && write(1, text, (size_t)size) == size ? 0 : 5;
}

int main(int argc, char** argv) {
    if (argc == 2 && strcmp(argv[1], "copy") == 0) return copy();
    if (argc != 2 || chdir(argv[1]) != 0) return 2;
    code();
    sockets();
    refused();
    spawned(argv[0]);
    printf("%s\n", wrong == 0 ? "all as documented" : "not all as documented");
    return wrong == 0 ? 0 : 1;
}
