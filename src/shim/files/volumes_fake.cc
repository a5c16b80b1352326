// SPDX-License-Identifier: Apache-2.0
//
// No descriptor stands for a file of a volume; all else asks the test's volume, if it has one.
#include "shim/files/volumes_fake.h"

#include <cstdlib>

#include "shim/volumes/mappings.h"
#include "shim/volumes/mounts.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim::volumes {

volume::Volume* fake_volume = nullptr;

bool is_active() { return fake_volume != nullptr; }
size_t count() { return fake_volume != nullptr ? 1 : 0; }
volume::Volume& volume(size_t) {
  if (fake_volume == nullptr) std::abort();
  return *fake_volume;
}

Result<int> open_descriptor(FileId, int) { return kFakeDescriptor; }
std::optional<OpenFile> identify(int) { return std::nullopt; }
Result<void> truncate(FileId file, uint64_t size) { return volume(file.volume).truncate(file.inode, size); }
void mark_written(FileId) {}
void allow_name(FileId, bool) {}
bool may_get_name(FileId) { return true; }
Result<void> set_position(int, uint64_t) { return fail(ENOSYS); }
std::optional<int64_t> intercept_descriptors(Call&) { return std::nullopt; }
int64_t map(Call&, const OpenFile&, MapFunction) { return -ENOSYS; }

attested::Outcome<void> start(const std::vector<wire::MountedVolume>&) { return {}; }
attested::Outcome<void> claim() { return {}; }
void before_fork() {}
void after_fork(bool) {}
void settle() {}
void after_call(const Call&, int64_t) {}
void save(std::vector<uint8_t>&) {}
attested::Outcome<void> restore(ByteView) { return {}; }

std::vector<Handle> mapped_in(uint64_t, uint64_t) { return {}; }
void forget_mapping(uint64_t, uint64_t) {}
void after_unmapping(const std::vector<Handle>&) {}
Result<void> before_growing(uint64_t, uint64_t) { return {}; }
void after_moving(uint64_t, uint64_t, bool, uint64_t, uint64_t, const std::vector<Handle>&) {}

}  // namespace redoubt::shim::volumes
