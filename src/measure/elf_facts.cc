// SPDX-License-Identifier: Apache-2.0
#include "measure/elf_facts.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace redoubt::measure {
namespace {

constexpr size_t kMaxSegmentCount = 1024;
constexpr size_t kMaxDynamicCount = 65536;
constexpr size_t kMaxNeededCount = 4096;
constexpr size_t kMaxTextSize = 65536;  // of a search path; names are shorter

std::unexpected<Error> malformed(std::string message) { return fail(ErrorCode::kMalformed, std::move(message)); }

template <typename T>
bool read_object(const ReadAt& read, uint64_t offset, T& out) {
  return read(offset, {reinterpret_cast<uint8_t*>(&out), sizeof(T)});
}

// A text that ends with NUL, read in small pieces because its length is not known.
std::optional<std::string> read_text(const ReadAt& read, uint64_t offset) {
  std::string text;
  while (text.size() < kMaxTextSize) {
    uint8_t byte;
    if (offset + text.size() < offset || !read(offset + text.size(), {&byte, 1})) return std::nullopt;
    if (byte == 0) return text;
    text += static_cast<char>(byte);
  }
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(const ReadAt& read) : read_(read) {}

  Result<std::optional<ElfFacts>, Error> parse() {
    Elf64_Ehdr header;
    unsigned char identity[EI_NIDENT];
    if (!read_object(read_, 0, identity) || std::memcmp(identity, ELFMAG, SELFMAG) != 0) return std::nullopt;
    ElfFacts facts;
    if (identity[EI_CLASS] != ELFCLASS64 || identity[EI_DATA] != ELFDATA2LSB) return facts;
    if (!read_object(read_, 0, header)) return malformed("an ELF header that is cut off");
    facts.fits = header.e_machine == EM_X86_64 && (header.e_type == ET_EXEC || header.e_type == ET_DYN);
    if (!facts.fits) return facts;
    if (header.e_phnum > kMaxSegmentCount || (header.e_phnum > 0 && header.e_phentsize != sizeof(Elf64_Phdr))) {
      return malformed("program headers of another size, or more than " + std::to_string(kMaxSegmentCount));
    }
    segments_.resize(header.e_phnum);
    for (size_t index = 0; index < segments_.size(); ++index) {
      const uint64_t offset = header.e_phoff + index * sizeof(Elf64_Phdr);
      if (offset < header.e_phoff || !read_object(read_, offset, segments_[index])) {
        return malformed("program headers outside the file");
      }
    }
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_INTERP) {
        const auto text = read_text(read_, segment.p_offset);
        if (!text || text->empty() || text->size() >= segment.p_filesz) return malformed("an interpreter without end");
        facts.interpreter = *text;
      }
    }
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_DYNAMIC) continue;
      const auto done = read_dynamic(segment, facts);
      if (!done) return std::unexpected(done.error());
      break;
    }
    return facts;
  }

 private:
  // Where the byte of a loaded address is in the file.
  std::optional<uint64_t> offset_of(uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD || address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) {
        continue;
      }
      const uint64_t offset = segment.p_offset + (address - segment.p_vaddr);
      if (offset >= segment.p_offset) return offset;
    }
    return std::nullopt;
  }

  Result<void, Error> read_dynamic(const Elf64_Phdr& segment, ElfFacts& facts) {
    std::vector<uint64_t> needed;
    std::optional<uint64_t> soname, rpath, runpath, strings;
    const size_t count = segment.p_filesz / sizeof(Elf64_Dyn);
    if (count > kMaxDynamicCount) return malformed("more dynamic entries than " + std::to_string(kMaxDynamicCount));
    for (size_t index = 0; index < count; ++index) {
      Elf64_Dyn entry;
      const uint64_t offset = segment.p_offset + index * sizeof(entry);
      if (offset < segment.p_offset || !read_object(read_, offset, entry)) {
        return malformed("dynamic entries outside the file");
      }
      const uint64_t value = entry.d_un.d_val;
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) needed.push_back(value);
      if (entry.d_tag == DT_SONAME) soname = value;
      if (entry.d_tag == DT_RPATH) rpath = value;
      if (entry.d_tag == DT_RUNPATH) runpath = value;
      if (entry.d_tag == DT_STRTAB) strings = offset_of(value);
      if (entry.d_tag == DT_FLAGS_1) facts.no_default_libraries = (value & DF_1_NODEFLIB) != 0;
    }
    if (needed.size() > kMaxNeededCount) return malformed("more libraries than " + std::to_string(kMaxNeededCount));
    const auto text_at = [&](uint64_t at) -> std::optional<std::string> {
      if (!strings || *strings + at < *strings) return std::nullopt;
      return read_text(read_, *strings + at);
    };
    const auto store = [&](const std::optional<uint64_t>& at, std::string& field) {
      if (!at) return true;
      auto text = text_at(*at);
      if (text) field = std::move(*text);
      return text.has_value();
    };
    bool good = store(soname, facts.soname) && store(rpath, facts.rpath) && store(runpath, facts.runpath);
    for (const uint64_t at : needed) good = good && store(at, facts.needed.emplace_back());
    if (!good) return malformed("names outside the file");
    return {};
  }

  const ReadAt& read_;
  std::vector<Elf64_Phdr> segments_;
};

}  // namespace

Result<std::optional<ElfFacts>, Error> read_elf(const ReadAt& read) { return Parser(read).parse(); }

}  // namespace redoubt::measure
