// SPDX-License-Identifier: Apache-2.0
#include "cli/config_id.h"

#include "policy/mistake.h"
#include "policy/syntax.h"

namespace redoubt::cli {

Result<ConfigId> parse_config_id(std::string_view text, const std::string& what) {
  // Neither name can hold an '@'.
  const size_t at = text.find('@');
  const std::string_view names = text.substr(0, at);
  const auto refuse = [&](const std::string& why) {
    return fail(ExitStatus::kUsage, what + ": expected SESSION/SERVICE, such as shop/cache/memcached, found " +
                                        policy::quoted(names) + ": " + why);
  };
  const size_t slash = names.rfind('/');
  if (slash == std::string_view::npos) return refuse("it has no '/'; add the service's name");
  ConfigId id{std::string(names.substr(0, slash)), std::string(names.substr(slash + 1)), ""};
  if (!policy::is_session_name(id.session)) return refuse("what is before the last '/' is no name of a session");
  if (!policy::is_identifier(id.service)) return refuse("what is after the last '/' is no name of a service");
  if (at == std::string_view::npos) return id;
  id.one_time_password = text.substr(at + 1);
  if (id.one_time_password.empty()) return refuse("after '@' there is no one-time password; leave the '@' out");
  return id;
}

}  // namespace redoubt::cli
