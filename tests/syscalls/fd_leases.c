// SPDX-License-Identifier: Apache-2.0
//
// F_SETLEASE: one open file may hold a lease, an opener in another process waits until it is given back, the holder
// gets SIGIO; O_NONBLOCK openers get EWOULDBLOCK. F_NOTIFY signals changes of a directory. fcntl(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    write_file("file", "x", 0600);
    int fd = EXPECT_OK(open("file", O_RDONLY));
    EXPECT_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == -1) SKIP("no leases here: %s", strerror(errno));
    EXPECT_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
    count_signals(SIGIO, 0);
    pid_t child = fork_child();
    if (child == 0) {
        EXPECT_OK(close(EXPECT_OK(open("file", O_RDONLY))));  // readers do not break it
        EXPECT_ERRNO(open("file", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
        int writer = EXPECT_OK(open("file", O_WRONLY));  // waits
        EXPECT_EQ(write(writer, "y", 1), 1);
        _exit(0);
    }
    wait_until_at_least(signal_count, 1);
    EXPECT_OK(fcntl(fd, F_SETLEASE, F_UNLCK));
    EXPECT_EXIT(child, 0);
    EXPECT_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
    int second = EXPECT_OK(open("file", O_RDONLY));
    EXPECT_ERRNO(fcntl(fd, F_SETLEASE, F_WRLCK), EAGAIN);  // it is open twice
    EXPECT_OK(close(second));
    EXPECT_ERRNO(fcntl(fd, F_SETLEASE, 77), EINVAL);

    int directory = EXPECT_OK(open(".", O_RDONLY | O_DIRECTORY)), before = load(signal_count);
    if (fcntl(directory, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT) == 0) {
        write_file("new", "", 0600);
        wait_until_at_least(signal_count, before + 1);
        before = load(signal_count);
        EXPECT_OK(unlink("new"));
        wait_until_at_least(signal_count, before + 1);
    }
    return 0;
}
