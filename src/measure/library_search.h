// SPDX-License-Identifier: Apache-2.0
//
// Where glibc's ld.so looks for a library (ld.so(8), elf/dl-load.c), in this order:
//
//   1. a name with a slash is a path
//   2. DT_RPATH of the object that asks, then of who loaded that one, up to the program; not if the object has a DT_RUNPATH
//   3. LD_LIBRARY_PATH
//   4. DT_RUNPATH of the object that asks
//   5. /etc/ld.so.cache
//   6. the directories it was built with
//
// In each directory it tries subdirectories for newer processors first. Which processor the program meets later is not known
// when it is measured: all variants that exist are found, beside the plain one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "measure/elf_facts.h"
#include "measure/library_cache.h"

namespace redoubt::measure {

// An object that asks for libraries.
struct Requester {
  const Requester* loaded_by = nullptr;  // nullptr: the program, or something opened by name at run time
  std::string origin;                    // what $ORIGIN stands for
  ElfFacts facts;
};

class LibrarySearch {
 public:
  // `cache`: the bytes of /etc/ld.so.cache, perhaps none. `library_path`: what LD_LIBRARY_PATH will be, with colons.
  LibrarySearch(ByteView cache, std::string_view library_path);

  // The paths under which ld.so may open the library, the plain one first. Empty: there is none.
  std::vector<std::string> find(const std::string& name, const Requester& requester);

 private:
  bool is_library(const std::string& path);
  bool is_directory(const std::string& path);
  // True when the plain library is in one of these directories, which ends the search.
  bool look_in(const std::vector<std::string>& directories, const std::string& name, std::vector<std::string>& found);

  LibraryCache cache_;
  std::vector<std::string> library_path_;
  std::map<std::string, bool> libraries_;    // what is_library said
  std::map<std::string, bool> directories_;  // what is_directory said
};

// The directories of a search path, with $ORIGIN, $LIB and $PLATFORM filled in; relative ones are left out.
std::vector<std::string> expand_search_path(std::string_view path, const std::string& origin);

}  // namespace redoubt::measure
