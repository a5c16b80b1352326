// SPDX-License-Identifier: Apache-2.0
//
// The face of the engine: each call as it is there.
#include "volume/volume.h"

#include "volume/engine.h"

namespace redoubt::volume {

namespace {

// On a full disk space comes free with the next barrier only: one is made, and the operation tried again, once.
template <typename Operation>
auto with_room(Engine& engine, Operation operation) {
  auto result = operation();
  if (!result && number_of(result.error()) == ENOSPC && engine.make_room()) result = operation();
  return result;
}

}  // namespace

Volume::Volume(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Volume::~Volume() = default;

Result<std::unique_ptr<Volume>, OpenFailure> Volume::open(Storage& storage, Coordination& coordination,
                                                          OpenOptions options) {
  auto engine = std::make_unique<Engine>(storage, coordination, std::move(options));
  TRY_VOID(engine->open());
  return std::unique_ptr<Volume>(new Volume(std::move(engine)));
}

Result<std::unique_ptr<Volume>, OpenFailure> Volume::join(Storage& storage, Coordination& coordination,
                                                          OpenOptions options) {
  auto engine = std::make_unique<Engine>(storage, coordination, std::move(options));
  TRY_VOID(engine->join());
  return std::unique_ptr<Volume>(new Volume(std::move(engine)));
}

Result<InodeNumber> Volume::lookup(InodeNumber directory, std::string_view name) {
  return engine_->lookup(directory, name);
}
Result<InodeNumber> Volume::parent(InodeNumber directory) { return engine_->parent(directory); }
Result<InodeNumber> Volume::create(InodeNumber directory, std::string_view name, uint32_t mode, uint32_t uid,
                                   uint32_t gid, uint32_t device, std::string_view target) {
  return with_room(*engine_, [&] { return engine_->create(directory, name, mode, uid, gid, device, target); });
}
Result<InodeNumber> Volume::create_nameless(uint32_t mode, uint32_t uid, uint32_t gid) {
  return engine_->create_nameless(mode, uid, gid);
}
Result<void> Volume::link(InodeNumber inode, InodeNumber directory, std::string_view name) {
  return engine_->link(inode, directory, name);
}
Result<void> Volume::unlink(InodeNumber directory, std::string_view name, bool is_directory) {
  return with_room(*engine_, [&] { return engine_->unlink(directory, name, is_directory); });
}
Result<void> Volume::rename(InodeNumber from, std::string_view from_name, InodeNumber to, std::string_view to_name,
                            unsigned flags) {
  return with_room(*engine_, [&] { return engine_->rename(from, from_name, to, to_name, flags); });
}
Result<std::string> Volume::read_link(InodeNumber inode) { return engine_->read_link(inode); }
Result<std::vector<DirectoryEntry>> Volume::list(InodeNumber directory, uint64_t cookie, size_t limit) {
  return engine_->list(directory, cookie, limit);
}
Result<Attributes> Volume::attributes(InodeNumber inode) { return engine_->attributes(inode); }
Result<void> Volume::change(InodeNumber inode, const AttributeChange& change) { return engine_->change(inode, change); }
Result<std::vector<uint8_t>> Volume::extended(InodeNumber inode, std::string_view name) {
  return engine_->extended(inode, name);
}
Result<void> Volume::set_extended(InodeNumber inode, std::string_view name, ByteView value, int flags) {
  return engine_->set_extended(inode, name, value, flags);
}
Result<void> Volume::remove_extended(InodeNumber inode, std::string_view name) {
  return engine_->remove_extended(inode, name);
}
Result<std::vector<std::string>> Volume::list_extended(InodeNumber inode) { return engine_->list_extended(inode); }
Result<size_t> Volume::read(InodeNumber inode, uint64_t offset, std::span<uint8_t> to) {
  return engine_->read(inode, offset, to);
}
Result<void> Volume::write(InodeNumber inode, uint64_t offset, ByteView bytes) {
  return with_room(*engine_, [&] { return engine_->write(inode, offset, bytes); });
}
Result<uint64_t> Volume::append(InodeNumber inode, ByteView bytes) { return engine_->append(inode, bytes); }
Result<void> Volume::truncate(InodeNumber inode, uint64_t size) {
  return with_room(*engine_, [&] { return engine_->truncate(inode, size); });
}
Result<void> Volume::punch(InodeNumber inode, uint64_t offset, uint64_t size) {
  return engine_->punch(inode, offset, size);
}
Result<uint64_t> Volume::seek_data(InodeNumber inode, uint64_t offset) { return engine_->seek_data(inode, offset); }
Result<uint64_t> Volume::seek_hole(InodeNumber inode, uint64_t offset) { return engine_->seek_hole(inode, offset); }
void Volume::release_if_unlinked(InodeNumber inode) { engine_->release_if_unlinked(inode); }
Result<void> Volume::barrier() { return engine_->barrier(); }
Result<void> Volume::claim() { return engine_->barrier(Engine::Barrier::kAlways); }
void Volume::leave_keeper() { engine_->leave_keeper(); }
bool Volume::is_dirty() const { return engine_->is_dirty(); }
Tag Volume::tag() { return engine_->tag(); }
Volume::Space Volume::space() { return engine_->space(); }
std::vector<std::string> Volume::verify(const std::function<void(uint64_t done, uint64_t all)>& progress) {
  return engine_->verify(progress);
}
Result<void> Volume::checkpoint() { return engine_->checkpoint(); }
void Volume::lock_for_fork() { engine_->lock_for_fork(); }
void Volume::unlock_after_fork(bool is_child) { engine_->unlock_after_fork(is_child); }

}  // namespace redoubt::volume
