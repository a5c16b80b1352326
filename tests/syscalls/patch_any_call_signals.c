// SPDX-License-Identifier: Apache-2.0
//
// Signals that land around calls from sites that make any, from a timer and from another thread: the handler sees the site's own
// instructions and registers, and each call is the one that was asked for. sigaction(2).
#include "testing.h"

#include "any_call_sites.h"

#include <sys/time.h>
#include <ucontext.h>

static volatile int finish, handled, at_sites;
static pthread_t main_thread;

// Of this program or one of its libraries: what they map to execute, as the kernel lists it at the beginning.
static struct { greg_t begin, end; } code[64];
static int codes;

static void find_code(void) {
    FILE* maps = fopen("/proc/self/maps", "r");
    EXPECT(maps != NULL);
    char line[4096];
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long long begin, end;
        char flags[5];
        EXPECT_EQ(sscanf(line, "%llx-%llx %4s", &begin, &end, flags), 3);
        if (flags[2] != 'x') continue;
        EXPECT(codes < 64);
        code[codes].begin = (greg_t)begin;
        code[codes++].end = (greg_t)end;
    }
    fclose(maps);
    EXPECT(codes > 0);
}

static void handler(int, siginfo_t*, void* context) {
    const greg_t* r = ((ucontext_t*)context)->uc_mcontext.gregs;
    const greg_t rip = r[REG_RIP];
    bool is_known = false;
    for (int i = 0; i < codes; i++) is_known = is_known || (rip >= code[i].begin && rip < code[i].end);
    EXPECT(is_known);
    for (int i = 0; i < kAnySites; i++) {
        const struct AnySite* site = &any_sites[i];
        if (rip < (greg_t)site->call || rip >= (greg_t)site->end) continue;
        add(&at_sites, 1);
        EXPECT(rip <= (greg_t)site->before || rip == (greg_t)site->syscall_at || rip == (greg_t)site->return_at);
        if (rip == (greg_t)site->return_at) {
            EXPECT_EQ(r[REG_RCX], rip);
            EXPECT(r[REG_RAX] == getpid() || r[REG_RAX] == getppid() || r[REG_RAX] == -EBADF || r[REG_RAX] == -ENOSYS ||
                   r[REG_RAX] == -EINVAL);
        } else if (rip >= (greg_t)site->before) {
            EXPECT(r[REG_RAX] == SYS_getpid || r[REG_RAX] == SYS_getppid || r[REG_RAX] == SYS_fcntl ||
                   r[REG_RAX] == 600 || r[REG_RAX] == SYS_rt_sigprocmask);
            EXPECT_EQ(r[REG_RDI], -1);
            EXPECT_EQ(r[REG_R10], 4);
        }
    }
    add(&handled, 1);
}

static void* storm(void*) {
    while (!load(&finish)) {
        const int before = load(&handled);
        EXPECT_EQ(pthread_kill(main_thread, SIGUSR1), 0);
        for (int i = 0; i < 1000 && load(&handled) == before; i++) __builtin_ia32_pause();
    }
    return NULL;
}

int main(void) {
    watchdog_without_alarm(120);
    find_code();
    handle_with_info(SIGUSR1, handler, SA_RESTART);
    handle_with_info(SIGALRM, handler, SA_RESTART);
    main_thread = pthread_self();
    struct itimerval every = {{0, 50}, {0, 50}};
    EXPECT_OK(setitimer(ITIMER_REAL, &every, NULL));
    pthread_t thread = start_thread(storm, NULL);
    const pid_t pid = getpid(), parent = getppid();
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        for (int i = 0; i < 600; i++) {
            AnyCall* call = any_sites[i % kAnySites].call;
            EXPECT_EQ(call(SYS_getppid, -1, 2, 3, 4, 5, 6), parent);
            EXPECT_EQ(call(SYS_getpid, -1, 2, 3, 4, 5, 6), pid);
            EXPECT_EQ(call(SYS_fcntl, -1, F_GETFD, 3, 4, 5, 6), -EBADF);
            EXPECT_EQ(call(600, -1, 2, 3, 4, 5, 6), -ENOSYS);
            EXPECT_EQ(call(SYS_rt_sigprocmask, -1, 2, 3, 4, 5, 6), -EINVAL);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < 3 || load(&at_sites) < 10);
    store(&finish, 1);
    join_thread(thread);
    return 0;
}
