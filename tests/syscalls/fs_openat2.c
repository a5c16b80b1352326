// SPDX-License-Identifier: Apache-2.0
//
// openat2: RESOLVE_NO_SYMLINKS, NO_MAGICLINKS, BENEATH, IN_ROOT and NO_XDEV confine the walk; unknown flags,
// odd modes and sizes are EINVAL or E2BIG. openat2(2).
#include "testing.h"

#include <linux/openat2.h>

static long openat2_(int directory, const char* path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags, .resolve = resolve};
    return syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int main(void) {
    watchdog(60);
    enter_temporary_directory();
    EXPECT_OK(mkdir("root", 0700));
    EXPECT_OK(mkdir("root/below", 0700));
    write_file("outside", "outside", 0600);
    write_file("root/inside", "inside", 0600);
    EXPECT_OK(symlink("inside", "root/link"));
    EXPECT_OK(symlink("../outside", "root/escape"));
    EXPECT_OK(symlink("/inside", "root/absolute"));
    EXPECT_OK(symlink("/proc/self/fd/0", "root/magic"));
    int root = EXPECT_OK(open("root", O_PATH));
    long fd = openat2_(root, "inside", O_RDONLY, 0);
    if (fd == -1 && errno == ENOSYS) SKIP("no openat2");
    EXPECT(fd >= 0);
    EXPECT_OK(openat2_(root, "escape", O_RDONLY, 0));
    EXPECT_OK(openat2_(root, "link", O_RDONLY, RESOLVE_BENEATH));
    EXPECT_OK(openat2_(root, "below/../link", O_RDONLY, RESOLVE_BENEATH));
    EXPECT_ERRNO(openat2_(root, "escape", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    EXPECT_ERRNO(openat2_(root, "..", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    EXPECT_ERRNO(openat2_(root, "absolute", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    EXPECT_ERRNO(openat2_(root, "/etc", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    EXPECT_OK(openat2_(root, "absolute", O_RDONLY, RESOLVE_IN_ROOT));
    EXPECT_OK(openat2_(root, "/../../inside", O_RDONLY, RESOLVE_IN_ROOT));
    EXPECT_ERRNO(openat2_(root, "escape", O_RDONLY, RESOLVE_IN_ROOT), ENOENT);
    EXPECT_ERRNO(openat2_(root, "link", O_RDONLY, RESOLVE_NO_SYMLINKS), ELOOP);
    EXPECT_OK(openat2_(root, "inside", O_RDONLY, RESOLVE_NO_SYMLINKS));
    EXPECT_OK(openat2_(root, "link", O_RDONLY, RESOLVE_NO_MAGICLINKS));
    EXPECT_ERRNO(openat2_(AT_FDCWD, "/proc/self/fd/0", O_RDONLY, RESOLVE_NO_MAGICLINKS), ELOOP);
    EXPECT_ERRNO(openat2_(AT_FDCWD, "/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS), ELOOP);
    EXPECT_ERRNO(openat2_(AT_FDCWD, "/proc/version", O_RDONLY, RESOLVE_NO_XDEV), EXDEV);

    EXPECT_ERRNO(openat2_(root, "inside", O_RDONLY, 1 << 20), EINVAL);
    EXPECT_ERRNO(openat2_(root, "inside", 1UL << 40, 0), EINVAL);
    struct {
        struct open_how how;
        uint64_t more;
    } larger = {{.flags = O_RDONLY, .mode = 0600}, 0};
    EXPECT_ERRNO(syscall(SYS_openat2, root, "inside", &larger.how, sizeof larger.how),
                 EINVAL);  // a mode without O_CREAT
    larger.how.mode = 0;
    EXPECT_OK(syscall(SYS_openat2, root, "inside", &larger, sizeof larger));
    larger.more = 1;
    EXPECT_ERRNO(syscall(SYS_openat2, root, "inside", &larger, sizeof larger), E2BIG);
    EXPECT_ERRNO(syscall(SYS_openat2, root, "inside", &larger, 8), EINVAL);
    return 0;
}
