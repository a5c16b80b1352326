// SPDX-License-Identifier: Apache-2.0
//
// What the file system looks like to an attested program. Unattested runs have none: paths are the host's. In an attested run a
// path names one of these, decided from verified data alone, and everything else is ENOENT:
//
//   code        a file of the session with its SHA-256, read-only. Opened: all bytes are copied into a sealed memory file and hashed
//               there; the program gets that file, so what was verified is what is read, mapped and executed. The only files
//               that may be mapped PROT_EXEC or executed. A wrong hash is EIO and a line on standard error.
//   link        a symbolic link of the session
//   directory   what the paths above imply; listed from the same data, not writable (EROFS)
//   injected    a file that exists only in the shim's memory (injected_files.h)
//   host        below one of host.directories: the host's files, unprotected, never executable. Symbolic links in there that lead
//               out are resolved in this namespace, not in the host's, and reach no injected file, nothing in /proc and no open file
//               but the standard streams: the host must not make a program read its secrets as if they were data, or overwrite them.
//   volume      below the mount of a protected volume: files that the host has as ciphertext only. Never executable; a link of a host
//               directory does not lead into one either.
//   sealed      files, links and directories of an authenticated volume, as its seal has them: opened like code, never executable
//               unless the session says that the volume holds code
//   devices     /dev/null, zero, full, random, urandom, and host.devices
//   /proc, /sys the process's own directory as without attestation, and a short list of the kernel's numbers, read-only
//
// Set once, before the program runs, or restored after exec; then immutable but for the contents of injected files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "shim/process/program_file.h"
#include "volume/sealed_tree.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::file_namespace {

// Takes over a manifest: copies what it needs. EINVAL for paths that are not absolute and normalised, for contradictions (a file
// below a file), and for a host directory that would hide code or contain /proc. Opens the host directories (missing ones: ENOENT,
// named by `culprit`).
Result<void> start(const wire::CodeManifest& manifest, std::string* culprit);

// Whether this run is attested (or tries a manifest): constant once the program runs.
extern constinit bool active;
inline bool is_active() { return active; }

// Checks every code file against its hash. On failure `culprit` is its path, `found` says what is there: the hash, "no file", ...
Result<void> verify_all_code(std::string* culprit, std::string* found);

// The bytes of one file as the program would read them, for templates on disk. At most `limit`.
Result<std::string> read_file(const std::string& path, size_t limit);

// Adds an injected file; its content is copied into sealed memory. Paths may be anywhere but in /proc, /sys and /dev.
Result<void> inject(const wire::InjectedFile& file);

// Mounts a volume (volumes/mounts.h), before or after files are injected below it. `host_directory`: where its ciphertext lies.
// EINVAL, EEXIST, ENOTDIR as Tree::add_volume.
Result<void> mount_volume(std::string_view path, size_t index, std::string_view host_directory);

// Adds what the seal of an authenticated volume names, below `path`. Files are read from the host's directory of the same path.
// `is_code`: they are code. `culprit`: which path is wrong. EINVAL, EEXIST, ENOTDIR as Tree::add.
Result<void> mount_sealed_tree(std::string_view path, const volume::SealedTree& seal, bool is_code,
                               std::string* culprit);

// Sets the program's working directory: ENOENT, ENOTDIR.
Result<void> set_working_directory(const std::string& path);

// Opens a code file for the loader, following links: a sealed memory file, verified. EACCES for what is there but no code.
// Close-on-exec.
Result<OwnedFd> open_code(int directory, const std::string& path, int flags);

// The path of what `fd` stands for; empty for descriptors of the host.
std::string name_of_special(int fd);

// Across exec, in memory that only the next image reads (process/handover.h). Injected files' contents are a part of it.
void save(std::vector<uint8_t>& out);
Result<void> restore(ByteView saved);

}  // namespace redoubt::shim::file_namespace
