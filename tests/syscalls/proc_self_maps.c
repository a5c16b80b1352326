// SPDX-License-Identifier: Apache-2.0
//
// /proc/self/maps lists the program's memory and nothing else: its own file and libraries, [heap], [stack],
// [vdso] (each once), what it maps with the right protection, name and offset; sorted; unmapped memory is
// gone. proc(5).
#include "testing.h"

struct Line {
    unsigned long start, end, offset, inode;
    char protection[5], path[512];
};
static struct Line lines[2000];
static int count;

static void read_maps(void) {
    static char text[1 << 19];
    read_file("/proc/self/maps", text, sizeof text);
    count = 0;
    for (char* line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        struct Line* entry = &lines[count++];
        int path_at = 0;
        EXPECT_EQ(sscanf(line, "%lx-%lx %4s %lx %*s %lu %n", &entry->start, &entry->end, entry->protection,
                         &entry->offset, &entry->inode, &path_at),
                  5);
        snprintf(entry->path, sizeof entry->path, "%s", line + path_at);
        if (count > 1) EXPECT(entry->start >= lines[count - 2].end);
    }
}

static const struct Line* find(const void* address) {
    for (int i = 0; i < count; i++)
        if (lines[i].start <= (unsigned long)address && (unsigned long)address < lines[i].end) return &lines[i];
    return NULL;
}

int main(int, char** argv) {
    watchdog(60);
    char *path = own_path(argv[0]), here;
    enter_temporary_directory();
    void* block = malloc(100);
    write_file("mapped file", "x", 0600);
    int fd = EXPECT_OK(open("mapped file", O_RDWR));
    EXPECT_OK(ftruncate(fd, 5 * 4096));
    char* file = EXPECT_OK(mmap(NULL, 2 * 4096, PROT_READ, MAP_SHARED, fd, 3 * 4096));
    char* code = EXPECT_OK(mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_OK(mprotect(code + 4096, 4096, PROT_READ | PROT_EXEC));

    read_maps();
    int stacks = 0, heaps = 0, vdsos = 0;
    for (int i = 0; i < count; i++) {
        const char* name = lines[i].path;
        stacks += strcmp(name, "[stack]") == 0;
        heaps += strcmp(name, "[heap]") == 0;
        vdsos += strcmp(name, "[vdso]") == 0;
        bool known = name[0] == 0 || name[0] == '[' || strcmp(name, path) == 0 || strstr(name, ".so") != NULL ||
                     strstr(name, "mapped file") != NULL;
        if (!known) test_failed(__FILE_NAME__, __LINE__, "a stranger in /proc/self/maps: %s", name);
        if (name[0] == 0 && lines[i].protection[2] == 'x')
            EXPECT(lines[i].start == (unsigned long)(code + 4096) && lines[i].end == (unsigned long)(code + 2 * 4096));
        EXPECT(!(lines[i].protection[1] == 'w' && lines[i].protection[2] == 'x'));
    }
    EXPECT(stacks == 1 && heaps == 1 && vdsos <= 1);
    EXPECT_STREQ(find(main)->path, path);
    EXPECT_STREQ(find(main)->protection, "r-xp");
    EXPECT_STREQ(find(&count)->protection, "rw-p");
    EXPECT_STREQ(find(&here)->path, "[stack]");
    EXPECT_STREQ(find(block)->path, "[heap]");
    EXPECT(find((void*)(uintptr_t)&printf) != NULL);
    const struct Line* line = find(file);
    EXPECT(line != NULL && line->offset == 3 * 4096 && line->end - line->start == 2 * 4096);
    EXPECT_STREQ(line->protection, "r--s");
    struct stat status;
    EXPECT_OK(fstat(fd, &status));
    EXPECT_EQ(line->inode, status.st_ino);
    EXPECT_STREQ(find(code + 4096)->protection, "r-xp");
    EXPECT_STREQ(find(code)->protection, "---p");

    EXPECT_OK(munmap(code, 3 * 4096));
    EXPECT_OK(munmap(file, 2 * 4096));
    EXPECT_OK(close(fd));
    read_maps();
    EXPECT(find(file) == NULL);
    for (int i = 0; i < count; i++) EXPECT(strstr(lines[i].path, "mapped file") == NULL);
    return 0;
}
