// Keeps ciphers busy while a signal with a handler comes every 300 microseconds: a thread writes and reads a file of a volume, another
// writes to a TLS connection, a third computes with MARK in a vector register, so that whoever looks for signal frames knows them.
//   signal_frames FILE PORT SECONDS
// Says "ready" when all run, "signals N volume N tls N" at the end, then waits until standard input ends.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <emmintrin.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SIZE (1 << 20)
#define MARK "signal frame seen"

static atomic_int over;
static atomic_long signals, on_volume, on_tls;
static int volume, connection;

static void handler(int number) {
    (void)number;
    atomic_fetch_add(&signals, 1);
}

// Each thread has a timer of its own.
static void start_timer(void) {
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    const struct itimerspec often = {{0, 300000}, {0, 300000}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &often, NULL) != 0) exit(3);
}

static void* use_volume(void* unused) {
    (void)unused;
    static char bytes[SIZE];
    memset(bytes, 'v', SIZE);
    start_timer();
    while (!over) {
        const off_t at = (off_t)(on_volume % 8) * SIZE;
        if (on_volume % 16 < 8 && pwrite(volume, bytes, SIZE, at) != SIZE) exit(4);
        if (pread(volume, bytes, SIZE, at) != SIZE) exit(5);
        ++on_volume;
    }
    return NULL;
}

static void* use_tls(void* unused) {
    (void)unused;
    static char bytes[SIZE];
    memset(bytes, 't', SIZE);
    start_timer();
    while (!over) {
        if (write(connection, bytes, SIZE) <= 0) exit(6);
        ++on_tls;
    }
    return NULL;
}

static void* keep_mark(void* unused) {
    (void)unused;
    start_timer();
    while (!over) {
        __m128i mark = _mm_loadu_si128((const __m128i*)MARK);
        for (int i = 0; i < 100000; ++i) asm volatile("" : "+x"(mark));
    }
    return NULL;
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    volume = open(argv[1], O_RDWR | O_CREAT, 0600);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (volume < 0 || bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 1) != 0)
        return 1;
    connection = accept(listener, NULL, NULL);
    char hello;
    if (connection < 0 || read(connection, &hello, 1) != 1) return 1;

    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, use_volume, NULL);
    pthread_create(&threads[1], NULL, use_tls, NULL);
    pthread_create(&threads[2], NULL, keep_mark, NULL);
    puts("ready");
    fflush(stdout);
    const struct timespec end = {.tv_sec = time(NULL) + atoi(argv[3])};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL) != 0) continue;
    over = 1;
    for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
    printf("signals %ld volume %ld tls %ld\n", signals, on_volume, on_tls);
    fflush(stdout);
    return getchar() == EOF ? 0 : 1;
}
