// SPDX-License-Identifier: Apache-2.0
//
// The cache of ldconfig and the order of ld.so's search. What they find of the real system is tested by tests/e2e/measure.sh.
#include "measure/library_search.h"

#include <gtest/gtest.h>

#include "measure/elf_builder.h"

namespace redoubt::measure {
namespace {

struct CacheLine {
  uint32_t flags;
  std::string name;
  std::string path;
};

Bytes build_cache(const std::vector<CacheLine>& lines) {
  Bytes out;
  const auto number = [&](uint64_t value, size_t size) {
    for (size_t index = 0; index < size; ++index) {
      out.push_back(index < sizeof(value) ? static_cast<uint8_t>(value >> (8 * index)) : 0);
    }
  };
  for (const char c : std::string_view("glibc-ld.so.cache1.1")) out.push_back(static_cast<uint8_t>(c));
  std::string strings;
  const size_t strings_at = 48 + lines.size() * 24;
  number(lines.size(), 4);
  number(0, 24);
  for (const CacheLine& line : lines) {
    number(line.flags, 4);
    number(strings_at + strings.size(), 4);
    strings += line.name + '\0';
    number(strings_at + strings.size(), 4);
    strings += line.path + '\0';
    number(0, 12);
  }
  out.insert(out.end(), strings.begin(), strings.end());
  return out;
}

TEST(LibraryCache, ReadsEntriesOfThisKind) {
  const Bytes bytes = build_cache(
      {{0x303, "liba.so", "/a/liba.so"}, {0x3, "liba.so", "/i386/liba.so"}, {0x303, "liba.so", "/b/liba.so"}});
  const LibraryCache cache = read_library_cache(bytes);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.at("liba.so"), (std::vector<std::string>{"/a/liba.so", "/b/liba.so"}));
  Bytes old;
  for (const char c : std::string_view("ld.so-1.7.0")) old.push_back(static_cast<uint8_t>(c));
  old.resize(16);
  old.insert(old.end(), bytes.begin(), bytes.end());
  EXPECT_EQ(read_library_cache(old), cache);
}

TEST(LibraryCache, SurvivesDamage) {
  const Bytes whole = build_cache({{0x303, "liba.so", "/a/liba.so"}, {0x303, "libb.so", "/b/libb.so"}});
  for (size_t size = 0; size < whole.size(); ++size) read_library_cache(ByteView(whole).first(size));
  for (size_t at = 0; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] = 0xff;
    read_library_cache(damaged);
  }
  EXPECT_TRUE(read_library_cache(ByteView(whole).first(30)).empty());
}

TEST(LibrarySearch, ExpandsSearchPaths) {
  EXPECT_EQ(expand_search_path("$ORIGIN/../lib:${ORIGIN}:/x//:relative::", "/app/bin"),
            (std::vector<std::string>{"/app/bin/../lib", "/app/bin", "/x"}));
  EXPECT_EQ(expand_search_path("/a/$LIB", "").size(), 3u);
  // An origin that looks like a token does not multiply.
  EXPECT_EQ(expand_search_path("$ORIGIN", "/$ORIGIN").size(), 0u);
}

class Order : public testing::Test {
 protected:
  void put(const std::string& place) { write_file(directory_ / place, build_elf({"", {}, "libx.so", "", ""})); }
  std::vector<std::string> find(const Requester& requester) {
    LibrarySearch search(build_cache({{0x303, "libx.so", directory_ / "cached/libx.so"}}), directory_ / "path");
    std::vector<std::string> found = search.find("libx.so", requester);
    for (std::string& one : found) one = one.substr(directory_.path().size() + 1);
    return found;
  }
  ElfFacts facts(const std::string& rpath, const std::string& runpath) {
    ElfFacts facts;
    if (!rpath.empty()) facts.rpath = directory_ / rpath;
    if (!runpath.empty()) facts.runpath = directory_ / runpath;
    return facts;
  }
  TemporaryDirectory directory_;
};
using Found = std::vector<std::string>;

TEST_F(Order, IsThatOfLdSo) {
  const Requester program = {nullptr, directory_.path(), facts("rpath", "")};
  const Requester library = {&program, directory_.path(), {}};
  const Requester modern = {&program, directory_.path(), facts("ignored", "runpath")};
  put("cached/libx.so");
  EXPECT_EQ(find(library), Found{"cached/libx.so"});
  put("runpath/libx.so");
  EXPECT_EQ(find(library), Found{"cached/libx.so"});
  EXPECT_EQ(find(modern), Found{"runpath/libx.so"});
  put("path/libx.so");
  EXPECT_EQ(find(modern), Found{"path/libx.so"});
  EXPECT_EQ(find(library), Found{"path/libx.so"});
  put("rpath/libx.so");
  put("ignored/libx.so");
  EXPECT_EQ(find(library), Found{"rpath/libx.so"});
  EXPECT_EQ(find(modern), Found{"path/libx.so"});
}

TEST_F(Order, FindsVariantsForOtherProcessors) {
  const Requester program = {nullptr, directory_.path(), facts("rpath", "")};
  put("rpath/libx.so");
  put("rpath/glibc-hwcaps/x86-64-v3/libx.so");
  put("rpath/haswell/libx.so");
  EXPECT_EQ(find(program), (Found{"rpath/libx.so", "rpath/glibc-hwcaps/x86-64-v3/libx.so", "rpath/haswell/libx.so"}));
}

TEST_F(Order, PassesOverWhatIsNoLibrary) {
  const Requester program = {nullptr, directory_.path(), facts("rpath", "")};
  write_file(directory_ / "rpath/libx.so", "GROUP ( libx.so.6 )");
  put("cached/libx.so");
  EXPECT_EQ(find(program), Found{"cached/libx.so"});
}

}  // namespace
}  // namespace redoubt::measure
