// SPDX-License-Identifier: Apache-2.0
//
// Puts different things at descriptor 2 and makes the network shield refuse an address for each, which is a line of the runtime's:
// port 1 as it was at the start, port 2 after dup2 of a log; then what must not be written to: standard_error DIRECTORY
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void stop(const char* what) {
    printf("%s failed\n", what);
    exit(1);
}

static void be_refused(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr*)&address, sizeof(address)) == 0 || errno != EACCES) stop("being refused");
    close(fd);
}

static void expect_two(int fd) {
    if (fd != 2) stop("getting descriptor 2");
}

int main(int argc, char** argv) {
    if (argc != 2 || chdir(argv[1]) != 0) return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    be_refused(1);

    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (dup2(log, 2) != 2) stop("dup2");
    be_refused(2);

    close(2);
    be_refused(3);  // nowhere

    expect_two(open("data", O_WRONLY | O_CREAT | O_APPEND, 0600));
    be_refused(4);
    struct stat status;
    if (fstat(2, &status) != 0 || status.st_size != 0) puts("WRONG: a line in a data file");
    close(2);

    int pipes[2];
    if (pipe(pipes) != 0) stop("pipe");  // its reading end is 2
    expect_two(pipes[0]);
    int writing = pipes[1];
    fcntl(pipes[0], F_DUPFD, 10);
    close(2);
    expect_two(dup(writing));
    be_refused(5);
    fcntl(10, F_SETFL, O_NONBLOCK);
    char byte;
    if (read(10, &byte, 1) != -1 || errno != EAGAIN) puts("WRONG: a line in a pipe");
    close(2);

    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) stop("socketpair");
    expect_two(pair[0]);
    be_refused(6);
    if (dup2(pair[0], 2) != 2) stop("dup2");
    be_refused(7);
    if (read(pair[1], &byte, 1) != -1 || errno != EAGAIN) puts("WRONG: a line in a socket");
    close(2);

    if (dup2(log, 2) != 2) stop("dup2");
    be_refused(8);
    puts("done");
    if (getenv("AGAIN") == NULL) {
        setenv("AGAIN", "1", 1);
        close(2);
        if (open("second", O_RDWR | O_CREAT, 0600) != 2) stop("getting descriptor 2");
        execv("/proc/self/exe", argv);  // 2 is what this image left there: standard error
        stop("execv");
    }
    return 0;
}
