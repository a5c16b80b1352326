// SPDX-License-Identifier: Apache-2.0
//
// Stores into a shared mapping of a file and ends by the bare system call exit, as the last thread of its process; argument 1 is the
// file, argument 2 which threads ended before: "none", or "main".
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_t first;
static const char* path;

static _Noreturn void store_and_end(void) {
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || ftruncate(fd, 4096) != 0) abort();
    char* const mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) abort();
    close(fd);
    strcpy(mapped, "kept\n");
    syscall(SYS_exit, 7);
    abort();
}

static void* after_the_first(void* unused) {
    (void)unused;
    if (pthread_join(first, NULL) != 0) abort();
    store_and_end();
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    path = argv[1];
    first = pthread_self();
    if (strcmp(argv[2], "none") == 0) store_and_end();
    pthread_t other;
    if (pthread_create(&other, NULL, after_the_first, NULL) != 0) abort();
    syscall(SYS_exit, 3);  // the last thread's counts, since Linux 6.0
}
