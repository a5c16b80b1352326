// SPDX-License-Identifier: Apache-2.0
//
// O_APPEND writes at the end wherever the offset is, also from two processes at once; lseek SEEK_HOLE and
// SEEK_DATA, beyond the end, EINVAL and ENXIO; pread and pwrite leave the offset alone. open(2), lseek(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    int fd = EXPECT_OK(open("log", O_RDWR | O_CREAT | O_APPEND, 0600));
    pid_t children[3];
    for (int child = 0; child < 3; child++) {
        children[child] = fork_child();
        if (children[child] == 0) {
            int own = EXPECT_OK(open("log", O_WRONLY | O_APPEND));
            char line[32];
            for (int i = 0; i < 500; i++) {
                snprintf(line, sizeof line, "%d:%04d\n", child, i);
                EXPECT_EQ(write(own, line, 7), 7);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 3; i++) EXPECT_EXIT(children[i], 0);
    static char text[20000];
    EXPECT_EQ(pread(fd, text, sizeof text, 0), 3 * 500 * 7);
    int next[3] = {0};
    for (int i = 0; i < 1500; i++) {
        int child = -1, number = -1;
        EXPECT_EQ(sscanf(text + i * 7, "%d:%d\n", &child, &number), 2);
        EXPECT(child >= 0 && child < 3 && number == next[child]++);
    }
    EXPECT_EQ(lseek(fd, 10, SEEK_SET), 10);
    EXPECT_EQ(write(fd, "end", 3), 3);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 10503);
    EXPECT_EQ(lseek(fd, -3, SEEK_END), 10500);

    int sparse = EXPECT_OK(open("sparse", O_RDWR | O_CREAT, 0600));
    EXPECT_EQ(pwrite(sparse, "data", 4, 1 << 20), 4);
    EXPECT_EQ(lseek(sparse, 0, SEEK_CUR), 0);
    EXPECT_OK(ftruncate(sparse, 2 << 20));
    off_t data = EXPECT_OK(lseek(sparse, 0, SEEK_DATA)), hole = EXPECT_OK(lseek(sparse, 1 << 20, SEEK_HOLE));
    EXPECT(data == 0 || (data <= 1 << 20 && data >= (1 << 20) - 65536));  // 0 where holes are not known
    EXPECT(hole > 1 << 20 && hole <= 2 << 20);
    EXPECT_ERRNO(lseek(sparse, 3 << 20, SEEK_DATA), ENXIO);
    EXPECT_ERRNO(lseek(sparse, 2 << 20, SEEK_HOLE), ENXIO);
    EXPECT_ERRNO(lseek(sparse, -1, SEEK_SET), EINVAL);
    EXPECT_ERRNO(lseek(sparse, 0, 17), EINVAL);
    EXPECT_EQ(lseek(sparse, 1L << 40, SEEK_SET), 1L << 40);
    EXPECT_EQ(read(sparse, text, 10), 0);
    EXPECT_ERRNO(pread(sparse, text, 1, -1), EINVAL);
    return 0;
}
