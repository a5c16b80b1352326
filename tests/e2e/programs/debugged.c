// SPDX-License-Identifier: Apache-2.0
//
// What e2e.gdb looks at: two threads that wait in reads, with frames that have names and arguments.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int ends[2];
volatile int answered;

__attribute__((noinline)) void take_answer(int value) {
    answered = value;
}

__attribute__((noinline)) char wait_for_answer(int fd, int value) {
    char byte = 0;
    if (read(fd, &byte, 1) != 1) return 1;
    take_answer(value + 1);
    return byte;
}

__attribute__((noinline)) char first_thread(int value) {
    const char byte = wait_for_answer(0, value * 2);
    if (write(ends[1], &byte, 1) != 1) return 1;
    return byte + 1;
}

static void* second_thread(void* unused) {
    (void)unused;
    wait_for_answer(ends[0], 1000);
    return NULL;
}

int main(void) {
    pthread_t thread;
    if (pipe(ends) != 0 || pthread_create(&thread, NULL, second_thread, NULL) != 0) return 2;
    printf("ready %d\n", (int)getpid());
    fflush(stdout);
    const char result = first_thread(21);
    pthread_join(thread, NULL);
    return result == 'x' + 1 && answered == 1001 ? 7 : 1;
}
