// SPDX-License-Identifier: Apache-2.0
#include "shim/process/handover.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <random>

#include "shim/files/window.h"
#include "shim/gate/fake/fake_gate.h"
#include "shim/memory/sealed.h"

namespace redoubt::shim {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Handover example() {
  Handover state;
  state.options = {.trace = true, .trace_filter = "%file,!fd=3", .stats = false};
  state.window_base = 1000;
  state.open_slots = 0x13;
  state.signal_mask = 0x8000000000000001;
  state.ignored_faults = 0x400;
  state.files.program = OwnedFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  state.files.interpreter = OwnedFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  state.files.exec_name = "./program";
  state.files.command_name = "program";
  state.files.arguments = {"program", "", "two words", std::string(100000, 'a')};
  state.environment = {"A=1", "", "B=\xff\n"};
  return state;
}

std::string contents_of(int fd) {
  std::string bytes(1 << 20, '\0');
  bytes.resize(static_cast<size_t>(pread(fd, bytes.data(), bytes.size(), 0)));
  return bytes;
}

int memory_file(const std::string& bytes, int seals) {
  const int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(fcntl(fd, F_ADD_SEALS, seals), 0);
  return fd;
}

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(Handover, ComesBackAsItWas) {
  const Handover before = example();
  auto file = write_handover(before);
  ASSERT_TRUE(file);
  const int file_number = file->get();
  EXPECT_EQ(fcntl(file_number, F_GETFD), 0) << "must survive exec";
  EXPECT_EQ(fcntl(before.files.program.get(), F_GETFD), 0);
  EXPECT_EQ(fcntl(before.files.interpreter.get(), F_GETFD), 0);
  EXPECT_EQ(fcntl(file_number, F_GET_SEALS), kSeals);

  auto after = read_handover(file->release());
  ASSERT_TRUE(after);
  EXPECT_FALSE(is_open(file_number));
  EXPECT_TRUE(after->options.trace);
  EXPECT_FALSE(after->options.stats);
  EXPECT_EQ(after->options.trace_filter, before.options.trace_filter);
  EXPECT_EQ(after->window_base, before.window_base);
  EXPECT_EQ(after->open_slots, before.open_slots);
  EXPECT_EQ(after->signal_mask, before.signal_mask);
  EXPECT_EQ(after->ignored_faults, before.ignored_faults);
  EXPECT_EQ(after->files.program.release(), before.files.program.get());
  EXPECT_EQ(after->files.interpreter.release(), before.files.interpreter.get());
  EXPECT_EQ(after->files.exec_name, before.files.exec_name);
  EXPECT_EQ(after->files.command_name, before.files.command_name);
  EXPECT_EQ(after->files.arguments, before.files.arguments);
  EXPECT_EQ(after->environment, before.environment);
}

TEST(Handover, AStaticProgramHasNoInterpreter) {
  Handover before = example();
  before.files.interpreter = OwnedFd();
  auto after = read_handover(write_handover(before)->release());
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->files.interpreter.valid());
  (void)after->files.program.release();
}

// In secret memory where the kernel has it, and in a sealed memory file where it was said that keys may be unsealed.
TEST(Handover, AnAttestedStateComesBackAndIsWiped) {
  std::vector<uint8_t> attested(5000);
  for (size_t i = 0; i < attested.size(); ++i) attested[i] = static_cast<uint8_t>(i * 7);
  for (const bool insecure : {false, true}) {
    if (!sealed::start(insecure)) continue;  // no secret memory on this machine
    sealed::adopt(insecure);
    Handover before = example();
    before.attested = attested;
    auto file = write_handover(before);
    ASSERT_TRUE(file);
    EXPECT_EQ(sealed::is_secret(file->get()), !insecure);
    EXPECT_EQ(fcntl(file->get(), F_GETFD), 0) << "must survive exec";
    const int file_number = file->get();
    auto after = read_handover(file->release());
    ASSERT_TRUE(after);
    EXPECT_FALSE(is_open(file_number));
    EXPECT_TRUE(std::ranges::equal(after->attested, attested));
    EXPECT_EQ(after->environment, before.environment);
    EXPECT_EQ(after->sealed.empty(), insecure);
    release_attested(*after);
    EXPECT_TRUE(after->attested.empty() && after->sealed.empty() && after->unsealed.empty());
    (void)after->files.program.release();
    (void)after->files.interpreter.release();
  }
  sealed::adopt(false);
}

TEST(Handover, OnlyFullySealedMemoryFilesAreRead) {
  const std::string good = contents_of(write_handover(example())->get());
  for (const int missing : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SEAL}) {
    const int fd = memory_file(good, kSeals & ~missing);
    EXPECT_EQ(read_handover(fd).error(), as_errno(EINVAL)) << missing;
    close(fd);
  }
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int null = open("/dev/null", O_RDONLY);
  for (const int fd : {-1, ends[0], null, 1 << 20, INT_MAX}) {
    EXPECT_EQ(read_handover(fd).error(), as_errno(EINVAL)) << fd;
  }
  EXPECT_TRUE(is_open(null)) << "a descriptor that is not ours to read is not ours to close";
  for (const int fd : {ends[0], ends[1], null}) close(fd);
}

TEST(Handover, EveryTruncationAndExtensionIsRefused) {
  Handover state = example();
  state.files.arguments = {"a", "bc"};
  const std::string good = contents_of(write_handover(state)->get());
  for (size_t size = 0; size < good.size(); ++size) {
    const auto parsed = parse_handover(std::string_view(good).substr(0, size));
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error(), as_errno(EINVAL));
  }
  EXPECT_FALSE(parse_handover(good + '\0'));
  EXPECT_FALSE(parse_handover(good + "x"));
}

// With a host that must not be asked for anything: parsing touches no descriptor it refuses.
TEST(Handover, EveryAlteredByteIsRefusedOrClean) {
  Handover state = example();
  state.files.arguments = {"a", "bc"};
  const std::string good = contents_of(write_handover(state)->get());
  const gate::FakeGate no_host([](const gate::HostCall& call) -> int64_t {
    ADD_FAILURE() << "host call " << call.number;
    return -ENOSYS;
  });
  std::mt19937_64 random(3);
  int accepted = 0, refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff, static_cast<int>(random() & 0xff)}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      auto parsed = parse_handover(bytes);
      if (!parsed) {
        EXPECT_EQ(parsed.error(), as_errno(EINVAL));
        ++refused;
        continue;
      }
      ++accepted;
      EXPECT_GE(parsed->files.program.release(), 0);
      EXPECT_GE(parsed->files.interpreter.release(), -1);
      EXPECT_GE(parsed->window_base, 0);
      EXPECT_TRUE(window::is_possible(parsed->window_base, parsed->open_slots));
      EXPECT_EQ(parsed->files.arguments.size() + parsed->environment.size(), 5U);
    }
  }
  EXPECT_GT(accepted, 0);
  EXPECT_GT(refused, 100);
}

TEST(Handover, AWindowIsExtendedDownwardsAsFarAsThereAreNumbers) {
  constexpr uint64_t kWithout = (uint64_t{1} << window::kSize) - 1, kWithOne = kWithout * 2 + 1;
  constexpr int kLowest = window::kLowestBase + window::kLargestExtension;
  EXPECT_TRUE(window::is_possible(window::kLowestBase, kWithout));
  EXPECT_TRUE(window::is_possible(window::kLowestBase + 1, kWithOne));
  EXPECT_FALSE(window::is_possible(window::kLowestBase, kWithOne));
  EXPECT_TRUE(window::is_possible(kLowest, UINT64_MAX));
  EXPECT_FALSE(window::is_possible(kLowest - 1, UINT64_MAX));
  EXPECT_FALSE(window::is_possible(-1, 0));
}

TEST(Handover, RefusesNumbersThatCannotBe) {
  const std::string good = contents_of(write_handover(example())->get());
  struct Field {
    size_t offset;
    int32_t value;
  };
  // window_base, program, interpreter, and counts of strings
  // that are not there.
  for (const Field& field : {Field{40, -1}, Field{40, INT32_MAX}, Field{44, -1}, Field{48, -2}, Field{52, -1},
                             Field{52, 3}, Field{56, -1}, Field{56, 0}}) {
    std::string bytes = good;
    std::memcpy(bytes.data() + field.offset, &field.value, sizeof(field.value));
    const auto parsed = parse_handover(bytes);
    ASSERT_FALSE(parsed) << field.offset << " " << field.value;
    EXPECT_EQ(parsed.error(), as_errno(EINVAL));
  }
}

}  // namespace
}  // namespace redoubt::shim
