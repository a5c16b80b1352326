// SPDX-License-Identifier: Apache-2.0
//
// What every program in tests/syscalls shares: expectations, a watchdog, children, and ways to wait for a
// thread to block.
//
// A program passes by returning 0 from main, skips by SKIP("reason") (exit 77) and fails by any failed EXPECT
// (exit 1), in the process or in a child whose status it checks. main begins with watchdog(60), so no program
// hangs; nothing here or in a test waits by time: wait for a byte, a futex, or for `wait_asleep`. A thread
// that looks asleep may not have reached the call under test yet (a runtime below the program may sleep,
// too), so tests tolerate an early signal: `start_interrupting` and `interrupt_then` keep on sending. Include
// it first: it defines _GNU_SOURCE.
#ifndef TESTING_H
#define TESTING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifndef __cplusplus
#include <stdatomic.h>
#include <stdbool.h>
#endif

// ---- Expectations -----------------------------------------------------------------------------------------

static pid_t temporary_directory_owner;
static char temporary_directory_path[PATH_MAX];

static inline int remove_entry(const char* path, const struct stat*, int, struct FTW*) { return remove(path); }

static inline void remove_temporary_directory(void) {
    if (temporary_directory_owner != 0 && temporary_directory_owner == getpid())
        nftw(temporary_directory_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

__attribute__((noreturn, format(printf, 3, 4))) static inline void test_failed(const char* file, int line,
                                                                               const char* format, ...) {
    char message[1024];
    int length = snprintf(message, sizeof message, "%s:%d: ", file, line);
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(message + length, sizeof message - length, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof message - 2) length = sizeof message - 2;
    message[length++] = '\n';
    if (write(STDERR_FILENO, message, length) != length) _exit(2);
    remove_temporary_directory();
    _exit(1);
}

#define EXPECT(condition)                                                                                           \
    do {                                                                                                            \
        if (!(condition))                                                                                           \
            test_failed(__FILE_NAME__, __LINE__, "%s is false (errno %d: %s)", #condition, errno, strerror(errno)); \
    } while (0)

#define EXPECT_EQ(actual, expected)                                                                                   \
    do {                                                                                                              \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                                   \
        if (actual_ != expected_)                                                                                     \
            test_failed(__FILE_NAME__, __LINE__, "%s is %lld (%#llx), not %s = %lld (%#llx) (errno %d: %s)", #actual, \
                        actual_, actual_, #expected, expected_, expected_, errno, strerror(errno));                   \
    } while (0)

#define EXPECT_STREQ(actual, expected)                                                                     \
    do {                                                                                                   \
        const char *actual_ = (actual), *expected_ = (expected);                                           \
        if (strcmp(actual_, expected_) != 0)                                                               \
            test_failed(__FILE_NAME__, __LINE__, "%s is \"%s\", not \"%s\"", #actual, actual_, expected_); \
    } while (0)

// The value of a call that must not return -1 (or MAP_FAILED).
#define EXPECT_OK(call)                                                                                      \
    __extension__({                                                                                          \
        errno = 0;                                                                                           \
        __typeof__(call) result_ = (call);                                                                   \
        if (result_ == (__typeof__(result_))-1)                                                              \
            test_failed(__FILE_NAME__, __LINE__, "%s failed (errno %d: %s)", #call, errno, strerror(errno)); \
        result_;                                                                                             \
    })

// A call that must return -1 with this errno.
#define EXPECT_ERRNO(call, expected_errno)                                                                     \
    do {                                                                                                       \
        errno = 0;                                                                                             \
        long long result_ = (long long)(call);                                                                 \
        if (result_ != -1 || errno != (expected_errno))                                                        \
            test_failed(__FILE_NAME__, __LINE__, "%s returned %lld with errno %d (%s), not -1 with %s", #call, \
                        result_, errno, strerror(errno), #expected_errno);                                     \
    } while (0)

#define SKIP(...)                     \
    do {                              \
        printf("skipped: ");          \
        printf(__VA_ARGS__);          \
        printf("\n");                 \
        fflush(stdout);               \
        remove_temporary_directory(); \
        _exit(77);                    \
    } while (0)

// ---- Watchdog ---------------------------------------------------------------------------------------------

static inline void watchdog_expired(int) {
    static const char message[] = "watchdog: the test hangs\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(4);
    _exit(3);
}

static inline void watchdog_handler(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = watchdog_expired;
    sigaction(SIGALRM, &action, NULL);
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
}

// Ends this process (not its children: `fork_child` gives each its own) after `seconds`. Uses alarm.
static inline void watchdog(unsigned seconds) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    watchdog_handler();
    alarm(seconds);
}

// The same for tests that use alarm or ITIMER_REAL themselves: a monotonic timer that sends SIGRTMAX.
static inline void watchdog_without_alarm(unsigned seconds) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = watchdog_expired;
    sigaction(SIGRTMAX, &action, NULL);
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMAX;
    timer_t timer;
    EXPECT_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    when.it_value.tv_sec = seconds;
    EXPECT_OK(timer_settime(timer, 0, &when, NULL));
}

// Every signal but SIGALRM, so that the watchdog still bites.
static inline sigset_t all_but_watchdog(void) {
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGALRM);
    return set;
}

static inline sigset_t set_of(int signal_number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    return set;
}

// ---- Children and threads ---------------------------------------------------------------------------------

// fork; the child gets a watchdog of its own.
static inline pid_t fork_child(void) {
    pid_t child = EXPECT_OK(fork());
    if (child == 0) watchdog(60);
    return child;
}

static inline int wait_child(pid_t child) {
    int status = 0;
    pid_t waited;
    do waited = waitpid(child, &status, 0);
    while (waited == -1 && errno == EINTR);
    if (waited != child)
        test_failed(__FILE_NAME__, __LINE__, "waitpid(%d) returned %d, errno %d", child, waited, errno);
    return status;
}

#define EXPECT_EXIT(child, code)                                                                                     \
    do {                                                                                                             \
        int status_ = wait_child(child);                                                                             \
        if (!WIFEXITED(status_) || WEXITSTATUS(status_) != (code))                                                   \
            test_failed(__FILE_NAME__, __LINE__, "%s ended with wait status %#x, not exit code %d", #child, status_, \
                        (code));                                                                                     \
    } while (0)

#define EXPECT_KILLED(child, signal_number)                                                                          \
    do {                                                                                                             \
        int status_ = wait_child(child);                                                                             \
        if (!WIFSIGNALED(status_) || WTERMSIG(status_) != (signal_number))                                           \
            test_failed(__FILE_NAME__, __LINE__, "%s ended with wait status %#x, not by signal %d", #child, status_, \
                        (signal_number));                                                                            \
    } while (0)

static inline pthread_t start_thread(void* (*function)(void*), void* argument) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, function, argument);
    if (error != 0) test_failed(__FILE_NAME__, __LINE__, "pthread_create: %s", strerror(error));
    return thread;
}

static inline void* join_thread(pthread_t thread) {
    void* result = NULL;
    int error = pthread_join(thread, &result);
    if (error != 0) test_failed(__FILE_NAME__, __LINE__, "pthread_join: %s", strerror(error));
    return result;
}

static inline pid_t own_tid(void) { return (pid_t)syscall(SYS_gettid); }

static inline int load(const volatile int* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void store(volatile int* word, int value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
static inline int add(volatile int* word, int value) { return __atomic_add_fetch(word, value, __ATOMIC_SEQ_CST); }

static inline void wait_until_at_least(const volatile int* word, int value) {
    while (load(word) < value) sched_yield();
}

// Zeroed memory that children share.
static inline void* shared_memory(size_t size) {
    return EXPECT_OK(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

// The letter of /proc/PID/task/TID/stat: R, S, D, T, Z ...; 0 when there is no such thread.
static inline char thread_state(pid_t pid, pid_t tid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return 0;
    text[length] = 0;
    const char* name_end = strrchr(text, ')');
    return name_end != NULL ? name_end[2] : 0;
}

static inline void wait_for_state(pid_t pid, pid_t tid, char state) {
    while (thread_state(pid, tid) != state) sched_yield();
}

static inline void wait_asleep(pid_t pid, pid_t tid) { wait_for_state(pid, tid, 'S'); }

// ---- Signals ----------------------------------------------------------------------------------------------

static volatile int* signal_count;  // in shared memory; how often `count_signal` ran

static inline void count_signal(int) { add(signal_count, 1); }

static inline void handle_with(int signal_number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    EXPECT_OK(sigaction(signal_number, &action, NULL));
}

static inline void handle_with_info(int signal_number, void (*handler)(int, siginfo_t*, void*), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = flags | SA_SIGINFO;
    EXPECT_OK(sigaction(signal_number, &action, NULL));
}

static inline void count_signals(int signal_number, int flags) {
    if (signal_count == NULL) signal_count = (volatile int*)shared_memory(4096);
    handle_with(signal_number, count_signal, flags);
}

static inline void interrupt_once(pid_t pid, pid_t tid, int signal_number) {
    int before = load(signal_count);
    wait_asleep(pid, tid);
    EXPECT_OK(syscall(SYS_tgkill, pid, tid, signal_number));
    wait_until_at_least(signal_count, before + 1);
}

// A child that signals the caller whenever it sleeps, until `stop_interrupting`. Handler: count_signals.
static inline pid_t start_interrupting(int signal_number) {
    pid_t pid = getpid(), tid = own_tid();
    pid_t child = fork_child();
    if (child == 0)
        for (;;) interrupt_once(pid, tid, signal_number);
    return child;
}

static inline void stop_interrupting(pid_t child) {
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_KILLED(child, SIGKILL);
}

// A child that signals the calling thread three times in its sleep, then calls release(argument) and exits 0.
static inline pid_t interrupt_then(int signal_number, void (*release)(int), int argument) {
    pid_t pid = getpid(), tid = own_tid();
    pid_t child = fork_child();
    if (child != 0) return child;
    for (int i = 0; i < 3; i++) interrupt_once(pid, tid, signal_number);
    wait_asleep(pid, tid);
    release(argument);
    _exit(0);
}

// ---- Files ------------------------------------------------------------------------------------------------

// Makes a fresh directory the current one; it is removed when the calling process ends by exit or EXPECT.
static inline const char* enter_temporary_directory(void) {
    const char* base = getenv("TMPDIR");
    snprintf(temporary_directory_path, sizeof temporary_directory_path, "%s/redoubt-test-XXXXXX",
             base != NULL ? base : "/tmp");
    EXPECT(mkdtemp(temporary_directory_path) != NULL);
    EXPECT_OK(chdir(temporary_directory_path));
    temporary_directory_owner = getpid();
    atexit(remove_temporary_directory);
    return temporary_directory_path;
}

static inline void write_file(const char* path, const char* text, mode_t mode) {
    int fd = EXPECT_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    EXPECT_EQ(write(fd, text, strlen(text)), strlen(text));
    EXPECT_OK(fchmod(fd, mode));
    EXPECT_OK(close(fd));
}

// Reads until end of file; the text is 0-terminated, the result is its length.
static inline size_t read_all(int fd, char* text, size_t size) {
    size_t length = 0;
    while (length < size - 1) {
        ssize_t count = read(fd, text + length, size - 1 - length);
        if (count == -1 && errno == EINTR) continue;
        EXPECT(count >= 0);
        if (count == 0) break;
        length += (size_t)count;
    }
    text[length] = 0;
    return length;
}

static inline size_t read_file(const char* path, char* text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) test_failed(__FILE_NAME__, __LINE__, "open(%s): %s", path, strerror(errno));
    size_t length = read_all(fd, text, size);
    close(fd);
    return length;
}

// The absolute path of this program, for running it again.
static inline char* own_path(const char* argv0) {
    char* path = realpath(argv0, NULL);
    if (path == NULL) test_failed(__FILE_NAME__, __LINE__, "realpath(%s): %s", argv0, strerror(errno));
    return path;
}

#endif
