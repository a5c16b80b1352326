// SPDX-License-Identifier: Apache-2.0
//
// A host that lies about files of the session: whatever it answers, bytes that do not have the session's hash never become a code
// file, and no size it names makes the shim read or copy beyond what it asked for.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "shim/files/code_file.h"
#include "shim/files/file_hash.h"
#include "shim/files/kernel_view.h"
#include "shim/files/namespace_state.h"
#include "shim/files/window.h"
#include "shim/gate/fake/fake_gate.h"

namespace redoubt::shim {
namespace {

using file_namespace::state;

class NamespaceOnALyingHost : public testing::Test {
   protected:
    void SetUp() override {
        window::start(*window::choose_base());
        ASSERT_TRUE(window::put(window::Slot::kProc, open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
        char name[] = "/tmp/redoubt-lies.XXXXXX";
        const int fd = mkstemp(name);
        ASSERT_GE(fd, 0);
        path_ = name;
        const std::string text(100000, 'x');
        ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        close(fd);
        FileHasher hasher;
        hasher.add(as_bytes(text));
        state() = file_namespace::State();
        const auto node = state().tree.add(path_, NodeKind::kCode);
        ASSERT_TRUE(node);
        node_ = *node;
        state().tree.node(node_).sha256 = hasher.finish();
    }
    void TearDown() override {
        unlink(path_.c_str());
        close(window::get(window::Slot::kProc));
        window::adopt(0);
    }
    // A host that answers `number` with `answer`, after having done what was asked or not.
    Result<OwnedFd> with_answer(int64_t number, int64_t answer, bool does_it) {
        const gate::FakeGate fake([=](const gate::HostCall& call) {
            if (call.number != number) return gate::real_host(call);
            if (does_it) (void)gate::real_host(call);
            return answer;
        });
        return file_namespace::verified_file(node_);
    }

    std::string path_;
    NodeId node_ = kNoNode;
};

TEST_F(NamespaceOnALyingHost, TheTruthIsAccepted) { EXPECT_TRUE(file_namespace::verified_file(node_)); }

TEST_F(NamespaceOnALyingHost, CopiesThatDidNotHappen) {
    for (const int64_t lie : {int64_t{0}, int64_t{99999}, int64_t{100001}, int64_t{1} << 40, int64_t{-5}, INT64_MIN}) {
        EXPECT_FALSE(with_answer(SYS_sendfile, lie, true)) << lie;
        EXPECT_FALSE(with_answer(SYS_sendfile, lie, false)) << lie;
    }
    EXPECT_FALSE(with_answer(SYS_sendfile, 100000, false));  // says all was copied, and copied nothing
}

TEST_F(NamespaceOnALyingHost, SealsThatAreNotSet) { EXPECT_FALSE(with_answer(SYS_fcntl, -EPERM, false)); }

TEST_F(NamespaceOnALyingHost, SizesThatAreNotTrue) {
    for (const off_t lie : {off_t{0}, off_t{5}, off_t{99999}, off_t{1} << 50, off_t{-1}}) {
        const gate::FakeGate fake([=](const gate::HostCall& call) {
            const int64_t result = gate::real_host(call);
            if (call.number == SYS_fstat && result == 0) reinterpret_cast<struct stat*>(call.args[1])->st_size = lie;
            return result;
        });
        const auto file = file_namespace::verified_file(node_);
        // More than there is does no harm: the copy ends where the file does.
        EXPECT_EQ(file.has_value(), lie > 100000) << lie;
    }
}

TEST_F(NamespaceOnALyingHost, HashingReadsNoMoreThanItAskedFor) {
    for (const int64_t lie : {INT64_MAX, int64_t{1} << 32, int64_t{-1000000}, int64_t{-EIO}}) {
        const gate::FakeGate fake(
            [=](const gate::HostCall& call) { return call.number == SYS_read ? lie : gate::real_host(call); });
        EXPECT_FALSE(hash_host_file(path_)) << lie;
    }
}

TEST_F(NamespaceOnALyingHost, AFileThatNeverEnds) {
    const gate::FakeGate fake([](const gate::HostCall& call) {
        return call.number == SYS_read ? static_cast<int64_t>(call.args[2]) : gate::real_host(call);
    });
    const auto hashed = hash_host_file(path_);  // ends
    ASSERT_TRUE(hashed);
    EXPECT_NE(hashed->hash, state().tree.node(node_).sha256);
}

TEST_F(NamespaceOnALyingHost, LinksOfAnyKindAreResolvedInTheTree) {
    const auto mount = state().tree.add("/data", NodeKind::kHost);
    ASSERT_TRUE(mount);
    state().tree.node(*mount).target = "/tmp";
    KernelView view(state().tree);
    for (const char* target : {"/etc/passwd", "../../../etc/passwd", "loop", "", "//", "/data/../etc/passwd"}) {
        const gate::FakeGate fake([=](const gate::HostCall& call) -> int64_t {
            if (call.number == SYS_newfstatat) {
                struct stat status {};
                status.st_mode = S_IFLNK | 0777;
                *reinterpret_cast<struct stat*>(call.args[2]) = status;
                return 0;
            }
            if (call.number == SYS_readlinkat) {
                const std::string_view text(target);
                text.copy(reinterpret_cast<char*>(call.args[2]), text.size());
                return static_cast<int64_t>(text.size());
            }
            return gate::real_host(call);
        });
        const auto place = resolve(state().tree, view, std::string("/"), "/data/loop", Follow::kYes);
        EXPECT_TRUE(!place || place->kind == PlaceKind::kMissing || place->kind == PlaceKind::kDirectory) << target;
    }
}

// Somebody who mounts over /proc/PID/fd names an open directory as he likes: as another mount, or as /proc.
TEST_F(NamespaceOnALyingHost, DirectoriesAreWhatTheirDescriptorsSay) {
    for (const auto& [path, target] : {std::pair("/data", "/tmp"), {"/other", "/usr"}}) {
        const auto mount = state().tree.add(path, NodeKind::kHost);
        ASSERT_TRUE(mount);
        state().tree.node(*mount).target = target;
    }
    KernelView view(state().tree);
    const OwnedFd directory(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    EXPECT_EQ(view.directory_of(directory.get())->path, "/data");
    const gate::FakeGate fake([=](const gate::HostCall& call) -> int64_t {
        if (call.number != SYS_readlinkat) return gate::real_host(call);
        const std::string_view text("/usr");
        text.copy(reinterpret_cast<char*>(call.args[2]), text.size());
        return static_cast<int64_t>(text.size());
    });
    EXPECT_FALSE(view.directory_of(directory.get()));
}

}  // namespace
}  // namespace redoubt::shim
