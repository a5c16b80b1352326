// SPDX-License-Identifier: Apache-2.0
//
// POSIX shared memory and named semaphores: one process creates, another opens by name and sees the same
// memory; unlinked, the name is gone and the memory stays mapped. shm_open(3), sem_open(3).
#include "testing.h"

#include <semaphore.h>

int main(void) {
    watchdog(60);
    char name[64];
    snprintf(name, sizeof name, "/redoubt-test-%d", getpid());
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd == -1) SKIP("shm_open: %s", strerror(errno));
    sem_t* semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
    pid_t child = fork_child();
    if (child == 0) {
        int again = EXPECT_OK(shm_open(name, O_RDWR, 0));
        sem_t* same = sem_open(name, 0);
        EXPECT(same != SEM_FAILED);
        EXPECT_OK(sem_wait(same));
        char* memory = EXPECT_OK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0));
        EXPECT_STREQ(memory, "from the parent");
        strcpy(memory, "from the child");
        _exit(0);
    }
    int truncated = ftruncate(fd, 4096);
    char* memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) strcpy(memory, "from the parent");
    int posted = semaphore != SEM_FAILED ? sem_post(semaphore) : -1;
    int status = wait_child(child);
    int exclusive = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), exclusive_errno = errno;
    int unlinked = shm_unlink(name), semaphore_unlinked = sem_unlink(name);

    EXPECT(truncated == 0 && memory != MAP_FAILED && posted == 0 && unlinked == 0 && semaphore_unlinked == 0);
    EXPECT_EQ(status, 0);
    EXPECT(exclusive == -1 && exclusive_errno == EEXIST);
    EXPECT_STREQ(memory, "from the child");
    EXPECT_ERRNO(shm_open(name, O_RDWR, 0), ENOENT);
    EXPECT_ERRNO(shm_unlink(name), ENOENT);
    return 0;
}
