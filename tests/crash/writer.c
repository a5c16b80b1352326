// SPDX-License-Identifier: Apache-2.0
//
// The writer that volume_kill9.py kills: changes files in its directory in every way that a database does, and says on standard
// output, one line each, what has returned. A line is written only after the call returned, so whatever stands there must survive.
//
//   append N      8 bytes, the number N, were appended to "appended"
//   at N          record N of 512 bytes was written into slot N % 64 of "slots"
//   name N        file "name-N" was made, written with its number and renamed to "named" over the one before
//   gone N        file "gone-N" was made and unlinked
//
// writer DIRECTORY FIRST: numbers from FIRST on; does not end by itself.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int ok, const char* what) {
    if (ok) return;
    perror(what);
    exit(1);
}

static void say(const char* what, uint64_t number) {
    char line[64];
    const int size = snprintf(line, sizeof line, "%s %llu\n", what, (unsigned long long)number);
    must(write(STDOUT_FILENO, line, (size_t)size) == size, "write to standard output");
}

static void write_number(const char* name, uint64_t number) {
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(fd >= 0, name);
    must(write(fd, &number, sizeof number) == sizeof number, name);
    must(close(fd) == 0, name);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    must(chdir(argv[1]) == 0, argv[1]);
    const int appended = open("appended", O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int slots = open("slots", O_WRONLY | O_CREAT, 0600);
    must(appended >= 0 && slots >= 0, "open");
    for (uint64_t number = strtoull(argv[2], NULL, 10);; number++) {
        must(write(appended, &number, sizeof number) == sizeof number, "append");
        say("append", number);
        uint64_t record[64];
        for (int i = 0; i < 64; i++) record[i] = number;
        must(pwrite(slots, record, sizeof record, (off_t)(number % 64 * sizeof record)) == sizeof record, "pwrite");
        say("at", number);
        char name[64];
        snprintf(name, sizeof name, "name-%llu", (unsigned long long)number);
        write_number(name, number);
        must(rename(name, "named") == 0, "rename");
        say("name", number);
        snprintf(name, sizeof name, "gone-%llu", (unsigned long long)number);
        write_number(name, number);
        must(unlink(name) == 0, "unlink");
        say("gone", number);
        if (number % 64 == 0) must(fsync(appended) == 0, "fsync");
    }
}
