// SPDX-License-Identifier: Apache-2.0
//
// System V message queues: by type, the lowest type below a bound, MSG_EXCEPT, MSG_NOERROR and E2BIG, IPC_NOWAIT, a
// full queue, EIDRM, IPC_STAT's counters; keys and IPC_EXCL. msgrcv(2), msgget(2).
#include "testing.h"

#include <sys/ipc.h>
#include <sys/msg.h>

struct message {
    long type;
    char text[64];
};
static int queue;

static void send_text(long type, const char* text) {
    struct message message = {.type = type};
    strcpy(message.text, text);
    EXPECT_OK(msgsnd(queue, &message, strlen(text), 0));
}

static void expect_text(long type, int flags, long got_type, const char* text) {
    struct message message = {0};
    EXPECT_EQ(msgrcv(queue, &message, sizeof message.text, type, flags | IPC_NOWAIT), (ssize_t)strlen(text));
    EXPECT_EQ(message.type, got_type);
    EXPECT_STREQ(message.text, text);
}

int main(void) {
    watchdog(60);
    key_t key = (key_t)(0x52440000 + getpid());
    queue = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
    if (queue == -1 && errno == ENOSYS) SKIP("no System V IPC");
    EXPECT_OK(queue);
    EXPECT_ERRNO(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
    EXPECT_EQ(msgget(key, 0), queue);
    EXPECT_ERRNO(msgget(key + 1, 0), ENOENT);
    send_text(3, "three");
    send_text(1, "one");
    send_text(2, "two");
    send_text(1, "another one");
    expect_text(-2, 0, 1, "one");
    expect_text(2, 0, 2, "two");
    expect_text(3, MSG_EXCEPT, 1, "another one");
    struct message message = {.type = 5, .text = ""};
    EXPECT_ERRNO(msgrcv(queue, &message, 64, 9, IPC_NOWAIT), ENOMSG);
    EXPECT_ERRNO(msgrcv(queue, &message, 2, 0, IPC_NOWAIT), E2BIG);
    EXPECT_EQ(msgrcv(queue, &message, 2, 0, MSG_NOERROR), 2);
    EXPECT_EQ(memcmp(message.text, "th", 2), 0);
    message.type = 0;
    EXPECT_ERRNO(msgsnd(queue, &message, 1, 0), EINVAL);
    EXPECT_ERRNO(msgsnd(queue, &message, (size_t)1 << 20, 0), EINVAL);
    EXPECT_ERRNO(msgsnd(queue, (void*)8, 1, 0), EFAULT);
    send_text(7, "");  // empty ones are messages, too
    expect_text(0, 0, 7, "");
    for (int i = 0; i < 5; i++) send_text(1, "counted");
    struct msqid_ds status;
    EXPECT_OK(msgctl(queue, IPC_STAT, &status));
    EXPECT_EQ(status.msg_qnum, 5);
    EXPECT_EQ(status.msg_lspid, getpid());
    status.msg_qbytes = 100;
    EXPECT_OK(msgctl(queue, IPC_SET, &status));
    message.type = 1;
    EXPECT_ERRNO((msgsnd(queue, &message, 64, IPC_NOWAIT), msgsnd(queue, &message, 64, IPC_NOWAIT)), EAGAIN);

    pid_t child = fork_child();
    if (child == 0) {
        struct message own;
        EXPECT_ERRNO(msgrcv(queue, &own, 64, 999, 0), EIDRM);
        _exit(0);
    }
    wait_asleep(child, child);
    EXPECT_OK(msgctl(queue, IPC_RMID, NULL));
    int code = wait_child(child);
    EXPECT(WIFEXITED(code));
    EXPECT_ERRNO(msgrcv(queue, &message, 64, 0, IPC_NOWAIT), EINVAL);
    return 0;
}
