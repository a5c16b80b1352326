// SPDX-License-Identifier: Apache-2.0
//
// chdir, fchdir and getcwd: relative paths follow, .. and symbolic links resolve, threads share it, a removed
// directory gives ENOENT, a renamed one its new name; ERANGE for a small buffer; deeper than PATH_MAX.
// getcwd(3), chdir(2).
#include "testing.h"

static void* change(void*) {
    EXPECT_OK(chdir("one"));
    return NULL;
}

int main(void) {
    watchdog(60);
    const char* base = own_path(enter_temporary_directory());
    char path[PATH_MAX], expected[PATH_MAX];
    EXPECT(getcwd(path, sizeof path) != NULL);
    EXPECT_STREQ(path, base);
    EXPECT_OK(mkdir("one", 0700));
    EXPECT_OK(mkdir("one/two", 0700));
    EXPECT_OK(symlink("one/two", "link"));
    int here = EXPECT_OK(open(".", O_RDONLY | O_DIRECTORY));
    EXPECT_OK(chdir("link"));
    snprintf(expected, sizeof expected, "%s/one/two", base);
    EXPECT(getcwd(path, sizeof path) != NULL);
    EXPECT_STREQ(path, expected);
    write_file("../file", "x", 0600);
    EXPECT_OK(chdir(".."));
    EXPECT_OK(access("file", F_OK));
    EXPECT_OK(fchdir(here));
    EXPECT_OK(access("one/file", F_OK));
    join_thread(start_thread(change, NULL));  // one directory for all threads
    EXPECT_OK(access("file", F_OK));
    EXPECT_OK(renameat(here, "one", here, "renamed"));
    snprintf(expected, sizeof expected, "%s/renamed", base);
    EXPECT(getcwd(path, sizeof path) != NULL);
    EXPECT_STREQ(path, expected);
    EXPECT_ERRNO(syscall(SYS_getcwd, path, 3), ERANGE);
    EXPECT_EQ(syscall(SYS_getcwd, path, sizeof path), strlen(expected) + 1);

    EXPECT_OK(chdir("two"));
    EXPECT_OK(unlinkat(here, "renamed/two", AT_REMOVEDIR));
    EXPECT(getcwd(path, sizeof path) == NULL && errno == ENOENT);
    EXPECT_ERRNO(open("file", O_WRONLY | O_CREAT, 0600), ENOENT);
    EXPECT_OK(fchdir(here));
    EXPECT_ERRNO(chdir("missing"), ENOENT);
    EXPECT_ERRNO(chdir("renamed/file"), ENOTDIR);
    EXPECT_ERRNO(fchdir(-1), EBADF);
    EXPECT_ERRNO(chdir(""), ENOENT);

    // As deep as absolute paths cannot reach: relative steps still work.
    char name[201];
    memset(name, 'd', 200);
    name[200] = 0;
    for (int depth = 0; depth < 25; depth++) {
        EXPECT_OK(mkdir(name, 0700));
        EXPECT_OK(chdir(name));
    }
    write_file("deep", "x", 0600);
    EXPECT_OK(access("deep", F_OK));
    EXPECT_OK(unlink("deep"));
    for (int depth = 0; depth < 25; depth++) {
        EXPECT_OK(chdir(".."));
        EXPECT_OK(rmdir(name));
    }
    EXPECT_OK(access("renamed", F_OK));
    return 0;
}
