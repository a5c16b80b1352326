// SPDX-License-Identifier: Apache-2.0
#include "cli/become.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace redoubt::cli {

Result<ExitStatus> become(const std::string& program, std::vector<std::string> arguments, const std::string& what) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  if (errno == E2BIG) {
    return fail(ExitStatus::kCannotExecute,
                "the arguments and the environment together are longer than the system allows (" +
                    std::to_string(sysconf(_SC_ARG_MAX)) + " bytes, see `getconf ARG_MAX`); pass fewer");
  }
  return fail(ExitStatus::kRedoubtFailed, "cannot start " + what + " " + program + ": " + std::strerror(errno));
}

}  // namespace redoubt::cli
