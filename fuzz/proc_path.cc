// SPDX-License-Identifier: Apache-2.0
//
// Names of files in /proc, as the kernel reports them for a descriptor.
#include "shim/files/proc_path.h"
#include "fuzz/target.h"
#include "shim/files/proc_files.h"

using namespace redoubt::shim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)name_of_substitute(text);
  const auto entry = parse_proc_path(text);
  if (!entry) return 0;
  FUZZ_CHECK(entry->pid > 0);
  FUZZ_CHECK(entry->name.size() < text.size());
  FUZZ_CHECK(!entry->name.starts_with('/') && !entry->name.ends_with('/'));
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {"/proc/42/maps",      "/proc/42/task/43/stat", "/proc/42/fd/1000",
          "/srv/7/proc/42/exe", "/proc/self//status",    "/memfd:redoubt:/proc/42/maps (deleted)"};
}
