// SPDX-License-Identifier: Apache-2.0
//
// getdents64 of /proc/self/fd: records come from the host, and another thread of the program may change the buffer
// before the shim filters it, so nothing in it can be believed.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "shim/abi/context.h"
#include "shim/files/window.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"
#include "tests/hostile_host/lies.h"
#include "tests/hostile_host/proc_file_host.h"
#include "tests/hostile_host/test_thread.h"

namespace redoubt::shim {
namespace {

constexpr size_t kNameOffset = 19;  // of struct linux_dirent64

std::string record(std::string_view name, std::optional<uint16_t> length = {}) {
    std::string bytes(kNameOffset, '\1');
    bytes.append(name);
    bytes.push_back('\0');
    while (bytes.size() % 8 != 0) bytes.push_back('\0');
    const uint16_t size = length.value_or(static_cast<uint16_t>(bytes.size()));
    std::memcpy(bytes.data() + 16, &size, sizeof(size));
    return bytes;
}

class DirectoryEntries : public testing::Test {
   protected:
    DirectoryEntries() { window::start(1000); }

    // The result of getdents64 into a buffer of exactly `asked` bytes, on a host that fills in `records` and answers `answer`.
    int64_t list(const std::string& records, std::optional<int64_t> answer = {}, size_t asked = 4096) {
        buffer_ = std::make_unique<char[]>(asked);
        ProcFileHost host{.name = "fd", .text = {}};
        int calls = 0;
        const gate::FakeGate gate([&](const gate::HostCall& call) -> int64_t {
            if (call.number != SYS_getdents64) return host(call);
            if (++calls > 1) return 0;
            std::memcpy(reinterpret_cast<void*>(call.args[1]), records.data(), std::min(records.size(), asked));
            return answer.value_or(static_cast<int64_t>(records.size()));
        });
        abi::UserContext frame{};
        Call call{.number = SYS_getdents64,
                  .args = {ProcFileHost::kFile, reinterpret_cast<uint64_t>(buffer_.get()), asked, 0, 0, 0},
                  .row = nullptr,
                  .thread = *thread_,
                  .frame = frame};
        return sys_getdents64(call);
    }
    std::string kept(int64_t size) const { return {buffer_.get(), static_cast<size_t>(size)}; }

    TestThread thread_;
    std::unique_ptr<char[]> buffer_;
};

TEST_F(DirectoryEntries, TheShimsDescriptorsAreLeftOut) {
    const std::string first = record("0"), ours = record("1003"), last = record("17");
    EXPECT_EQ(kept(list(first + ours + last)), first + last);
    EXPECT_EQ(list(ours), 0) << "nothing left: the next call, which says that it was the end";
}

TEST_F(DirectoryEntries, LengthsAreChecked) {
    for (const int length : {0, 1, 18, 19, 24 + 8, 0xffff}) {
        const int64_t size = list(record("0", static_cast<uint16_t>(length)));
        EXPECT_TRUE(size == 0 || size == 24) << length;
    }
}

TEST_F(DirectoryEntries, ANameNeedNotEnd) {
    std::string bytes(kNameOffset, '\1');
    bytes += "10030";
    const auto size = static_cast<uint16_t>(bytes.size());
    std::memcpy(bytes.data() + 16, &size, sizeof(size));
    EXPECT_EQ(list(bytes, {}, bytes.size()), size);
    std::string ours(kNameOffset, '\1');
    ours += "1003";
    const auto ours_size = static_cast<uint16_t>(ours.size());
    std::memcpy(ours.data() + 16, &ours_size, sizeof(ours_size));
    EXPECT_EQ(list(ours, {}, ours.size()), 0);
}

TEST_F(DirectoryEntries, MoreThanAskedIsAnError) {
    EXPECT_EQ(list(record("0"), 4097), -EIO);
    for (const int64_t lie : kGarbage) {
        const int64_t result = list(record("0"), lie);
        EXPECT_LE(result, 4096) << lie;
    }
}

TEST_F(DirectoryEntries, SurvivesRandomRecords) {
    std::mt19937_64 random(4);
    for (int round = 0; round < 5000; ++round) {
        std::string bytes = record("0") + record("1003") + record("5");
        for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
        const int64_t size = list(bytes, {}, bytes.size());
        ASSERT_GE(size, 0);
        ASSERT_LE(size, static_cast<int64_t>(bytes.size()));
    }
}

}  // namespace
}  // namespace redoubt::shim
