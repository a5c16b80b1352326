// SPDX-License-Identifier: Apache-2.0
#include "cas/harden.h"

#include <openssl/ssl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace redoubt::cas {

void harden_process() {
#ifndef REDOUBT_SANITIZED  // LeakSanitizer's search traces the process
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
  const struct rlimit no_core {};
  setrlimit(RLIMIT_CORE, &no_core);
  struct rlimit files {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  umask(S_IRWXG | S_IRWXO);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Before anything else of OpenSSL runs: OPENSSL_CONF may name a library to load, and the providers' directory another.
  for (const char* name : {"OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE"}) unsetenv(name);
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
}

}  // namespace redoubt::cas
