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
#include "cli/volume_list.h"
#include "cli/volume_open.h"
#include "cli/volume_paths.h"
#include "cli/volume_seal.h"
#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

using nlohmann::ordered_json;

constexpr const char* kStatus =
    "\n\nExit status: 0 success; 1 something is not what was written (changed, damaged); 2 the command line is wrong, "
    "there is no\n"
    "  such volume or file, the key is another one, or the volume is in use; 125 Redoubt itself failed, or no space is "
    "left";

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

// An authenticated-only volume: what its seal says, whatever lies there.
Result<volume::SealedTree> sealed(const Options& options) {
  const auto key = read_volume_key(options.key_file);
  if (!key) return std::unexpected(key.error());
  return read_sealed_tree(options.directory, key->view());
}

Result<ExitStatus> list_sealed(const Options& options) {
  const auto tree = sealed(options);
  if (!tree) return std::unexpected(tree.error());
  constexpr uint32_t kTypes[] = {S_IFDIR, S_IFREG, S_IFLNK};
  std::vector<ListedFile> found;
  for (const volume::SealedEntry& entry : tree->entries) {
    ListedFile one = {"/" + entry.path, {}, entry.target};
    one.attributes.mode = kTypes[static_cast<size_t>(entry.kind)] | entry.mode;
    one.attributes.uid = entry.uid;
    one.attributes.gid = entry.gid;
    one.attributes.size = entry.size;
    one.attributes.links = 1;
    found.push_back(std::move(one));
  }
  return print_listed_files(found, options.is_long, options.json);
}

Result<ExitStatus> list(const Options& options) {
  if (is_sealed_tree(options.directory)) return list_sealed(options);
  auto opened = open_to_read(options);
  if (!opened) return std::unexpected(opened.error());
  OpenVolume& volume = **opened;
  const auto inode = find_in_volume(*volume, options.path);
  if (!inode) return volume_error(volume, options.path, inode.error());
  const auto attributes = volume->attributes(*inode);
  if (!attributes) return volume_error(volume, options.path, attributes.error());
  std::vector<ListedFile> found;
  if (S_ISDIR(attributes->mode)) {
    const auto collected = list_volume(volume, *inode, options.path, options.recursive, found);
    if (!collected) return std::unexpected(collected.error());
  } else {
    found.push_back({options.path, *attributes, {}});
  }
  return print_listed_files(found, options.is_long, options.json);
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
  std::cerr << "redoubt: copied " << count_of(copied.files, "file") << ", "
            << count_of(copied.directories, "directory", "directories") << ", " << count_of(copied.links, "link")
            << ", " << count_of(copied.bytes, "byte");
  if (copied.skipped != 0) {
    std::cerr << "; left out " << count_of(copied.skipped, "socket, fifo or device", "sockets, fifos or devices");
  }
  if (copied.hard_links != 0) {
    std::cerr << "; " << count_of(copied.hard_links, "name") << " of files with several became "
              << (copied.hard_links == 1 ? "a file" : "files") << " of its own"
              << (copied.hard_links == 1 ? "" : " each");
  }
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
  app.add_option("TO", options->to, "On the host, in no volume's directory; - for standard output")->required();
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
    (*opened)->keep();
    return ExitStatus::kSuccess;
  };
}

Result<ExitStatus> print_verdict(const Options& options, uint64_t files, uint64_t blocks,
                                 const std::vector<std::string>& problems) {
  if (options.json) {
    std::cout << ordered_json(
                     {{"intact", problems.empty()}, {"files", files}, {"blocks", blocks}, {"problems", problems}})
                     .dump(2, ' ', false, ordered_json::error_handler_t::replace)
              << '\n';
  } else {
    for (const std::string& problem : problems) std::cout << printable(problem) << '\n';
    std::cout << (problems.empty() ? "intact: " : "NOT INTACT: ") << count_of(files, "file") << ", "
              << count_of(blocks, "block") << ", " << count_of(problems.size(), "problem") << '\n';
  }
  return problems.empty() ? ExitStatus::kSuccess : ExitStatus::kNotIntact;
}

Result<ExitStatus> verify_sealed(const Options& options) {
  const auto tree = sealed(options);
  if (!tree) return std::unexpected(tree.error());
  const auto problems = compare_with_seal(options.directory, *tree);
  if (!problems) return std::unexpected(problems.error());
  uint64_t files = 0, blocks = 0;
  for (const volume::SealedEntry& entry : tree->entries) {
    if (entry.kind == volume::SealedEntry::Kind::kFile) ++files;
    blocks += (entry.size + volume::kBlockSize - 1) / volume::kBlockSize;
  }
  return print_verdict(options, files, blocks, *problems);
}

Result<ExitStatus> verify(const Options& options) {
  if (is_sealed_tree(options.directory)) return verify_sealed(options);
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
  return print_verdict(options, space.files, space.data_blocks, problems);
}

Action define_verify(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume verify --key-file volume.key /var/lib/redis");
  app.add_flag("--json", options->json, "Write JSON");
  return [options] { return verify(*options); };
}

Result<ExitStatus> show_sealed(const Options& options) {
  const auto tree = sealed(options);
  if (!tree) return std::unexpected(tree.error());
  if (options.json) {
    std::cout << ordered_json({{"files", "authenticated-only"},
                               {"entries", tree->entries.size()},
                               {"sequence", tree->sequence},
                               {"tag", crypto::to_hex(tree->mac)}})
                     .dump(2)
              << '\n';
    return ExitStatus::kSuccess;
  }
  std::cout << "authenticated-only\nentries    " << tree->entries.size() << "\nsequence   " << tree->sequence
            << "\ntag        " << crypto::to_hex(tree->mac) << '\n';
  return ExitStatus::kSuccess;
}

Action define_seal(CLI::App& app) {
  auto options = volume_options(app, "redoubt volume seal --key-file volume.key /srv/models");
  return [options]() -> Result<ExitStatus> {
    const auto key = read_volume_key(options->key_file);
    if (!key) return std::unexpected(key.error());
    const auto tree = seal_tree(options->directory, key->view());
    if (!tree) return std::unexpected(tree.error());
    std::cerr << "redoubt: sealed "
              << count_of(tree->entries.size(), "file, directory or link", "files, directories and links")
              << ", sequence " << tree->sequence << '\n';
    return ExitStatus::kSuccess;
  };
}

Result<ExitStatus> show(const Options& options) {
  if (is_sealed_tree(options.directory)) return show_sealed(options);
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
    {"seal", "make a tree in the clear an authenticated-only volume", define_seal},
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
