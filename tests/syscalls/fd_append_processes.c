// SPDX-License-Identifier: Apache-2.0
//
// O_APPEND: what several processes append at once lies there whole, each write behind another, in the order of
// each process; the position follows. pwrite(2) appends too. open(2), write(2), pwrite(2).
#include "testing.h"

#include <sys/uio.h>

enum { kProcesses = 4, kRecords = 200, kSize = 100 };

static void append_records(int process) {
    int fd = EXPECT_OK(open("file", O_WRONLY | O_APPEND));
    char record[kSize];
    for (int i = 0; i < kRecords; i++) {
        memset(record, 'a' + process, sizeof record);
        snprintf(record, 16, "%d %d", process, i);
        struct iovec pieces[] = {{record, 40}, {record + 40, kSize - 40}};
        EXPECT_EQ(i % 2 ? write(fd, record, kSize) : writev(fd, pieces, 2), kSize);
    }
    _exit(0);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "", 0600);
    pid_t children[kProcesses];
    for (int i = 0; i < kProcesses; i++) {
        if ((children[i] = fork_child()) == 0) append_records(i);
    }
    for (int i = 0; i < kProcesses; i++) EXPECT_EQ(wait_child(children[i]), 0);
    int fd = EXPECT_OK(open("file", O_RDWR));
    EXPECT_EQ(lseek(fd, 0, SEEK_END), kProcesses * kRecords * kSize);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    int next[kProcesses] = {0};
    char record[kSize];
    while (read(fd, record, kSize) == kSize) {
        int process, number;
        EXPECT_EQ(sscanf(record, "%d %d", &process, &number), 2);
        EXPECT(process >= 0 && process < kProcesses);
        EXPECT_EQ(number, next[process]++);
        for (int i = 16; i < kSize; i++) EXPECT_EQ(record[i], 'a' + process);
    }
    for (int i = 0; i < kProcesses; i++) EXPECT_EQ(next[i], kRecords);

    EXPECT_OK(fcntl(fd, F_SETFL, O_APPEND));
    EXPECT_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
    EXPECT_EQ(lseek(fd, 5, SEEK_SET), 5);
    EXPECT_EQ(write(fd, "end", 3), 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), kProcesses * kRecords * kSize + 3);
    EXPECT_EQ(pwrite(fd, "too", 3, 0), 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), kProcesses * kRecords * kSize + 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_END), kProcesses * kRecords * kSize + 6);
    EXPECT_OK(fcntl(fd, F_SETFL, 0));
    EXPECT_EQ(pwrite(fd, "X", 1, 0), 1);
    EXPECT_EQ(pread(fd, record, 1, 0), 1);
    EXPECT_EQ(record[0], 'X');
    return 0;
}
