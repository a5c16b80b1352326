// SPDX-License-Identifier: Apache-2.0
//
// LOCAL STAND-IN until the real namespace is merged: the host's files.
#include <fcntl.h>
#include <sys/syscall.h>
#include "shim/files/namespace.h"
#include "shim/gate/gate.h"
namespace redoubt::shim::file_namespace {
namespace { bool active = false; }
Result<void> start(const wire::CodeManifest&, std::string*) { active = true; return {}; }
bool is_active() { return active; }
Result<void> verify_all_code(std::string*, std::string*) { return {}; }
Result<std::string> read_file(const std::string&, size_t) { return std::string("x"); }
Result<void> inject(const wire::InjectedFile&) { return {}; }
Result<void> set_working_directory(const std::string& path) { return from_raw(gate::call(SYS_chdir, gate::address_of(path.c_str()))).has_value() ? Result<void>{} : fail(ENOENT); }
Result<OwnedFd> open_code(int d, const std::string& path, int) { return OwnedFd(static_cast<int>(TRY(from_raw(gate::call(SYS_openat, static_cast<uint64_t>(d), gate::address_of(path.c_str()), O_RDONLY|O_CLOEXEC))))); }
void save(std::vector<uint8_t>& out) { out.assign(3, 1); }
Result<void> restore(ByteView) { active = true; return {}; }
}
