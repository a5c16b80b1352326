// SPDX-License-Identifier: Apache-2.0
//
// Keeps bytes in a shared mapping of a file, as databases do: argument 1 is the file to make, argument 2 the one that the bytes come from,
// read straight into the mapping. Says "mapped" and waits to be killed.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char** argv) {
    enum { kSize = 1 << 16 };
    if (argc != 3) return 2;
    const int file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
    const int from = open(argv[2], O_RDONLY);
    if (file < 0 || from < 0 || ftruncate(file, kSize) != 0) return perror("mapper"), 1;
    char* const mapped = mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED || read(from, mapped, kSize) <= 0 || msync(mapped, kSize, MS_SYNC) != 0)
        return perror("mapper"), 1;
    close(file);
    close(from);
    if (write(STDOUT_FILENO, "mapped\n", 7) != 7) return 1;
    for (;;) pause();
}
