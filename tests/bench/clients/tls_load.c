/* Loads a server over TCP or TLS 1.3: tls_load OPERATIONS KIND PORT CONNECTIONS PIPELINE [CA]
 *
 *   memcached   sets and gets 100 bytes in turn, PIPELINE requests in one write, then waits for all their answers
 *   http        GET /page over a new connection for every request, until the server closes it
 *
 * With CA (a file in PEM) every connection is TLS, a full handshake each, and the certificate must be for 127.0.0.1. Each of the
 * CONNECTIONS has a thread. Prints the line of bench.h. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bench.h"

enum { kValueSize = 100, kLargestPipeline = 64, kLargestConnections = 256 };

struct stream {
    int fd;
    SSL* tls;
};

static SSL_CTX* context;
static uint16_t port;
static int pipeline;
static long operations_each;

static void die_tls(const char* what) {
    fprintf(stderr, "%s: ", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static struct stream open_stream(void) {
    struct stream stream = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    if (stream.fd < 0 || connect(stream.fd, (struct sockaddr*)&address, sizeof address) != 0) die("connect");
    setsockopt(stream.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (context) {
        stream.tls = SSL_new(context);
        SSL_set_fd(stream.tls, stream.fd);
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream.tls), "127.0.0.1");
        if (SSL_connect(stream.tls) != 1) die_tls("handshake");
    }
    return stream;
}

static void close_stream(struct stream* stream) {
    if (stream->tls) {
        SSL_shutdown(stream->tls);
        SSL_free(stream->tls);
    }
    close(stream->fd);
}

static void send_all(struct stream* stream, const char* bytes, int size) {
    while (size > 0) {
        int sent = stream->tls ? SSL_write(stream->tls, bytes, size) : (int)write(stream->fd, bytes, (size_t)size);
        if (sent <= 0) die("write");
        bytes += sent;
        size -= sent;
    }
}

/* 0 at the end of the stream. */
static int receive(struct stream* stream, char* bytes, int size) {
    if (!stream->tls) {
        ssize_t got = read(stream->fd, bytes, (size_t)size);
        if (got < 0) die("read");
        return (int)got;
    }
    int got = SSL_read(stream->tls, bytes, size);
    if (got > 0) return got;
    int error = SSL_get_error(stream->tls, got);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    /* A server that ends without close_notify: nginx does for a client that asked to close. */
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING || ERR_peek_error() == 0) {
        ERR_clear_error();
        return 0;
    }
    die_tls("read");
    return 0;
}

static int put_request(char* to, long who, long number) {
    if (number % 2) return sprintf(to, "get key:%ld:%ld\r\n", who, (number / 2) % 1000);
    int size = sprintf(to, "set key:%ld:%ld 0 0 %d\r\n", who, (number / 2) % 1000, kValueSize);
    memset(to + size, 'v', kValueSize);
    memcpy(to + size + kValueSize, "\r\n", 2);
    return size + kValueSize + 2;
}

/* Answers end with "STORED" and "END", each on a line of its own, in turn; values hold no line ends. */
static int answers_in(const char* bytes, int size) {
    int count = 0;
    for (const char* at = bytes; (at = memchr(at, '\n', (size_t)(bytes + size - at))); ++at) {
        int before = (int)(at - bytes);
        if (before >= 7 && memcmp(at - 7, "STORED\r", 7) == 0) ++count;
        if (before >= 4 && memcmp(at - 4, "END\r", 4) == 0 && (before == 4 || at[-5] == '\n')) ++count;
    }
    return count;
}

static void load_memcached(long who) {
    static __thread char requests[kLargestPipeline * (kValueSize + 64)], answers[kLargestPipeline * (kValueSize + 64)];
    struct stream stream = open_stream();
    for (long done = 0; done < operations_each; done += pipeline) {
        int size = 0, received = 0;
        for (int i = 0; i < pipeline; ++i) size += put_request(requests + size, who, done + i);
        send_all(&stream, requests, size);
        while (answers_in(answers, received) < pipeline) {
            int got = receive(&stream, answers + received, (int)sizeof answers - received);
            if (got <= 0) die("the server closed the connection, or its answer is too long");
            received += got;
        }
    }
    close_stream(&stream);
}

static void load_http(void) {
    static const char kRequest[] = "GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[16384];
    for (long done = 0; done < operations_each; ++done) {
        struct stream stream = open_stream();
        send_all(&stream, kRequest, (int)sizeof kRequest - 1);
        long received = 0;
        for (int got; (got = receive(&stream, answer, sizeof answer)) > 0; received += got) {
            if (received == 0 && (got < 15 || memcmp(answer, "HTTP/1.1 200 OK", 15) != 0)) die("unexpected answer");
        }
        if (received == 0) die("no answer");
        close_stream(&stream);
    }
}

static int is_http;

static void* connection(void* argument) {
    if (is_http) {
        load_http();
    } else {
        load_memcached((long)(intptr_t)argument);
    }
    return NULL;
}

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    if (argc < 6) {
        fprintf(stderr, "usage: %s OPERATIONS memcached|http PORT CONNECTIONS PIPELINE [CA]\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    is_http = strcmp(argv[2], "http") == 0;
    port = (uint16_t)strtol(argv[3], NULL, 10);
    long connections = strtol(argv[4], NULL, 10);
    pipeline = (int)strtol(argv[5], NULL, 10);
    if (connections < 1 || connections > kLargestConnections || pipeline < 1 || pipeline > kLargestPipeline) return 2;
    if (argc > 6) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        if (SSL_CTX_load_verify_locations(context, argv[6], NULL) != 1) die_tls(argv[6]);
    }
    operations_each = (count / connections + pipeline - 1) / pipeline * pipeline;
    pthread_t threads[kLargestConnections];
    uint64_t begin = now_ns();
    for (long i = 0; i < connections; ++i) {
        errno = pthread_create(&threads[i], NULL, connection, (void*)(intptr_t)i);
        if (errno) die("pthread_create");
    }
    for (long i = 0; i < connections; ++i) pthread_join(threads[i], NULL);
    report(operations_each * connections, begin);
    return 0;
}
