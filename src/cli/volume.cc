// SPDX-License-Identifier: Apache-2.0
//
// `redoubt volume`: protected volumes from outside, with their key. A volume is the directory on the host that holds its
// ciphertext; the program that uses it must not run meanwhile. The command checks authenticity. Whether a volume is the newest one is
// known to CAS only: a whole volume put back to an older copy looks intact here.
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/volume_copy.h"
#include "cli/volume_open.h"
#include "cli/volume_paths.h"
#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

using nlohmann::ordered_json;
using volume::InodeNumber;

constexpr const char* kStatus =
    "\n\nExit status: 0 success; 1 something is not what was written (changed, damaged); 2 the command line is wrong, "
    "there is no\n"
    "  such volume or file, the key is another one, or the volume is in use; 125 Redoubt itself failed";

struct Options {
  std::string directory, key_file, path = "/", from, to;
  bool json = false, is_long = false, recursive = false;
};
using Shared = std::shared_ptr<Options>;

Shared volume_options(CLI::App& app, const char* example) {
  auto options = std::make_shared<Options>();
  app.add_option("DIRECTORY", options->directory, "Of the host, with the volume's files")->required();
  app.add_option("-k,--key-file", options->key_file, "The key: 32 bytes or 64 hexadecimal digits; - for standard input")
      ->type_name("FILE")
      ->required();
  app.footer(std::string("Example:\n  ") + example + kStatus);
  return options;
}

Result<std::unique_ptr<OpenVolume>> open_to_read(const Options& options) {
  return OpenVolume::open(options.directory, options.key_file, VolumeAccess::kRead);
}

const char* type_of(uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "directory";
    case S_IFREG: return "file";
    case S_IFLNK: return "link";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    default: return "device";
  }
}

// As ls(1) shows it.
std::string mode_text(uint32_t mode) {
  constexpr char kBits[] = "rwxrwxrwx";
  std::string text(1, S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISREG(mode) ? '-' : '?');
  for (int bit = 0; bit < 9; ++bit) text += (mode >> (8 - bit) & 1) != 0 ? kBits[bit] : '-';
  return text;
}

std::string time_text(const volume::Time& time) {
  const time_t seconds = time.seconds;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// Names and link targets are the program's: no control characters reach a terminal.
std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      text += c;
    } else {
      char escape[5];
      std::snprintf(escape, sizeof(escape), "\\x%02x", static_cast<unsigned char>(c));
      text += escape;
    }
  }
  return text;
}

struct Listed {
  std::string path;
  volume::Attributes attributes;
  std::string target;
};

Result<void> collect(OpenVolume& volume, InodeNumber inode, const std::string& path, bool recursive,
                     std::vector<Listed>& found) {
  constexpr size_t kAtOnce = 512;
  for (uint64_t cookie = 0;;) {
    const auto entries = volume->list(inode, cookie, kAtOnce);
    if (!entries) return volume_error(volume, path, entries.error());
    if (entries->empty()) return {};
    for (const volume::DirectoryEntry& entry : *entries) {
      cookie = entry.cookie;
      Listed one = {path.ends_with('/') ? path + entry.name : path + "/" + entry.name, {}, {}};
      const auto attributes = volume->attributes(entry.inode);
      if (!attributes) return volume_error(volume, one.path, attributes.error());
      one.attributes = *attributes;
      if (S_ISLNK(attributes->mode)) {
        const auto target = volume->read_link(entry.inode);
        if (!target) return volume_error(volume, one.path, target.error());
        one.target = *target;
      }
      found.push_back(one);
      if (!recursive || !S_ISDIR(attributes->mode)) continue;
      const auto below = collect(volume, entry.inode, one.path, true, found);
      if (!below) return below;
    }
  }
}

void print_listed(const Listed& one, const Options& options, ordered_json& all) {
  const volume::Attributes& a = one.attributes;
  if (options.json) {
    ordered_json row = {{"path", one.path},
                        {"type", type_of(a.mode)},
                        {"mode", a.mode & 07777},
                        {"uid", a.uid},
                        {"gid", a.gid},
                        {"size", a.size},
                        {"links", a.links},
                        {"inode", a.inode},
                        {"modified", time_text(a.modified)}};
    if (!one.target.empty()) row["target"] = one.target;
    all.push_back(std::move(row));
    return;
  }
  std::string line;
  if (options.is_long) {
    char numbers[96];
    std::snprintf(numbers, sizeof(numbers), " %3u %5u %5u %12llu ", a.links, a.uid, a.gid,
                  static_cast<unsigned long long>(a.size));
    line = mode_text(a.mode) + numbers + time_text(a.modified) + " ";
  }
  line += shown(one.path);
  if (options.is_long && !one.target.empty()) line += " -> " + shown(one.target);
  std::cout << line << '\n';
}

Result<ExitStatus> list(const Options& options) {
  auto opened = open_to_read(options);
  if (!opened) return std::unexpected(opened.error());
  OpenVolume& volume = **opened;
  const auto inode = find_in_volume(*volume, options.path);
  if (!inode) return volume_error(volume, options.path, inode.error());
  const auto attributes = volume->attributes(*inode);
  if (!attributes) return volume_error(volume, options.path, attributes.error());
  std::vector<Listed> found;
  if (S_ISDIR(attributes->mode)) {
    const auto collected = collect(volume, *inode, options.path, options.recursive, found);
    if (!collected) return std::unexpected(collected.error());
  } else {
    found.push_back({options.path, *attributes, {}});
  }
  ordered_json all = ordered_json::array();
  for (const Listed& one : found) print_listed(one, options, all);
  if (options.json) std::cout << all.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
  return ExitStatus::kSuccess;
}

Action define_list(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume ls -l --key-file volume.key /var/lib/redis /");
  app.add_option("PATH", options->path, "In the volume; / when left out");
  app.add_flag("-l,--long", options->is_long, "Mode, links, owner, group, size and time too");
  app.add_flag("-r,--recursive", options->recursive, "Everything below");
  app.add_flag("--json", options->json, "Write JSON");
  return [options] { return list(*options); };
}

void say_copied(const Copied& copied) {
  std::cerr << "redoubt: copied " << copied.files << " files, " << copied.directories << " directories, "
            << copied.links << " links, " << copied.bytes << " bytes";
  if (copied.skipped != 0) std::cerr << "; left out " << copied.skipped << " sockets, fifos or devices";
  std::cerr << '\n';
}

Action define_cat(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume cat --key-file volume.key /var/lib/redis /dump.rdb >dump.rdb");
  app.add_option("PATH", options->path, "A file in the volume")->required();
  return [options]() -> Result<ExitStatus> {
    auto opened = open_to_read(*options);
    if (!opened) return std::unexpected(opened.error());
    const auto copied = copy_out_of_volume(**opened, options->path, "-");
    if (!copied) return std::unexpected(copied.error());
    return ExitStatus::kSuccess;
  };
}

Action define_get(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume get --key-file volume.key /var/lib/redis / ./restored");
  app.add_option("PATH", options->from, "A file or directory in the volume")->required();
  app.add_option("TO", options->to, "On the host; - for standard output")->required();
  return [options]() -> Result<ExitStatus> {
    auto opened = open_to_read(*options);
    if (!opened) return std::unexpected(opened.error());
    const auto copied = copy_out_of_volume(**opened, options->from, options->to);
    if (!copied) return std::unexpected(copied.error());
    if (options->to != "-") say_copied(*copied);
    return ExitStatus::kSuccess;
  };
}

Action define_put(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume put --key-file volume.key /var/lib/redis ./dump.rdb /dump.rdb");
  app.add_option("FROM", options->from, "A file or directory of the host")->required();
  app.add_option("PATH", options->to, "In the volume: a file is replaced, a directory must not be there")->required();
  return [options]() -> Result<ExitStatus> {
    auto opened = OpenVolume::open(options->directory, options->key_file, VolumeAccess::kChange);
    if (!opened) return std::unexpected(opened.error());
    const auto copied = copy_into_volume(**opened, options->from, options->to);
    if (!copied) return std::unexpected(copied.error());
    say_copied(*copied);
    return ExitStatus::kSuccess;
  };
}

Action define_create(CLI::App& app) {
  auto options =
      volume_options(app, "openssl rand -hex 32 >volume.key && redoubt volume create --key-file volume.key ./data");
  return [options]() -> Result<ExitStatus> {
    auto opened = OpenVolume::open(options->directory, options->key_file, VolumeAccess::kCreate);
    if (!opened) return std::unexpected(opened.error());
    const auto settled = (**opened)->barrier();
    if (!settled) return volume_error(**opened, "making it durable", settled.error());
    return ExitStatus::kSuccess;
  };
}

Result<ExitStatus> verify(const Options& options) {
  auto opened = open_to_read(options);
  if (!opened) return std::unexpected(opened.error());
  OpenVolume& volume = **opened;
  const bool shows_progress = isatty(STDERR_FILENO) != 0 && !options.json;
  const std::vector<std::string> problems = volume->verify([&](uint64_t done, uint64_t all) {
    if (shows_progress && (done % 1024 == 0 || done == all)) {
      std::cerr << "\rverified " << done << " of " << all << " blocks" << (done == all ? "\n" : "") << std::flush;
    }
  });
  const volume::Volume::Space space = volume->space();
  if (options.json) {
    std::cout << ordered_json({{"intact", problems.empty()},
                               {"files", space.files},
                               {"blocks", space.data_blocks},
                               {"problems", problems}})
                     .dump(2, ' ', false, ordered_json::error_handler_t::replace)
              << '\n';
  } else {
    for (const std::string& problem : problems) std::cout << shown(problem) << '\n';
    std::cout << (problems.empty() ? "intact: " : "NOT INTACT: ") << space.files << " files, " << space.data_blocks
              << " blocks, " << problems.size() << " problems\n";
  }
  return problems.empty() ? ExitStatus::kSuccess : ExitStatus::kNotIntact;
}

Action define_verify(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume verify --key-file volume.key /var/lib/redis");
  app.add_flag("--json", options->json, "Write JSON");
  return [options] { return verify(*options); };
}

Result<ExitStatus> show(const Options& options) {
  auto opened = open_to_read(options);
  if (!opened) return std::unexpected(opened.error());
  OpenVolume& volume = **opened;
  const volume::Volume::Space space = volume->space();
  const volume::Tag tag = volume->tag();
  if (options.json) {
    std::cout << ordered_json({{"files", space.files},
                               {"data_bytes", space.data_blocks * volume::kBlockSize},
                               {"log_bytes", space.log_bytes},
                               {"sequence", tag.sequence},
                               {"tag", crypto::to_hex(tag.mac)}})
                     .dump(2)
              << '\n';
    return ExitStatus::kSuccess;
  }
  std::cout << "files      " << space.files << '\n'
            << "data       " << space.data_blocks * volume::kBlockSize << " bytes\n"
            << "log        " << space.log_bytes << " bytes since the last checkpoint\n"
            << "sequence   " << tag.sequence << '\n'
            << "tag        " << crypto::to_hex(tag.mac) << '\n';
  return ExitStatus::kSuccess;
}

Action define_show(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume stat --key-file volume.key /var/lib/redis");
  app.add_flag("--json", options->json, "Write JSON");
  return [options] { return show(*options); };
}

constexpr Command kCommands[] = {
    {"create", "make an empty volume", define_create},
    {"ls", "list what is in a volume", define_list},
    {"cat", "write a file of a volume to standard output", define_cat},
    {"get", "copy a file or tree out of a volume", define_get},
    {"put", "copy a file or tree into a volume", define_put},
    {"verify", "read and verify every block", define_verify},
    {"stat", "show sizes and the tag", define_show},
};

}  // namespace

Action define_volume(CLI::App& app) { return define_subcommands(app, kCommands); }

}  // namespace redoubt::cli
