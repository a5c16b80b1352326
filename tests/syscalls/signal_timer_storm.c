// SPDX-License-Identifier: Apache-2.0
//
// A timer that fires every 100 microseconds with SA_RESTART while the program opens, writes, forks, maps, waits and makes
// threads: every call does what it does without the timer, errno and memory survive. setitimer(2), signal(7).
#include "testing.h"

#include <sys/time.h>

static volatile int storms;

static void on_alarm(int) {
    int saved = errno;
    add(&storms, 1);
    getppid();
    errno = saved;
}

static void* body(void* argument) {
    for (int i = 0; i < 20; i++) sched_yield();
    return argument;
}

int main(void) {
    watchdog_without_alarm(60);
    enter_temporary_directory();
    handle_with(SIGALRM, on_alarm, SA_RESTART);
    int fds[2];
    char text[64];
    EXPECT_OK(pipe(fds));
    struct itimerval every = {.it_value.tv_usec = 100, .it_interval.tv_usec = 100};
    EXPECT_OK(setitimer(ITIMER_REAL, &every, NULL));
    for (int round = 0; round < 60 || load(&storms) < 200; round++) {
        write_file("file", "content", 0600);
        EXPECT_EQ(read_file("file", text, sizeof text), 7);
        EXPECT_STREQ(text, "content");
        EXPECT_ERRNO(open("missing", O_RDONLY), ENOENT);
        char* memory = EXPECT_OK((char*)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        memset(memory, round, 65536);
        EXPECT_OK(mprotect(memory, 4096, PROT_READ));
        EXPECT_EQ(memory[65535], (char)round);
        EXPECT_OK(munmap(memory, 65536));
        EXPECT_EQ(write(fds[1], "0123456789", 10), 10);
        EXPECT_EQ(read(fds[0], text, 10), 10);
        EXPECT_EQ((long)join_thread(start_thread(body, (void*)(long)round)), round);
        if (round % 6 != 0) continue;
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) {  // the child has no timer
            struct itimerval none;
            EXPECT_OK(getitimer(ITIMER_REAL, &none));
            EXPECT(none.it_value.tv_sec == 0 && none.it_value.tv_usec == 0);
            EXPECT_EQ(write(fds[1], "c", 1), 1);
            _exit(round % 100);
        }
        EXPECT_EQ(read(fds[0], text, 1), 1);  // restarted as often as it takes
        EXPECT_EXIT(child, round % 100);
    }
    return 0;
}
