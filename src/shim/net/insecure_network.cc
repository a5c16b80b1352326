// SPDX-License-Identifier: Apache-2.0
#include "shim/net/insecure_network.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <charconv>
#include <deque>

#include "shim/attested/openssl_start.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/sealed.h"
#include "shim/net/policy.h"
#include "shim/net/shield.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::net {
namespace {

constexpr size_t kLargest = 1 << 20;

Result<std::string> read_file(const std::string& path) {
  const OwnedFd file(TRY(gate::descriptor_of(
      gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), O_RDONLY | O_CLOEXEC))));
  std::string bytes;
  char chunk[4096];
  while (bytes.size() < kLargest) {
    const size_t got = TRY(read_at(file.get(), bytes.size(), chunk, sizeof(chunk)));
    if (got == 0) return bytes;
    bytes.append(chunk, got);
  }
  return fail(EFBIG);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

class Reader {
 public:
  // A problem, or empty.
  std::string read(std::string_view text) {
    network_.is_given = true;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      const auto words = words_of(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (words.empty() || words[0].starts_with('#')) continue;
      if (std::string problem = read_line(words); !problem.empty()) return problem;
    }
    return {};
  }
  const wire::Network& network() const { return network_; }

 private:
  std::string read_line(const std::vector<std::string_view>& words) {
    if (words.size() == 2 && words[0] == "default" && (words[1] == "refuse" || words[1] == "unprotected")) {
      network_.refuses_unnamed = words[1] == "refuse";
      return {};
    }
    if (words.size() == 2 && words[0] == "handshakes") {
      int seconds = 0;
      const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), seconds);
      if (error != std::errc() || end != words[1].data() + words[1].size()) return "handshakes: expected seconds";
      policy.handshake_limit = int64_t{seconds} * 1000000000;
      return {};
    }
    const bool is_listen = words[0] == "listen";
    if (words.size() < 3 || (!is_listen && words[0] != "connect") || (words[2] != "tls" && words[2] != "off")) {
      return "a line of it is neither `default refuse|unprotected` nor `listen|connect ADDRESS tls|off ...`";
    }
    wire::NetworkIdentity identity;
    std::string_view authority, name;
    for (size_t i = 3; i < words.size();) {
      const bool is_identity = words[i] == "identity";
      if (i + (is_identity ? 2 : 1) >= words.size()) return "the last word of a line lacks its value";
      if (is_identity) {
        identity = {.certificates = file(words[i + 1]), .private_key = file(words[i + 2])};
      } else if (words[i] == "clients" || words[i] == "servers") {
        authority = file(words[i + 1]);
      } else if (words[i] == "name") {
        name = words[i + 1];
      } else {
        return "unknown word " + std::string(words[i]);
      }
      i += is_identity ? 3 : 2;
    }
    if (!problem_.empty()) return problem_;
    if (is_listen) {
      network_.listen.push_back(
          {.address = words[1], .tls = words[2] == "tls", .identity = identity, .client_authority = authority});
    } else {
      network_.connect.push_back({.address = words[1],
                                  .tls = words[2] == "tls",
                                  .identity = identity,
                                  .server_authority = authority,
                                  .server_name = name});
    }
    return {};
  }

  std::string_view file(std::string_view path) {
    auto content = read_file(std::string(path));
    if (!content) {
      problem_ = "cannot read " + std::string(path) + ": " + attested::name_of(content.error());
      return {};
    }
    return files_.emplace_back(std::move(*content));
  }

  wire::Network network_;
  std::deque<std::string> files_;
  std::string problem_;
};

}  // namespace

std::string start_insecure(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return "cannot read " + file + ": " + attested::name_of(text.error());
  Reader reader;
  if (std::string problem = reader.read(*text); !problem.empty()) return file + ": " + problem;
  if (const auto started = sealed::start(true); !started) return "no memory for keys";
  if (!attested::ensure_openssl()) return "no memory for OpenSSL";
  if (const auto started = start(reader.network()); !started) {
    return file + ": " + started.error().expected + "; found " + started.error().found;
  }
  attested::keep_openssl();
  return {};
}

}  // namespace redoubt::shim::net
