// SPDX-License-Identifier: Apache-2.0
//
// chroot: absolute paths and "/.." end at the new root, a descriptor and a working directory outside lead out, links
// are resolved within, relative ones as before; not without privilege; the parent keeps its own. Needs root. chroot(2).
#include "testing.h"

int main(void) {
    watchdog(60);
    if (getuid() != 0) SKIP("needs root");
    enter_temporary_directory();
    EXPECT_OK(chmod(".", 0755));
    EXPECT_OK(mkdir("root", 0755));
    EXPECT_OK(mkdir("root/below", 0755));
    write_file("root/file", "inside", 0644);
    write_file("outside", "outside", 0644);
    EXPECT_OK(symlink("/file", "root/absolute"));
    EXPECT_OK(symlink("../../../outside", "root/upwards"));
    pid_t child = fork_child();
    if (child == 0) {
        char text[PATH_MAX];
        int outside = EXPECT_OK(open(".", O_RDONLY | O_DIRECTORY));
        if (chroot("root") == -1) SKIP("chroot: %s", strerror(errno));
        EXPECT_OK(close(EXPECT_OK(openat(outside, "outside", O_RDONLY))));
        EXPECT_OK(close(EXPECT_OK(open("outside", O_RDONLY))));  // the working directory is still there
        EXPECT(getcwd(text, sizeof text) == NULL || strncmp(text, "(unreachable)", 13) == 0);
        EXPECT_OK(chdir("/below"));
        EXPECT(getcwd(text, sizeof text) != NULL);
        EXPECT_STREQ(text, "/below");
        EXPECT_EQ(read_file("/file", text, sizeof text), 6);
        EXPECT_EQ(read_file("/../../file", text, sizeof text), 6);
        EXPECT_EQ(read_file("../../../file", text, sizeof text), 6);
        EXPECT_EQ(read_file("/absolute", text, sizeof text), 6);
        EXPECT_ERRNO(open("/upwards", O_RDONLY), ENOENT);
        EXPECT_ERRNO(open("/proc/self/maps", O_RDONLY), ENOENT);
        EXPECT_ERRNO(execl("/bin/true", "true", NULL), ENOENT);
        pid_t grandchild = fork_child();
        if (grandchild == 0) {
            EXPECT_EQ(read_file("/file", text, sizeof text), 6);
            EXPECT_OK(setuid(65534));
            EXPECT_ERRNO(chroot("/"), EPERM);
            _exit(0);
        }
        EXPECT_EXIT(grandchild, 0);
        EXPECT_OK(fchdir(outside));
        EXPECT_EQ(read_file("outside", text, sizeof text), 7);
        EXPECT_ERRNO(chroot("outside"), ENOTDIR);
        EXPECT_ERRNO(chroot("nothing"), ENOENT);
        _exit(0);
    }
    int status = wait_child(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return 77;
    EXPECT_EQ(status, 0);
    EXPECT_OK(access("/proc", F_OK));
    return 0;
}
