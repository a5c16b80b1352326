// SPDX-License-Identifier: Apache-2.0
//
// Rows of System V and POSIX IPC: shared memory, semaphores, message queues. All of it lives in kernel memory that root
// can read, so each row that carries data waits for an implementation inside the shim.
#pragma once

#include "shim/syscalls/names/files.h"
#include "shim/syscalls/names/ipc.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kIpcRows[] = {
    // ---- System V shared memory ----
    passed(nr::shmget, "shmget", "in the clear: the segment lies in kernel memory that root can read", kInt,
           integer("key"), size("size"), flags("shmflg", kSharedMemoryFlags)),
    handled(nr::shmat, "shmat", sys_shmat, "must spare the runtime's pages", kAddress,
            integer("shmid"), address("shmaddr"), flags("shmflg", kAttachFlags)),
    handled(nr::shmdt, "shmdt", sys_shmdt, "must spare the runtime's pages", kInt, address("shmaddr")),
    handled(nr::shmctl, "shmctl", sys_by_command, "known commands pass, others are unknown (ipc_control.cc)", kInt,
            integer("shmid"), command("cmd", kSharedMemoryCommands), unbounded("buf")),

    // ---- System V semaphores ----
    passed(nr::semget, "semget", "counters, made of numbers", kInt,
           integer("key"), integer("nsems"), flags("semflg", kGetFlags)),
    passed(nr::semop, "semop", "counters, made of numbers", kInt,
           integer("semid"), array("sops", kIn, 2, 6), uint("nsops")),
    passed(nr::semtimedop, "semtimedop", "counters, made of numbers", kInt,
           integer("semid"), array("sops", kIn, 2, 6), uint("nsops"), in("timeout", 16, kTimespec)),
    handled(nr::semctl, "semctl", sys_by_command, "known commands pass, others are unknown (ipc_control.cc)", kInt,
            integer("semid"), integer("semnum"), command("cmd", kSemaphoreCommands), unbounded("arg")),

    // ---- System V message queues ----
    passed(nr::msgget, "msgget", "makes a queue", kInt, integer("key"), flags("msgflg", kGetFlags)),
    passed(nr::msgsnd, "msgsnd", reason::kClearIpc, kInt,
           integer("msqid"),
           Arg{.name = "msgp", .kind = ArgKind::kBuffer, .rule = SizeRule::kArg, .size_arg = 2, .size = 1, .header = 8},
           size("msgsz"), flags("msgflg", kSendFlags)),
    passed(nr::msgrcv, "msgrcv", reason::kClearIpc, kSize,
           integer("msqid"),
           Arg{.name = "msgp", .kind = ArgKind::kBuffer, .direction = kOut, .rule = SizeRule::kResult, .size_arg = 2,
               .size = 1, .header = 8},
           size("msgsz"), word("msgtyp"), flags("msgflg", kReceiveFlags)),
    handled(nr::msgctl, "msgctl", sys_by_command, "known commands pass, others are unknown (ipc_control.cc)", kInt,
            integer("msqid"), command("cmd", kMessageQueueCommands), unbounded("buf")),

    // ---- POSIX message queues ----
    passed(nr::mq_open, "mq_open", "makes a queue; its name is visible", kFd,
           string("name"), flags("oflag", kOpenFlags), mode(), in("attr", 64)),
    passed(nr::mq_unlink, "mq_unlink", "drops a queue; its name is visible", kInt, string("name")),
    passed(nr::mq_timedsend, "mq_timedsend", reason::kClearIpc, kInt,
           fd("mqdes"), bytes_in("msg_ptr", 2), size("msg_len"), uint("msg_prio"),
           in("abs_timeout", 16, kTimespec)),
    passed(nr::mq_timedreceive, "mq_timedreceive", reason::kClearIpc, kSize,
           fd("mqdes"), bytes_out("msg_ptr", 2), size("msg_len"), out("msg_prio", 4, kInt32),
           in("abs_timeout", 16, kTimespec)),
    // With SIGEV_THREAD, sigev_value points to 32 bytes more, which come back over a netlink socket.
    passed(nr::mq_notify, "mq_notify", "numbers only: how to be told of a message", kInt, fd("mqdes"), in("sevp", 64)),
    passed(nr::mq_getsetattr, "mq_getsetattr", "numbers only", kInt,
           fd("mqdes"), in("newattr", 64), out("oldattr", 64)),
};
// clang-format on

}  // namespace redoubt::shim::rows
