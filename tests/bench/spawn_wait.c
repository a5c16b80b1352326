/* Measures the start and end of a program: spawn_wait OPERATIONS PROGRAM ARGUMENTS... Run itself under the shim it measures
 * an execve there; run natively on `redoubt run -- PROGRAM` it measures a protected start as a shell sees it. */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char** environ;

int main(int argc, char** argv) {
    long count = operations_from(argc, argv);
    if (argc < 3) {
        fprintf(stderr, "usage: %s OPERATIONS PROGRAM ARGUMENTS...\n", argv[0]);
        return 2;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    uint64_t begin = now_ns();
    for (long i = 0; i < count; ++i) {
        pid_t child;
        errno = posix_spawnp(&child, argv[2], &actions, NULL, argv + 2, environ);
        if (errno) die(argv[2]);
        int status;
        if (waitpid(child, &status, 0) != child) die("waitpid");
        if (status != 0) {
            fprintf(stderr, "%s ended with wait status %#x\n", argv[2], (unsigned)status);
            return 1;
        }
    }
    report(count, begin);
    return 0;
}
