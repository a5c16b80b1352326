// SPDX-License-Identifier: Apache-2.0
//
// The real host, except that any answer may be a lie: whole operations of the shim, many times, with another lie at
// another place each time. What counts is that they come back, with an error or a result, and leave no descriptor open.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <fstream>
#include <random>

#include "shim/files/proc_files.h"
#include "shim/files/window.h"
#include "shim/gate/fake/fake_gate.h"
#include "shim/process/handover.h"
#include "shim/process/program_file.h"
#include "tests/hostile_host/lies.h"
#include "tests/hostile_host/test_thread.h"

namespace redoubt::shim {
namespace {

int open_descriptors() {
    DIR* directory = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    return count;
}

// Lies once, at the call that `position` counts down to. A lie about a call that makes a descriptor is told instead of the
// call: a descriptor that nobody was told of could not be closed by anybody.
class Chaos {
   public:
    Chaos(uint64_t position, int64_t lie, bool relative) : position_(position), lie_(lie), relative_(relative) {}
    int64_t operator()(const gate::HostCall& call) {
        if (position_-- != 0 || call.number == SYS_close) return gate::real_host(call);
        told_ = true;
        if (makes_descriptor(call)) return lie_ < 0 || lie_ > INT_MAX ? lie_ : kNotOpen;
        const int64_t honest = gate::real_host(call);
        return relative_ ? honest + lie_ : lie_;
    }
    bool told() const { return told_; }

   private:
    // The shim closes what it is told it has opened: not one of the test's own descriptors.
    static constexpr int64_t kNotOpen = 5000;

    static bool makes_descriptor(const gate::HostCall& call) {
        return call.number == SYS_openat || call.number == SYS_memfd_create || call.number == SYS_dup3 ||
               (call.number == SYS_fcntl && (call.args[1] == F_DUPFD || call.args[1] == F_DUPFD_CLOEXEC));
    }
    uint64_t position_;
    int64_t lie_;
    bool relative_;
    bool told_ = false;
};

struct Lie {
    int64_t value;
    bool relative;
};
constexpr Lie kLies[] = {{-4096, false}, {INT64_MIN, false}, {INT64_MAX, false}, {1, true},     {4096, true},
                         {-1, true},     {0, false},         {-EIO, false},      {-4095, false}};

class ChaosTest : public testing::Test {
   protected:
    void SetUp() override {
        window::start(*window::choose_base());
        ASSERT_TRUE(window::put(window::Slot::kProc, open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
        script_ = testing::TempDir() + "redoubt_chaos_script." + std::to_string(getpid());
        std::ofstream(script_) << "#!/bin/sh -e\n";
        chmod(script_.c_str(), 0755);
    }
    void TearDown() override {
        close(window::get(window::Slot::kProc));
        window::adopt(0);
        unlink(script_.c_str());
    }

    // Runs `operation` with a lie at its first call, its second, and so on until there are no more.
    template <typename Operation>
    void with_every_lie(Operation operation) {
        operation();
        const int before = open_descriptors();
        for (const Lie& lie : kLies) {
            bool told = true;
            for (uint64_t position = 0; told; ++position) {
                ASSERT_LT(position, 2000U) << "does not come to an end";
                Chaos chaos(position, lie.value, lie.relative);
                {
                    const gate::FakeGate gate([&](const gate::HostCall& call) { return chaos(call); });
                    operation();
                }
                told = chaos.told();
            }
        }
        EXPECT_EQ(open_descriptors(), before);
    }

    TestThread thread_;
    std::string script_;
};

TEST_F(ChaosTest, OpeningAProgram) {
    with_every_lie([&] {
        std::string culprit;
        (void)open_program({.directory = AT_FDCWD, .path = script_, .flags = 0, .arguments = {"a", "b"}}, &culprit);
    });
}

TEST_F(ChaosTest, HandingOver) {
    with_every_lie([&] {
        Handover state;
        state.files.program = OwnedFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
        state.files.arguments = {"a"};
        auto file = write_handover(state);
        if (!file) return;
        const int number = file->release();
        // Both ends of a handover own the descriptors; only one of them closes them here.
        if (auto read = read_handover(number); read) {
            (void)read->files.program.release();
        } else {
            close(number);  // a refused one stays the caller's, or is closed already
        }
    });
}

TEST_F(ChaosTest, SubstitutingAProcFile) {
    for (const char* name : {"/proc/self/maps", "/proc/self/stat", "/proc/self/status"}) {
        with_every_lie([&] {
            const int fd = open(name, O_RDONLY | O_CLOEXEC);
            const int64_t result = substitute_proc_file(fd, O_RDONLY | O_CLOEXEC);
            if (!is_error(result)) close(fd);
        });
    }
}

}  // namespace
}  // namespace redoubt::shim
