// SPDX-License-Identifier: Apache-2.0
//
// Files of /proc that are not the process's own look as they should: meminfo, cpuinfo, version, sys/kernel,
// mounts; reads in small parts give the same text; lists of processes contain this one. proc(5).
#include "testing.h"

int main(void) {
    watchdog(60);
    static char whole[1 << 20], parts[1 << 20];
    static const char* const files[] = {"/proc/cpuinfo", "/proc/self/mounts", "/proc/version", "/proc/filesystems"};
    for (int i = 0; i < 4; i++) {
        size_t length = read_file(files[i], whole, sizeof whole), offset = 0;
        EXPECT(length > 0);
        if (i == 0) continue;  // its clock rates change
        int fd = EXPECT_OK(open(files[i], O_RDONLY));
        for (ssize_t part; (part = EXPECT_OK(read(fd, parts + offset, 7))) > 0;) offset += (size_t)part;
        EXPECT_EQ(offset, length);
        EXPECT_EQ(memcmp(whole, parts, length), 0);
        EXPECT_OK(close(fd));
    }
    read_file("/proc/meminfo", whole, sizeof whole);
    EXPECT_EQ(strncmp(whole, "MemTotal:", 9), 0);
    read_file("/proc/sys/kernel/pid_max", whole, sizeof whole);
    EXPECT(atoi(whole) >= getpid());
    DIR* directory = opendir("/proc");
    EXPECT(directory != NULL);
    bool self = false, link = false;
    for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
        self |= atoi(entry->d_name) == getpid();
        link |= strcmp(entry->d_name, "self") == 0;
    }
    closedir(directory);
    EXPECT(self && link);
    EXPECT_ERRNO(open("/proc/999999999", O_RDONLY), ENOENT);
    EXPECT_ERRNO(open("/proc/self/no-such-file", O_RDONLY), ENOENT);
    return 0;
}
