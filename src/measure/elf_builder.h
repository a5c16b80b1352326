// SPDX-License-Identifier: Apache-2.0
//
// Small ELF files for tests: headers and a dynamic section, no code. One PT_LOAD maps the whole file at address 0, so that
// addresses are offsets.
#pragma once

#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace redoubt::measure {

struct ElfPlan {
  std::string interpreter;
  std::vector<std::string> needed;
  std::string soname;
  std::string rpath;
  std::string runpath;
};

inline Bytes build_elf(const ElfPlan& plan) {
  std::string strings(1, '\0');
  std::vector<Elf64_Dyn> dynamic;
  const auto add = [&](int64_t tag, const std::string& text) {
    Elf64_Dyn entry = {};
    entry.d_tag = tag;
    entry.d_un.d_val = strings.size();
    dynamic.push_back(entry);
    strings += text + '\0';
  };
  for (const std::string& name : plan.needed) add(DT_NEEDED, name);
  if (!plan.soname.empty()) add(DT_SONAME, plan.soname);
  if (!plan.rpath.empty()) add(DT_RPATH, plan.rpath);
  if (!plan.runpath.empty()) add(DT_RUNPATH, plan.runpath);
  Elf64_Dyn table = {};
  table.d_tag = DT_STRTAB;
  dynamic.push_back(table);
  dynamic.push_back({});

  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof(header);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 3;
  const uint64_t dynamic_at = sizeof(header) + 3 * sizeof(Elf64_Phdr);
  const uint64_t strings_at = dynamic_at + dynamic.size() * sizeof(Elf64_Dyn);
  const uint64_t interpreter_at = strings_at + strings.size();
  const uint64_t size = interpreter_at + plan.interpreter.size() + 1;
  dynamic[dynamic.size() - 2].d_un.d_ptr = strings_at;

  Elf64_Phdr segments[3] = {};
  segments[0].p_type = PT_LOAD;
  segments[0].p_filesz = size;
  segments[1].p_type = PT_DYNAMIC;
  segments[1].p_offset = dynamic_at;
  segments[1].p_filesz = dynamic.size() * sizeof(Elf64_Dyn);
  segments[2].p_type = plan.interpreter.empty() ? PT_NULL : PT_INTERP;
  segments[2].p_offset = interpreter_at;
  segments[2].p_filesz = plan.interpreter.size() + 1;

  Bytes out;
  const auto append = [&](const void* data, size_t count) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    out.insert(out.end(), bytes, bytes + count);
  };
  append(&header, sizeof(header));
  append(segments, sizeof(segments));
  append(dynamic.data(), dynamic.size() * sizeof(Elf64_Dyn));
  append(strings.data(), strings.size());
  append(plan.interpreter.c_str(), plan.interpreter.size() + 1);
  return out;
}

inline void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
inline void write_file(const std::filesystem::path& path, std::string_view text) { write_file(path, as_bytes(text)); }

// A directory of its own, gone with the object. Its path has no links.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::canonical(std::filesystem::temp_directory_path()) / "redoubt-measure.XXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace redoubt::measure
