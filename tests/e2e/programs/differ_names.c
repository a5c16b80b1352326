// SPDX-License-Identifier: Apache-2.0
//
// Every call about names with every kind of path, generated: files, directories that are empty or not, links of both kinds, links that
// dangle and loop, what is above and below, what does not exist; with and without a slash at the end. After a call that changed
// something the tree is listed, and made anew. Runs in an empty directory, its argument.
#include "differ.h"

#include <linux/fs.h>

static const char* const kPaths[] = {
    "file",      "other",     "hard",      "empty",    "full",       "full/in",   "full/sub",   "full/sub/deep", "tofile",  "todir",
    "toempty",   "dangling",  "loop",      "fifo",     "none",       "none/x",    "file/x",     ".",             "..",      "empty/.",
    "empty/..",  "full/sub/..", "",        "file/",    "empty/",     "full/",     "full/sub/",  "tofile/",       "todir/",  "toempty/",
    "dangling/", "none/",     "loop/",     "fifo/",    "todir/in",   "todir/new", "empty/new",  "full/new/",     "file/..", "dangling/x",
    "full/sub/new", "empty//", "./file",
};
enum { kCount = sizeof(kPaths) / sizeof(*kPaths) };

static void remove_below(int directory) {
    DIR* const listing = fdopendir(directory);
    for (struct dirent* entry; (entry = readdir(listing)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(dirfd(listing), entry->d_name, 0) == 0) continue;
        const int below = openat(dirfd(listing), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (below < 0) continue;
        remove_below(below);
        if (unlinkat(dirfd(listing), entry->d_name, AT_REMOVEDIR) != 0) printf("cannot remove %s\n", entry->d_name);
    }
    closedir(listing);
}

static void make_tree(void) {
    remove_below(open(".", O_RDONLY | O_DIRECTORY));
    put("file", "content");
    put("other", "other content");
    if (link("file", "hard") || mkdir("empty", 0755) || mkdir("full", 0755) || mkdir("full/sub", 0755) ||
        mkdir("full/sub/deep", 0755) || symlink("file", "tofile") || symlink("full", "todir") || symlink("empty", "toempty") ||
        symlink("none", "dangling") || symlink("loop", "loop") || mkfifo("fifo", 0644)) {
        printf("cannot make the tree: %s\n", strerrorname_np(errno));
        exit(2);
    }
    put("full/in", "in");
}

static int by_name(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

static void list(const char* path, int depth) {
    char* names[64];
    int count = 0;
    DIR* const listing = opendir(path);
    if (listing == NULL || depth > 8) return;
    for (struct dirent* entry; (entry = readdir(listing)) != NULL && count < 64;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names[count++] = strdup(entry->d_name);
    }
    closedir(listing);
    qsort(names, (size_t)count, sizeof(*names), by_name);
    for (int i = 0; i < count; ++i) {
        char below[4096], target[64] = {0};
        struct stat status;
        snprintf(below, sizeof(below), "%s/%s", path, names[i]);
        if (lstat(below, &status) != 0) memset(&status, 0, sizeof(status));
        if (S_ISLNK(status.st_mode) && readlink(below, target, sizeof(target) - 1) < 0) target[0] = '?';
        printf(" %s:%o:%lu:%ld%s%s", below + 2, status.st_mode, (unsigned long)status.st_nlink,
               S_ISDIR(status.st_mode) ? 0L : (long)status.st_size, target[0] != 0 ? ">" : "", target);
        if (S_ISDIR(status.st_mode)) list(below, depth + 1);
        free(names[i]);
    }
}

static void answer(long result, const char* what, const char* one, const char* two, unsigned flags) {
    printf("%s '%s' '%s' %x: %s", what, one, two, flags, result < 0 ? strerrorname_np(errno) : "ok");
    if (result >= 0) {
        list(".", 0);
        make_tree();
    }
    printf("\n");
}

static void two_names(void) {
    static const unsigned kRename[] = {0, RENAME_NOREPLACE, RENAME_EXCHANGE};
    static const unsigned kLink[] = {0, AT_SYMLINK_FOLLOW};
    for (int i = 0; i < kCount; ++i) {
        for (int k = 0; k < kCount; ++k) {
            for (int f = 0; f < 3; ++f) {
                answer(renameat2(AT_FDCWD, kPaths[i], AT_FDCWD, kPaths[k], kRename[f]), "rename", kPaths[i], kPaths[k], kRename[f]);
            }
            for (int f = 0; f < 2; ++f) {
                answer(linkat(AT_FDCWD, kPaths[i], AT_FDCWD, kPaths[k], (int)kLink[f]), "link", kPaths[i], kPaths[k], kLink[f]);
            }
        }
    }
    answer(renameat2(AT_FDCWD, "file", AT_FDCWD, "x", RENAME_NOREPLACE | RENAME_EXCHANGE), "both", "", "", 0);
    answer(renameat2(AT_FDCWD, "file", AT_FDCWD, "x", 8), "unknown flag", "", "", 8);
    answer(linkat(AT_FDCWD, "file", AT_FDCWD, "x", 1), "unknown flag", "", "", 1);
}

static void one_name(void) {
    for (int i = 0; i < kCount; ++i) {
        const char* const path = kPaths[i];
        struct stat status;
        char target[64] = {0};
        answer(unlink(path), "unlink", path, "", 0);
        answer(rmdir(path), "rmdir", path, "", 0);
        answer(unlinkat(AT_FDCWD, path, AT_REMOVEDIR), "unlinkat", path, "", AT_REMOVEDIR);
        answer(unlinkat(AT_FDCWD, path, 1), "unlinkat", path, "", 1);
        answer(mkdir(path, 01777), "mkdir", path, "", 0);
        answer(mkdir(path, 06777), "mkdir", path, "", 06777);
        answer(symlink("target", path), "symlink", path, "", 0);
        answer(symlink("", path), "symlink to nothing", path, "", 0);
        answer(mknod(path, S_IFREG | 0640, 0), "mknod", path, "", 0);
        answer(mknod(path, S_IFIFO | 0640, 0), "mknod", path, "fifo", 0);
        answer(mknod(path, S_IFDIR | 0640, 0), "mknod", path, "directory", 0);
        answer(truncate(path, 3), "truncate", path, "", 0);
        answer(truncate(path, -1), "truncate", path, "", 1);
        answer(chmod(path, 0600), "chmod", path, "", 0);
        answer(fchmodat(AT_FDCWD, path, 0600, AT_SYMLINK_NOFOLLOW), "fchmodat", path, "", AT_SYMLINK_NOFOLLOW);
        answer(lchown(path, (uid_t)-1, (gid_t)-1), "lchown", path, "", 0);
        errno = 0;
        printf("stat %s: %s", path, answer_of(stat(path, &status)));
        printf(" lstat: %s", answer_of(lstat(path, &status)));
        printf(" readlink: %s %s", answer_of(readlink(path, target, sizeof(target) - 1)), target);
        printf(" chdir: %s\n", answer_of(chdir(path) == 0 ? (fchdir(3), 0) : -1));
        for (int mode = 0; mode < 9; ++mode) {
            // Nothing of a volume is executable: X_OK of a file is not compared.
            if (mode == 8 || ((mode & X_OK) == 0 || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))) {
                printf("access %s %d: %s", path, mode, answer_of(access(path, mode)));
                printf(" eaccess: %s", answer_of(faccessat(AT_FDCWD, path, mode, AT_EACCESS)));
                printf(" nofollow: %s\n", answer_of(syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW)));
            }
        }
    }
}

static void opening(void) {
    // What F_GETFL does not show in a volume (docs/architecture.md).
    enum { kOfOpening = O_DIRECTORY | O_NOFOLLOW | O_TMPFILE };
    static const int kFlags[] = {O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE & ~O_DIRECTORY};
    for (int i = 0; i < kCount; ++i) {
        struct stat status;
        for (unsigned set = 0; set < 1U << 8; ++set) {
            for (int access = O_RDONLY; access <= O_RDWR; ++access) {
                int flags = access;
                for (int bit = 0; bit < 8; ++bit) flags |= (set >> bit & 1) != 0 ? kFlags[bit] : 0;
                // Fifos of a volume are not opened; natively it would wait for a writer.
                if (strstr(kPaths[i], "fifo") != NULL && (flags & O_PATH) == 0) continue;
                errno = 0;
                const int fd = open(kPaths[i], flags, 0640);
                printf("open '%s' %o: ", kPaths[i], flags);
                if (fd < 0) {
                    printf("%s\n", strerrorname_np(errno));
                    continue;
                }
                fstat(fd, &status);
                printf("%o %ld %lu flags %o", status.st_mode, S_ISDIR(status.st_mode) ? 0L : (long)status.st_size,
                       S_ISDIR(status.st_mode) ? 0UL : (unsigned long)status.st_nlink, fcntl(fd, F_GETFL) & ~kOfOpening);
                char byte;
                printf(" read %s", answer_of(read(fd, &byte, 1)));
                printf(" write %s", answer_of(write(fd, "x", 1)));
                if ((flags & O_TMPFILE) == O_TMPFILE) {
                    char self[64];
                    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
                    printf(" link %s", answer_of(linkat(AT_FDCWD, self, AT_FDCWD, "given", AT_SYMLINK_FOLLOW)));
                    printf(" by descriptor %s", answer_of(linkat(fd, "", AT_FDCWD, "given2", AT_EMPTY_PATH)));
                }
                close(fd);
                printf("\n");
                if (S_ISREG(status.st_mode)) make_tree();
            }
        }
    }
}

int main(int count, char** arguments) {
    // One below, so that ".." is of the same file system.
    if (count != 2 || chdir(arguments[1]) != 0 || mkdir("work", 0755) != 0 || chdir("work") != 0) return 2;
    const int here = open(".", O_RDONLY | O_DIRECTORY);
    if (here != 3 && (dup2(here, 3) != 3 || close(here) != 0)) return 2;
    umask(022);
    make_tree();
    two_names();
    one_name();
    opening();
    return 0;
}
