// SPDX-License-Identifier: Apache-2.0
#include "measure/observed_calls.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace redoubt::measure {
namespace {

using enum Meaning;

constexpr ObservedCall kCalls[] = {
    {SYS_open, kOpen, kNoArgument, 0, 1},
    {SYS_openat, kOpen, 0, 1, 2},
    {SYS_openat2, kOpen, 0, 1, 2},
    {SYS_creat, kWrite, kNoArgument, 0, kNoArgument},
    {SYS_execve, kExecute, kNoArgument, 0, kNoArgument},
    {SYS_execveat, kExecute, 0, 1, kNoArgument},
    {SYS_stat, kLook, kNoArgument, 0, kNoArgument},
    {SYS_lstat, kLook, kNoArgument, 0, kNoArgument},
    {SYS_newfstatat, kLook, 0, 1, kNoArgument},
    {SYS_statx, kLook, 0, 1, kNoArgument},
    {SYS_access, kLook, kNoArgument, 0, kNoArgument},
    {SYS_faccessat, kLook, 0, 1, kNoArgument},
    {SYS_faccessat2, kLook, 0, 1, kNoArgument},
    {SYS_readlink, kLook, kNoArgument, 0, kNoArgument},
    {SYS_readlinkat, kLook, 0, 1, kNoArgument},
    {SYS_chdir, kLook, kNoArgument, 0, kNoArgument},
    {SYS_rename, kWrite, kNoArgument, 1, kNoArgument},
    {SYS_renameat, kWrite, 2, 3, kNoArgument},
    {SYS_renameat2, kWrite, 2, 3, kNoArgument},
    {SYS_link, kWrite, kNoArgument, 1, kNoArgument},
    {SYS_linkat, kWrite, 2, 3, kNoArgument},
    {SYS_symlink, kWrite, kNoArgument, 1, kNoArgument},
    {SYS_symlinkat, kWrite, 1, 2, kNoArgument},
    {SYS_truncate, kWrite, kNoArgument, 0, kNoArgument},
    {SYS_mknod, kWrite, kNoArgument, 0, kNoArgument},
    {SYS_mknodat, kWrite, 0, 1, kNoArgument},
};

}  // namespace

const ObservedCall* find_observed_call(uint64_t number) {
  const auto* call = std::ranges::find(kCalls, number, &ObservedCall::number);
  return call == std::end(kCalls) ? nullptr : call;
}

std::vector<sock_filter> observed_calls_filter() {
  const auto load = [](size_t offset) {
    return sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)));
  };
  const auto answer_if_equal = [](std::vector<sock_filter>& filter, uint32_t value, uint32_t answer) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, answer));
  };
  std::vector<sock_filter> filter;
  filter.push_back(load(offsetof(seccomp_data, arch)));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  filter.push_back(load(offsetof(seccomp_data, nr)));
  answer_if_equal(filter, SYS_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS);
  for (const ObservedCall& call : kCalls) {
    answer_if_equal(filter, static_cast<uint32_t>(call.number), SECCOMP_RET_TRACE);
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

}  // namespace redoubt::measure
