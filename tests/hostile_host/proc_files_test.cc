// SPDX-License-Identifier: Apache-2.0
//
// Texts of /proc that no kernel writes, and a host that lies about reading and writing them.
#include "shim/files/proc_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <functional>
#include <random>

#include "shim/files/window.h"
#include "shim/memory/address_space.h"
#include "shim/process/program.h"
#include "tests/hostile_host/lies.h"
#include "tests/hostile_host/proc_file_host.h"
#include "tests/hostile_host/test_thread.h"

namespace redoubt::shim {
namespace {

using gate::FakeGate;
using gate::HostCall;
using Override = std::function<std::optional<int64_t>(const HostCall&)>;

class ProcFiles : public testing::Test {
   protected:
    ProcFiles() {
        window::start(1000);
        window::adopt(1U << static_cast<unsigned>(window::Slot::kProc));
        owned().add(0x1000, 0x5000);
    }
    ~ProcFiles() override {
        owned().remove(0, UINT64_MAX);
        window::adopt(0);
    }
    static RangeSet& owned() { return address_space().owned(); }

    // What a program reads from the file, or the error of its open.
    struct Outcome {
        int64_t result;
        std::string text;
    };
    Outcome open_file(const std::string& name, const std::string& text, size_t chunk = 1000, const Override& lie = {}) {
        ProcFileHost host{.name = name, .text = text, .chunk = chunk};
        const FakeGate gate([&](const HostCall& call) {
            if (lie) {
                if (const auto answer = lie(call)) return *answer;
            }
            return host(call);
        });
        const int64_t result = substitute_proc_file(ProcFileHost::kFile, O_RDONLY);
        if (is_error(result)) {
            EXPECT_EQ(host.closed_files, 1) << "an open that fails leaves no descriptor";
        } else {
            EXPECT_EQ(result, ProcFileHost::kFile);
        }
        return {result, host.replaced};
    }
    std::string contents(const std::string& name, const std::string& text) { return open_file(name, text).text; }

    TestThread thread_;
};

TEST_F(ProcFiles, MapsShowTheProgramsPartsOnly) {
    EXPECT_EQ(contents("maps",
                       "00000000-00002000 r--p 00000000 00:00 0 \n00004000-00006000 rw-p 00000000 00:00 0 x\n"
                       "00006000-00007000 rw-p 00000000 00:00 0 y\n"),
              "00001000-00002000 r--p 00000000 00:00 0 \n00004000-00005000 rw-p 00000000 00:00 0 x\n");
}

TEST_F(ProcFiles, DetailLinesFollowTheirMapping) {
    EXPECT_EQ(
        contents("smaps", "00001000-00002000 r--p 0 0 0 a\nSize: 4 kB\n00008000-00009000 r--p 0 0 0 b\nSize: 8 kB\n"),
        "00001000-00002000 r--p 0 0 0 a\nSize: 4 kB\n");
}

TEST_F(ProcFiles, MapsSurviveLies) {
    for (const char* text : {"",
                             "\n",
                             "\n\n\n",
                             " ",
                             "-",
                             "- ",
                             "--  \n",
                             "0- ",
                             "-0 ",
                             "0-0 \n",
                             "1000-2000",
                             "1000-2000 ",
                             "5000-1000 backwards\n",
                             "0-ffffffffffffffff all\n",
                             "ffffffffffffffff-0 wraps\n",
                             "0-10000000000000000 too large\n",
                             "g-h no hex\n",
                             "1000-2000-3000 x\n",
                             "0x1000-0x2000 x\n",
                             " [vsyscall]",
                             "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]"}) {
        EXPECT_EQ(open_file("maps", text).result, ProcFileHost::kFile) << text;
        EXPECT_EQ(open_file("smaps", text).result, ProcFileHost::kFile) << text;
        EXPECT_EQ(open_file("numa_maps", text).result, ProcFileHost::kFile) << text;
    }
    EXPECT_EQ(contents("maps", "0-ffffffffffffffff all\n"), "00001000-00005000 all\n") << "no address of the shim's";
    EXPECT_EQ(contents("maps", "5000-1000 backwards\n"), "");
}

TEST_F(ProcFiles, StatSurvivesLies) {
    for (const char* text : {"", ")", "1 (x)", "1 (x) ", "1 (x)\n", "1 (x) S", "1 (x) S\n", "()))))", "no name at all",
                             "1 (x)  S   1", "1 (\n) S 1"}) {
        EXPECT_EQ(open_file("stat", text).result, ProcFileHost::kFile) << text;
    }
    std::string longest = "1 (x) S";
    for (int i = 0; i < 100000; ++i) longest += " 1";
    EXPECT_GT(contents("stat", longest).size(), longest.size() / 2);
}

TEST_F(ProcFiles, StatKeepsAStrangeName) {
    EXPECT_TRUE(contents("stat", "1 (a) S 9) R 2 3\n").starts_with("1 (a) S 9) R 2 3"));
}

TEST_F(ProcFiles, StatusSurvivesLies) {
    for (const char* text : {"", "\n", "SigBlk", "\nSigBlk", "\nSigBlk:", "\nSigBlk:\t", "\nSigBlk:\t\n",
                             "\nSigIgn:\t0", "\nSigBlk:\tx\nSigIgn:\t\nSigCgt:\tzzz"}) {
        EXPECT_EQ(open_file("status", text).result, ProcFileHost::kFile) << text;
    }
    EXPECT_EQ(contents("status", "Name:\tx\nSigBlk:\tffff\n"), "Name:\tx\nSigBlk:\t0000000000000000\n");
}

TEST_F(ProcFiles, ALengthOfAReadIsChecked) {
    for (const std::string name : {"maps", "stat", "status"}) {
        const auto over = [](const HostCall& call) -> std::optional<int64_t> {
            if (call.number != SYS_read) return std::nullopt;
            return static_cast<int64_t>(call.args[2]) + 1;
        };
        EXPECT_EQ(open_file(name, "text", 1000, over).result, ProcFileHost::kFile);
        for (const int64_t lie : kGarbage) {
            const auto garbage = [lie](const HostCall& call) {
                return call.number == SYS_read ? std::optional(lie) : std::nullopt;
            };
            EXPECT_EQ(open_file(name, "text", 1000, garbage).result, ProcFileHost::kFile) << name << " " << lie;
        }
    }
}

// A count of written bytes that is too large would make the shim go on writing from beyond its text.
TEST_F(ProcFiles, ALengthOfAWriteIsChecked) {
    for (const int64_t excess : {1, 100000}) {
        size_t written = 0;
        const auto over = [&](const HostCall& call) -> std::optional<int64_t> {
            if (call.number != SYS_write) return std::nullopt;
            written += call.args[2];
            return static_cast<int64_t>(call.args[2]) + excess;
        };
        EXPECT_EQ(open_file("status", "some text", 1000, over).result, -EIO);
        EXPECT_EQ(written, 9U);
    }
    const auto nothing = [](const HostCall& call) {
        return call.number == SYS_write ? std::optional<int64_t>(0) : std::nullopt;
    };
    EXPECT_EQ(open_file("status", "some text", 1000, nothing).result, -EIO) << "must not spin";
}

TEST_F(ProcFiles, GarbageFromAnyOtherCallIsAnErrorOrHarmless) {
    for (const long number :
         {SYS_memfd_create, SYS_openat, SYS_dup3, SYS_fcntl, SYS_fstatfs, SYS_readlinkat, SYS_getpid}) {
        for (const int64_t lie : kGarbage) {
            const auto garbage = [&](const HostCall& call) {
                return call.number == number ? std::optional(lie) : std::nullopt;
            };
            const Outcome outcome = open_file("maps", "1000-2000 x\n", 1000, garbage);
            EXPECT_TRUE(outcome.result == ProcFileHost::kFile || is_error(outcome.result)) << number << " " << lie;
        }
    }
}

TEST_F(ProcFiles, TextInAnyPortionsIsTheSame) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "00001000-00002000 r--p 00000000 00:00 0 /file/" + std::to_string(i) + "\n";
    const std::string whole = open_file("maps", text, 1 << 20).text;
    for (const size_t chunk : {size_t{1}, size_t{7}, size_t{4095}, size_t{4096}}) {
        EXPECT_EQ(open_file("maps", text, chunk).text, whole) << chunk;
    }
}

TEST_F(ProcFiles, EntriesOfTheShimAreHidden) {
    const ProcEntry fds{.pid = 1, .is_task = false, .name = "fd"};
    EXPECT_TRUE(hides_proc_entry(fds, "1000"));
    EXPECT_TRUE(hides_proc_entry(fds, "1008"));
    for (const char* name : {"999", "1009", "", ".", "..", "x", "99999999999999999999", "-1"}) {
        EXPECT_FALSE(hides_proc_entry(fds, name)) << name;
    }
    const ProcEntry maps{.pid = 1, .is_task = false, .name = "map_files"};
    EXPECT_FALSE(hides_proc_entry(maps, "1000-2000"));
    EXPECT_TRUE(hides_proc_entry(maps, "7000-8000"));
    EXPECT_FALSE(hides_proc_entry(maps, "."));
}

}  // namespace
}  // namespace redoubt::shim
