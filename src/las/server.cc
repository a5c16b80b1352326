// SPDX-License-Identifier: Apache-2.0
#include "las/server.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "las/exchange.h"
#include "las/log.h"

namespace redoubt::las {
namespace {

constexpr int kTidyMilliseconds = 1000;

std::unexpected<Error> failed(const std::string& what, const std::string& path) {
  return fail(ErrorCode::kFailed, what + " \"" + path + "\": " + std::strerror(errno));
}

// Who talks, by user.
class Conversations {
 public:
  bool begin(uid_t uid) {
    const std::scoped_lock lock(mutex_);
    if (total_ >= kMostConversations || (uid != 0 && by_user_[uid] >= kMostOfOneUser)) return false;
    ++total_;
    ++by_user_[uid];
    return true;
  }
  void end(uid_t uid) {
    const std::scoped_lock lock(mutex_);
    --total_;
    if (--by_user_[uid] == 0) by_user_.erase(uid);
    changed_.notify_all();
  }
  bool none() {
    const std::scoped_lock lock(mutex_);
    return total_ == 0;
  }
  bool wait_for_none(std::chrono::seconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return total_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned total_ = 0;                 // guarded by mutex_
  std::map<uid_t, unsigned> by_user_;  // guarded by mutex_
};

void accept_one(const Descriptor& listening, const attest::EvidenceSource& source, Conversations& conversations,
                KnownHashes& hashes) {
  Descriptor connection(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection || !prepare_connection(connection)) return;
  auto peer = peer_of(connection.get());
  if (!peer) {
    log_line("refused a process: " + describe(peer.error()));
    turn_away(connection, source, peer.error());
    return;
  }
  const uid_t uid = peer->uid;
  const Finding busy{"las.busy",
                     "at most " + std::to_string(kMostConversations) + " processes at once, " +
                         std::to_string(kMostOfOneUser) + " of one user",
                     "more", "try again"};
  if (!conversations.begin(uid)) {
    turn_away(connection, source, busy);
    return;
  }
  try {
    std::thread([connection = std::move(connection), peer = *std::move(peer), &source, &conversations, &hashes] {
      converse(connection, peer, source, hashes);
      conversations.end(peer.uid);
    }).detach();
  } catch (const std::system_error&) {  // no thread to be had; the connection closes
    conversations.end(uid);
    log_line("refused process: no thread for it; raise the limit of tasks");
  }
}

bool only_sigio(int signals) {
  signalfd_siginfo info{};
  return read(signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGIO;
}

Result<bool, Error> somebody_listens(const sockaddr_un& address, const std::string& path) {
  const Descriptor probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return failed("cannot make a socket for", path);
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return true;
  return errno == EAGAIN;
}

}  // namespace

Result<Server, Error> Server::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.front() != '/' || path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorCode::kFailed,
                "expected an absolute path of at most 107 bytes for the socket, found \"" + path + "\"");
  }
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  std::error_code error;
  const auto directory = std::filesystem::path(path).parent_path();
  if (std::filesystem::create_directories(directory, error)) chmod(directory.c_str(), 0755);
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return fail(ErrorCode::kFailed, "\"" + path + "\" exists and is no socket; give another path");
    }
    if (TRY(somebody_listens(address, path))) {
      return fail(ErrorCode::kFailed, "another LAS listens on \"" + path + "\"; one is enough for a node");
    }
    unlink(path.c_str());
  }
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failed("cannot make the socket", path);
  }
  // Everybody may ask: who he is decides what he gets.
  if (chmod(path.c_str(), 0666) != 0 || ::listen(socket.get(), 128) != 0) return failed("cannot listen on", path);
  return Server(std::move(socket), path);
}

Server::~Server() {
  if (socket_) unlink(path_.c_str());
}

void Server::run(const attest::EvidenceSource& source, int signals) const {
  Conversations conversations;
  KnownHashes hashes;
  pollfd waits[] = {{socket_.get(), POLLIN, 0}, {signals, POLLIN, 0}};
  for (;;) {
    // With nothing to let go of, later or soon, it sleeps until something happens.
    const bool idle = hashes.size() == 0 && conversations.none();
    if (poll(waits, 2, idle ? -1 : kTidyMilliseconds) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (waits[1].revents != 0 && !only_sigio(signals)) break;
    hashes.tidy(KnownHashes::Clock::now());
    if ((waits[0].revents & POLLIN) != 0) accept_one(socket_, source, conversations, hashes);
  }
  // Only a process that makes the kernel wait (on a file system of its own) can hold a conversation longer.
  if (conversations.wait_for_none(std::chrono::seconds(3 * kPatience))) return;
  log_line("ends with conversations that do not");
  unlink(path_.c_str());
  std::_Exit(0);
}

}  // namespace redoubt::las
