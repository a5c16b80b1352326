// SPDX-License-Identifier: Apache-2.0
//
// semctl(2), shmctl(2) and msgctl(2) by command: each command has its own structure behind the same pointer. The
// numbers repeat from call to call with other meanings, hence three tables. Unlisted commands are EINVAL, as on Linux.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <cerrno>

#include "shim/syscalls/call.h"
#include "shim/syscalls/command.h"

namespace redoubt::shim {
namespace {

using namespace arg;
using commands::handled;
using commands::passed;

constexpr char kState[] = "who made it, who may use it, and counters";
constexpr char kValue[] = "counters, made of numbers";
constexpr char kLimits[] = "the host's limits";

constexpr uint32_t kSemidSize = 104;
constexpr uint32_t kSeminfoSize = 40;
constexpr uint32_t kShmidSize = 112;
constexpr uint32_t kShminfoSize = 72;
constexpr uint32_t kShmUsageSize = 48;
constexpr uint32_t kMsqidSize = 120;
constexpr uint32_t kMsginfoSize = 32;

// The array is as long as the set has semaphores, which only the kernel knows.
int64_t all_semaphores(Call& call) { return pass(call); }

// clang-format off
constexpr Command kSemaphores[] = {
    passed(IPC_RMID, "IPC_RMID", kState),
    passed(IPC_SET, "IPC_SET", kState, in("buf", kSemidSize)),
    passed(IPC_STAT, "IPC_STAT", kState, out("buf", kSemidSize)),
    passed(SEM_STAT, "SEM_STAT", kState, out("buf", kSemidSize)),
    passed(SEM_STAT_ANY, "SEM_STAT_ANY", kState, out("buf", kSemidSize)),
    passed(IPC_INFO, "IPC_INFO", kLimits, out("info", kSeminfoSize)),
    passed(SEM_INFO, "SEM_INFO", kLimits, out("info", kSeminfoSize)),
    passed(GETPID, "GETPID", kValue),
    passed(GETVAL, "GETVAL", kValue),
    passed(SETVAL, "SETVAL", kValue, integer("val")),
    passed(GETNCNT, "GETNCNT", kValue),
    passed(GETZCNT, "GETZCNT", kValue),
    handled(GETALL, "GETALL", all_semaphores, kValue, unbounded("array")),
    handled(SETALL, "SETALL", all_semaphores, kValue, unbounded("array")),
};

constexpr Command kSharedMemory[] = {
    passed(IPC_RMID, "IPC_RMID", kState),
    passed(IPC_SET, "IPC_SET", kState, in("buf", kShmidSize)),
    passed(IPC_STAT, "IPC_STAT", kState, out("buf", kShmidSize)),
    passed(SHM_STAT, "SHM_STAT", kState, out("buf", kShmidSize)),
    passed(SHM_STAT_ANY, "SHM_STAT_ANY", kState, out("buf", kShmidSize)),
    passed(IPC_INFO, "IPC_INFO", kLimits, out("info", kShminfoSize)),
    passed(SHM_INFO, "SHM_INFO", kLimits, out("info", kShmUsageSize)),
    passed(SHM_LOCK, "SHM_LOCK", "keeps the segment out of swap"),
    passed(SHM_UNLOCK, "SHM_UNLOCK", "lets the segment be swapped"),
};

constexpr Command kMessageQueues[] = {
    passed(IPC_RMID, "IPC_RMID", kState),
    passed(IPC_SET, "IPC_SET", kState, in("buf", kMsqidSize)),
    passed(IPC_STAT, "IPC_STAT", kState, out("buf", kMsqidSize)),
    passed(MSG_STAT, "MSG_STAT", kState, out("buf", kMsqidSize)),
    passed(MSG_STAT_ANY, "MSG_STAT_ANY", kState, out("buf", kMsqidSize)),
    passed(IPC_INFO, "IPC_INFO", kLimits, out("info", kMsginfoSize)),
    passed(MSG_INFO, "MSG_INFO", kLimits, out("info", kMsginfoSize)),
};
// clang-format on
static_assert(is_whole(kSemaphores) && is_whole(kSharedMemory) && is_whole(kMessageQueues));
static_assert(sizeof(semid_ds) == kSemidSize && sizeof(seminfo) == kSeminfoSize);
static_assert(sizeof(shmid_ds) == kShmidSize && sizeof(shminfo) == kShminfoSize && sizeof(shm_info) == kShmUsageSize);
static_assert(sizeof(msqid_ds) == kMsqidSize && sizeof(msginfo) == kMsginfoSize);

}  // namespace

constinit const CommandTable kSemaphoreCommands = command_table(kSemaphores, EINVAL);
constinit const CommandTable kSharedMemoryCommands = command_table(kSharedMemory, EINVAL);
constinit const CommandTable kMessageQueueCommands = command_table(kMessageQueues, EINVAL);

}  // namespace redoubt::shim
