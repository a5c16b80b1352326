// SPDX-License-Identifier: Apache-2.0
//
// A FUSE file system with one executable file, "program", whose bytes come from this program: what an attacker's file system
// would be, without the lies. Usage: one_file_fuse FILE MOUNT-POINT [FUSE-OPTION...]
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int content = -1;

static int get_attributes(const char* path, struct stat* out, struct fuse_file_info* info) {
    (void)info;
    memset(out, 0, sizeof(*out));
    if (strcmp(path, "/") == 0) {
        out->st_mode = S_IFDIR | 0755;
        out->st_nlink = 2;
        return 0;
    }
    if (strcmp(path, "/program") != 0) return -ENOENT;
    if (fstat(content, out) != 0) return -errno;
    out->st_mode = S_IFREG | 0755;
    out->st_nlink = 1;
    return 0;
}

static int read_file(const char* path, char* buffer, size_t size, off_t offset, struct fuse_file_info* info) {
    (void)path;
    (void)info;
    const ssize_t count = pread(content, buffer, size, offset);
    return count < 0 ? -errno : (int)count;
}

int main(int argc, char** argv) {
    static const struct fuse_operations operations = {.getattr = get_attributes, .read = read_file};
    if (argc < 3) return 2;
    content = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (content < 0) return 1;
    argv[1] = argv[0];
    return fuse_main(argc - 1, argv + 1, &operations, NULL);
}
