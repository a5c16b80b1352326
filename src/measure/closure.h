// SPDX-License-Identifier: Apache-2.0
//
// The closure of a program: every file that its process may load, execute or read, and every symbolic link on the way to one.
// It grows by what is added: a program brings its interpreter, its libraries and theirs; a directory brings what is below it.
// Nothing is run and nothing is hashed here (file_hashes.h).
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "measure/library_search.h"
#include "measure/path_walk.h"

namespace redoubt::measure {

// Why a file is in the closure; the first reason counts.
struct FileEntry {
  std::string why;  // "the program", "library of /usr/bin/redis-server", ...
};

// Finds a program by its name as a shell would, for env in a script's first line. Empty: there is none.
using FindProgram = std::function<std::string(const std::string& name)>;

class Closure {
 public:
  Closure(FindProgram find_program, std::string_view library_path);

  // All paths are absolute. On an error the closure is of no use.

  // An ELF program or a script. `why`: "the program".
  Result<void, Error> add_program(const std::string& path, const std::string& why);
  // A file or a directory with all below it: files and links; ELF files bring their libraries. Devices, sockets and pipes are
  // left out with a note.
  Result<void, Error> add_tree(const std::string& path, const std::string& why);
  // One file and the links on the way to it. What is not there or no regular file adds only the links.
  Result<void, Error> add_file(const std::string& path, const std::string& why);

  bool contains_file(const std::string& real_path) const { return files_.contains(real_path); }

  const std::map<std::string, FileEntry>& files() const { return files_; }    // by real path
  const std::map<std::string, std::string>& links() const { return links_; }  // real path to target
  const std::vector<std::string>& programs() const { return programs_; }      // real paths, in the order added
  const std::vector<std::string>& notes() const { return notes_; }            // for people
  // Libraries that were found nowhere, each with who asks; to be asked when everything was added, since a name that another
  // object of the closure carries is found by it at run time.
  std::vector<std::string> missing_libraries() const;

  static constexpr size_t kMaxFileCount = 200'000;

 private:
  struct Missing {
    std::string name;
    std::string asked_by;
  };

  Result<Walked, Error> place(const std::string& path, const std::string& why);
  Result<void, Error> add_executable(const std::string& path, const std::string& why, int depth);
  Result<void, Error> add_script(const std::string& path, std::string_view start, int depth);
  // Libraries of an object that was placed; `opened_as` is the path ld.so opened it by.
  Result<void, Error> add_libraries(const std::string& real, const std::string& opened_as, const Requester* loaded_by);
  // False when it is found nowhere.
  Result<bool, Error> add_library(const std::string& name, const Requester& requester, const std::string& asked_by);
  Result<void, Error> add_dynamic_loader(const std::string& interpreter, const std::string& program);
  Result<void, Error> add_below(const std::string& path, const std::string& why);

  FindProgram find_program_;
  LibrarySearch search_;
  std::map<std::string, FileEntry> files_;
  std::map<std::string, std::string> links_;
  std::vector<std::string> programs_;
  std::vector<std::string> notes_;
  std::vector<Missing> missing_;
  std::set<std::string> names_;     // DT_SONAME and file name of every object
  std::set<std::string> searched_;  // objects whose libraries were looked up, with the search paths they inherited
  std::set<std::string> visited_directories_;  // real paths, by add_below
  Requester program_;                          // the first program: whose DT_RPATH holds for all
  bool has_program_ = false;
};

}  // namespace redoubt::measure
