// SPDX-License-Identifier: Apache-2.0
//
// A program that waits to be damaged: prints "ready PID TID", waits for a byte on standard input, then makes another call,
// which prints "continued". With the argument "thread" a second thread does so while the first waits for it.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void* wait_and_go_on(void* argument) {
    (void)argument;
    printf("ready %d %ld\n", (int)getpid(), syscall(SYS_gettid));
    fflush(stdout);
    char byte;
    if (read(0, &byte, 1) < 0) return NULL;
    static const char kText[] = "continued\n";
    if (write(1, kText, sizeof(kText) - 1) < 0) return NULL;
    return NULL;
}

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "thread") == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, wait_and_go_on, NULL) != 0) return 2;
        pthread_join(thread, NULL);
    } else {
        wait_and_go_on(NULL);
    }
    return 0;
}
