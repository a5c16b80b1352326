// SPDX-License-Identifier: Apache-2.0
//
// timer_create: SIGEV_SIGNAL with SI_TIMER and the value, SIGEV_THREAD_ID to one thread, SIGEV_THREAD in a
// new thread, SIGEV_NONE silently; overruns are counted while the signal is blocked; a child inherits none.
// timer_create(2).
#include "testing.h"

static volatile int count, tid_seen, value_seen, thread_runs, id_seen;

static void handler(int, siginfo_t* info, void*) {
    EXPECT_EQ(info->si_code, SI_TIMER);
    value_seen = info->si_value.sival_int;
    id_seen = info->si_timerid;
    tid_seen = own_tid();
    add(&count, 1);
}

static void thread_function(union sigval value) { add(&thread_runs, value.sival_int); }

static timer_t start(struct sigevent* event, bool repeat) {
    timer_t timer;
    EXPECT_OK(timer_create(CLOCK_MONOTONIC, event, &timer));
    struct itimerspec when = {.it_value.tv_nsec = 1000000, .it_interval.tv_nsec = repeat ? 1000000 : 0};
    EXPECT_OK(timer_settime(timer, 0, &when, NULL));
    return timer;
}

static volatile int waiting_tid, finish;

static void* waiting_thread(void*) {
    store(&waiting_tid, own_tid());
    while (!load(&finish)) sched_yield();
    return NULL;
}

int main(void) {
    watchdog(60);
    handle_with_info(SIGUSR1, handler, 0);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 11};
    timer_t timer = start(&event, true);
    wait_until_at_least(&count, 3);
    EXPECT_EQ(value_seen, 11);

    sigset_t usr1 = set_of(SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
    struct itimerspec left;
    struct timespec start_time, now;
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &start_time));
    do EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &now));
    while ((now.tv_sec - start_time.tv_sec) * 1000000000L + now.tv_nsec - start_time.tv_nsec < 20000000);
    EXPECT_OK(timer_gettime(timer, &left));
    EXPECT_EQ(left.it_interval.tv_nsec, 1000000);
    int before = count;
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &usr1, NULL));
    EXPECT(count >= before + 1);
    EXPECT(timer_getoverrun(timer) >= 0);
    EXPECT_OK(timer_delete(timer));
    EXPECT_ERRNO(timer_delete(timer), EINVAL);

    pthread_t thread = start_thread(waiting_thread, NULL);
    wait_until_at_least(&waiting_tid, 1);
    count = 0;
    event = (struct sigevent){.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 22};
    event._sigev_un._tid = waiting_tid;
    timer = start(&event, false);
    wait_until_at_least(&count, 1);
    EXPECT(tid_seen == waiting_tid && value_seen == 22);
    EXPECT_OK(timer_delete(timer));
    store(&finish, 1);
    join_thread(thread);

    event = (struct sigevent){
        .sigev_notify = SIGEV_THREAD, .sigev_notify_function = thread_function, .sigev_value.sival_int = 5};
    timer = start(&event, false);
    wait_until_at_least(&thread_runs, 5);
    EXPECT_OK(timer_delete(timer));

    event = (struct sigevent){.sigev_notify = SIGEV_NONE};
    timer = start(&event, false);
    do EXPECT_OK(timer_gettime(timer, &left));
    while (left.it_value.tv_nsec != 0);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_ERRNO(timer_gettime(timer, &left), EINVAL);
        _exit(0);
    }
    EXPECT_EXIT(child, 0);
    EXPECT_OK(timer_delete(timer));
    return 0;
}
