// SPDX-License-Identifier: Apache-2.0
#include "cli/measure_observed.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

constexpr std::string_view kNeverAdded[] = {"/proc", "/sys", "/dev", "/tmp", "/var/tmp", "/run/user"};
constexpr size_t kMaxLines = 60;  // of a long list, the rest is counted

struct UseWord {
  measure::Use use;
  std::string_view word;
};
constexpr UseWord kUseWords[] = {
    {measure::Use::kLookedAt, "looked at"}, {measure::Use::kOpened, "opened"}, {measure::Use::kExecuted, "executed"}};

std::string_view word_of(measure::Use use) { return std::ranges::find(kUseWords, use, &UseWord::use)->word; }

bool is_below(std::string_view path, std::string_view directory) {
  return directory != "/" && path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

class Selection {
 public:
  Selection(const measure::Observation& seen, bool with_working_directory)
      : working_directory_(with_working_directory ? "/" : std::filesystem::current_path().string()) {
    for (const std::string& path : seen.written) {
      const auto walked = measure::walk(path, [](const std::string&, const std::string&) {});
      if (walked) written_.insert(walked->real);
    }
  }

  // Whether this regular file belongs into the closure.
  bool wants(const std::string& real) {
    if (std::ranges::any_of(kNeverAdded, [&](std::string_view directory) { return is_below(real, directory); })) {
      temporary_.push_back(real);
      return false;
    }
    if (written_.contains(real)) {
      ++written_count_;
      return false;
    }
    if (is_below(real, working_directory_)) {
      data_.push_back(real);
      return false;
    }
    return true;
  }

  void report(std::vector<std::string>& warnings) const {
    const auto mention = [&](const std::vector<std::string>& paths, const std::string& where,
                             const std::string& remedy) {
      if (paths.empty()) return;
      warnings.push_back("left out " + count_of(paths.size(), "file") + where + ", such as " + paths[0] + "; " +
                         remedy);
    };
    std::vector<std::string> temporary;
    std::ranges::copy_if(temporary_, std::back_inserter(temporary), [](const std::string& path) {
      return path.starts_with("/tmp/") || path.starts_with("/var/tmp/");
    });
    mention(temporary, " below the temporary directories", "name those that are code --with PATH");
    mention(data_, " below the working directory", "name those that are code --with PATH, or add --working-directory");
    if (written_count_ > 0)
      warnings.push_back("left out " + count_of(written_count_, "file") + " that the program wrote");
  }

 private:
  std::string working_directory_;  // "/": nothing is below it
  std::set<std::string> written_;  // real paths
  std::vector<std::string> temporary_;
  std::vector<std::string> data_;
  size_t written_count_ = 0;
};

}  // namespace

redoubt::Result<ObservedReport, redoubt::Error> add_observed(const measure::Observation& seen,
                                                             bool with_working_directory, measure::Closure& closure) {
  ObservedReport report;
  Selection selection(seen, with_working_directory);
  size_t added_count = 0;
  for (const auto& [path, use] : seen.used) {
    const auto walked = measure::walk(path, [](const std::string&, const std::string&) {});
    if (!walked || walked->kind == measure::Kind::kNothing || walked->kind == measure::Kind::kOther) continue;
    // Links on the way are wanted even if the file is known, or a directory; but not those of the kernel's own trees.
    if (is_below(walked->real, "/proc") || is_below(walked->real, "/sys") || is_below(walked->real, "/dev") ||
        is_below(path, "/proc") || is_below(path, "/dev")) {
      continue;
    }
    const bool known = walked->kind == measure::Kind::kFile && closure.contains_file(walked->real);
    if (walked->kind == measure::Kind::kFile && !known && !selection.wants(walked->real)) continue;
    const std::string why = std::string(word_of(use.use)) + " by " + use.by + " when observed";
    const auto added =
        use.use == measure::Use::kExecuted ? closure.add_program(path, why) : closure.add_file(path, why);
    if (!added) return std::unexpected(added.error());
    if (walked->kind != measure::Kind::kFile || known) continue;
    if (++added_count <= kMaxLines) {
      report.lines.push_back("  added " + walked->real + " (" + std::string(word_of(use.use)) + " by " + use.by + ")");
    }
  }
  if (added_count > kMaxLines) {
    report.lines.push_back("  and " + count_of(added_count - kMaxLines, "file") +
                           " more; --json tells all with the reason");
  }
  report.lines.push_back("the observed run added " + count_of(added_count, "file") +
                         "; review them: whatever is in the list, the program may load");
  selection.report(report.warnings);
  if (seen.unfollowed_count > 0) {
    report.warnings.push_back(count_of(seen.unfollowed_count, "access") +
                              " could not be followed (another root directory): name what is missing --with PATH");
  }
  return report;
}

}  // namespace redoubt::cli
