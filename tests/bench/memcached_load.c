/* Loads memcached: memcached_load OPERATIONS PORT CONNECTIONS. Each of the connections has a thread, which sets and gets 100
 * bytes in turn and waits for every answer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { kValueSize = 100 };

static uint16_t port;
static long operations_each;

static int connect_to_server(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) != 0) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* Sends the request and reads until the answer's last line. */
static void exchange(int fd, const char* request, size_t size, const char* last_line) {
    if (write(fd, request, size) != (ssize_t)size) die("write");
    char answer[1024];
    size_t received = 0, last_size = strlen(last_line);
    while (received < last_size || memcmp(answer + received - last_size, last_line, last_size) != 0) {
        ssize_t got = read(fd, answer + received, sizeof answer - received);
        if (got <= 0) die("unexpected answer");
        received += (size_t)got;
    }
}

static void* connection(void* argument) {
    int fd = connect_to_server();
    for (long i = 0; i < operations_each; i += 2) {
        char request[kValueSize + 64];
        int size = snprintf(request, sizeof request, "set key:%ld:%ld 0 0 %d\r\n", (long)(intptr_t)argument, i % 1000,
                            kValueSize);
        memset(request + size, 'v', kValueSize);
        memcpy(request + size + kValueSize, "\r\n", 2);
        exchange(fd, request, (size_t)size + kValueSize + 2, "STORED\r\n");
        size = snprintf(request, sizeof request, "get key:%ld:%ld\r\n", (long)(intptr_t)argument, i % 1000);
        exchange(fd, request, (size_t)size, "END\r\n");
    }
    close(fd);
    return NULL;
}

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    if (argc != 4) {
        fprintf(stderr, "usage: %s OPERATIONS PORT CONNECTIONS\n", argv[0]);
        return 2;
    }
    port = (uint16_t)strtol(argv[2], NULL, 10);
    long connections = strtol(argv[3], NULL, 10);
    if (connections < 1 || connections > 500) connections = 1;
    operations_each = count / connections / 2 * 2;
    pthread_t threads[500];
    uint64_t begin = now_ns();
    for (long i = 0; i < connections; ++i) {
        errno = pthread_create(&threads[i], NULL, connection, (void*)(intptr_t)i);
        if (errno) die("pthread_create");
    }
    for (long i = 0; i < connections; ++i) pthread_join(threads[i], NULL);
    report(operations_each * connections, begin);
    return 0;
}
