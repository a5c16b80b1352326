// SPDX-License-Identifier: Apache-2.0
#include "las/socket_path.h"

#include <unistd.h>

#include <cstdlib>

namespace redoubt::las {
namespace {

std::string users_socket() {
  const char* directory = std::getenv("XDG_RUNTIME_DIR");
  return directory && directory[0] == '/' ? std::string(directory) + "/redoubt/las.sock" : "";
}

}  // namespace

std::string default_listening_path() { return geteuid() == 0 ? kNodeSocket : users_socket(); }

std::string default_socket_path() {
  const std::string own = users_socket();
  const bool take_own = access(kNodeSocket, F_OK) != 0 && !own.empty() && access(own.c_str(), F_OK) == 0;
  return take_own ? own : kNodeSocket;
}

}  // namespace redoubt::las
