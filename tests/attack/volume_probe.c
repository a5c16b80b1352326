// SPDX-License-Identifier: Apache-2.0
//
// The program on the volume in the tests of this folder: does what standard input says, one line each, in the directory that it is
// given, and answers each with one line, "WORD NAME ok" or "WORD NAME ERROR" with the error's name, before it reads the next.
//
//   put NAME SIZE SEED   makes or replaces a file with SIZE bytes that follow from SEED
//   add NAME SIZE SEED   the same, at the end of it
//   sync NAME            fsync
//   get NAME             "get NAME SIZE HASH"
//   list                 the names of the directory, sorted, in one line
//   remove NAME          unlink
//   bind PORT            listens on 127.0.0.1 and goes on
//   child LINE           what LINE says, in a child process that the first of these makes with fork
//   exec NAME            the program anew by execve, which answers
//   churn NAME COUNT     changes the mode of a file COUNT times: a record each, so that logs fill and checkpoints are written
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t next(uint64_t* state) {
    *state += 0x9e3779b97f4a7c15;
    uint64_t mixed = (*state ^ (*state >> 30)) * 0xbf58476d1ce4e5b9;
    return mixed ^ (mixed >> 29);
}

static int write_content(const char* name, int flags, uint64_t size, uint64_t seed) {
    const int fd = open(name, O_WRONLY | O_CREAT | flags, 0600);
    if (fd < 0) return -1;
    while (size > 0) {
        uint64_t words[8192];
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) words[i] = next(&seed);
        const size_t part = size < sizeof words ? size : sizeof words;
        const ssize_t put = write(fd, words, part);
        if (put <= 0) {
            const int error = put == 0 ? EIO : errno;
            close(fd);
            errno = error;
            return -1;
        }
        size -= (uint64_t)put;
    }
    return close(fd);
}

static int sync_file(const char* name) {
    const int fd = open(name, O_RDONLY);
    if (fd < 0) return -1;
    const int done = fsync(fd);
    const int error = errno;
    close(fd);
    errno = error;
    return done;
}

static int hash_file(const char* name, uint64_t* size, uint64_t* hash) {
    const int fd = open(name, O_RDONLY);
    if (fd < 0) return -1;
    unsigned char bytes[65536];
    ssize_t got;
    *size = 0;
    *hash = 0xcbf29ce484222325;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got; i++) *hash = (*hash ^ bytes[i]) * 0x100000001b3;
        *size += (uint64_t)got;
    }
    const int error = errno;
    close(fd);
    errno = error;
    return got < 0 ? -1 : 0;
}

static int churn(const char* name, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        if (chmod(name, 0600 + (i % 2)) != 0) return -1;
    }
    return 0;
}

static int bind_port(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr*)&address, sizeof address) != 0) return -1;
    return listen(fd, 1);
}

static int list(void) {
    struct dirent** entries;
    const int count = scandir(".", &entries, NULL, alphasort);
    if (count < 0) return -1;
    printf("list");
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') printf(" %s", entries[i]->d_name);
    }
    printf("\n");
    return 0;
}

// Hands a line to the child, whose standard input is a pipe from here. In the child itself: 1.
static int pass_on(const char* line) {
    static int to_child = -1;
    if (to_child < 0) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) return -1;
        const pid_t pid = fork();
        if (pid < 0) return -1;
        if (pid == 0) {
            close(ends[1]);
            if (dup2(ends[0], 0) != 0) _exit(9);
            close(ends[0]);
            return 1;
        }
        close(ends[0]);
        to_child = ends[1];
        return 0;
    }
    return dprintf(to_child, "%s", line) < 0 ? -1 : 0;
}

int main(int argc, char** argv) {
    if (argc < 2 || chdir(argv[1]) != 0) {
        perror("volume_probe");
        return 9;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0);  // nothing read ahead: what is not read yet is for the next program, or a child's
    if (argc == 3) printf("exec %s ok\n", argv[2]);
    char buffer[512], word[16], name[256];
    while (fgets(buffer, sizeof buffer, stdin) != NULL) {
        const char* line = buffer;
        if (strncmp(line, "child ", 6) == 0) {
            line += 6;
            const int passed = pass_on(line);
            if (passed < 0) perror("volume_probe: child");
            if (passed <= 0) continue;
        }
        unsigned long long size = 0, seed = 0;
        name[0] = 0;
        if (sscanf(line, "%15s %255s %llu %llu", word, name, &size, &seed) < 1) continue;
        int done = 0;
        uint64_t found = 0, hash = 0;
        if (strcmp(word, "put") == 0)
            done = write_content(name, O_TRUNC, size, seed);
        else if (strcmp(word, "add") == 0)
            done = write_content(name, O_APPEND, size, seed);
        else if (strcmp(word, "sync") == 0)
            done = sync_file(name);
        else if (strcmp(word, "remove") == 0)
            done = unlink(name);
        else if (strcmp(word, "churn") == 0)
            done = churn(name, size);
        else if (strcmp(word, "exec") == 0)
            done = execv(argv[0], (char*[]){argv[0], argv[1], name, NULL});
        else if (strcmp(word, "bind") == 0)
            done = bind_port(atoi(name));
        else if (strcmp(word, "get") == 0)
            done = hash_file(name, &found, &hash);
        else if (strcmp(word, "list") == 0 && (done = list()) == 0)
            continue;
        if (done != 0)
            printf("%s %s %s\n", word, name, strerrorname_np(errno));
        else if (strcmp(word, "get") == 0)
            printf("get %s %llu %016llx\n", name, (unsigned long long)found, (unsigned long long)hash);
        else
            printf("%s %s ok\n", word, name);
    }
    return 0;
}
