// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/configuration.h"

#include <fcntl.h>

#include <algorithm>

#include "shim/files/namespace.h"

namespace redoubt::shim::attested {
namespace {

constexpr size_t kLargestTemplate = 1 << 20;
constexpr int kCannotExecute = 126, kNotFound = 127;

bool is_string(std::string_view text) { return text.find('\0') == std::string_view::npos; }

Outcome<void> inject(const wire::InjectedFile& file) {
  const auto injected = file_namespace::inject(file);
  if (injected) return {};
  return failed("files.inject", "a path that the session's code and host directories leave free",
                std::string(file.path) + ": " + name_of(injected.error()), "change its path in the session's images");
}

// Reads the templates, has CAS fill them, injects the result. `from_disk` is not empty.
Outcome<void> fill_templates(CasClient& cas, const std::vector<const wire::InjectedFile*>& from_disk) {
  std::vector<std::string> texts;
  texts.reserve(from_disk.size());
  wire::TemplateRequest request;
  for (const wire::InjectedFile* file : from_disk) {
    auto text = file_namespace::read_file(std::string(file->path), kLargestTemplate);
    if (!text) {
      return failed("files.template", "a template of at most 1 MiB on disk, in the session's code or a host directory",
                    std::string(file->path) + ": " + name_of(text.error()),
                    "put it there, or write its content into the session");
    }
    texts.push_back(std::move(*text));
    request.templates.push_back({.path = file->path, .text = as_bytes(texts.back())});
  }
  const auto reply = TRY(cas.exchange<wire::TemplateReply>("/v1/attest/templates", request));
  if (reply.filled.size() != from_disk.size()) {
    return failed("cas.protocol", "every template filled", "another number of files", "see CAS's log");
  }
  for (size_t index = 0; index < from_disk.size(); ++index) {
    wire::InjectedFile file = *from_disk[index];
    if (reply.filled[index].path != file.path) {
      return failed("cas.protocol", "templates in the order of the request", "another order", "see CAS's log");
    }
    file.content = reply.filled[index].text;
    TRY_VOID(inject(file));
  }
  return {};
}

std::unexpected<Failure> not_run(const std::string& program, const std::string& culprit, Errno error) {
  const bool missing = error == as_errno(ENOENT);
  std::string found = culprit == program ? "" : "its interpreter " + culprit + ": ";
  return failed("program", program + ", executable, in the session's code", found + name_of(error),
                "measure the program with what it needs (`redoubt measure`), and check the service's command and PATH",
                missing ? kNotFound : kCannotExecute);
}

// As execvp does it, in what exists for this run.
std::string search(std::string_view name, std::string_view path) {
  std::string first_found;
  while (true) {
    const size_t colon = path.find(':');
    const std::string_view directory = path.substr(0, colon);
    std::string candidate = std::string(directory.empty() ? "." : directory) + "/" + std::string(name);
    const auto code = file_namespace::open_code(AT_FDCWD, candidate, 0);
    if (code) return candidate;
    if (code.error() == as_errno(EACCES) && first_found.empty()) first_found = candidate;
    if (colon == std::string_view::npos) return first_found.empty() ? std::string(name) : first_found;
    path.remove_prefix(colon + 1);
  }
}

}  // namespace

Outcome<void> inject_files(CasClient& cas, const wire::Configuration& configuration) {
  std::vector<const wire::InjectedFile*> from_disk;
  for (const wire::InjectedFile& file : configuration.injected_files) {
    if (file.from_disk) {
      from_disk.push_back(&file);
    } else {
      TRY_VOID(inject(file));
    }
  }
  return from_disk.empty() ? Outcome<void>{} : fill_templates(cas, from_disk);
}

Outcome<std::vector<std::string>> environment_of(const wire::Configuration& configuration) {
  std::vector<std::string> variables;
  variables.reserve(configuration.environment.size());
  for (const auto& [name, value] : configuration.environment) {
    if (name.empty() || name.find('=') != std::string_view::npos || !is_string(name) || !is_string(value)) {
      return failed("configuration.environment", "names without = and values without NUL", "a variable that cannot be",
                    "correct the service's environment in the session");
    }
    std::string& variable = variables.emplace_back();
    variable.reserve(name.size() + 1 + value.size());
    variable.append(name).append("=").append(value);
  }
  return variables;
}

Outcome<ProgramFiles> find_program(const wire::Configuration& configuration) {
  if (configuration.arguments.empty() || configuration.arguments.front().empty() ||
      !std::ranges::all_of(configuration.arguments, is_string)) {
    return failed("configuration.command", "a program and arguments without NUL", "none, or arguments that cannot be",
                  "correct the service's command in the session");
  }
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const auto& [name, value] : configuration.environment) {
    if (name == "PATH") path = value;
  }
  std::string program(configuration.arguments.front());
  if (program.find('/') == std::string::npos) program = search(program, path);
  ProgramRequest request = {.directory = AT_FDCWD, .path = program, .flags = 0, .arguments = {}};
  request.arguments.assign(configuration.arguments.begin(), configuration.arguments.end());
  std::string culprit = program;
  auto files = open_program(std::move(request), &culprit);
  if (!files) return not_run(program, culprit, files.error());
  return std::move(*files);
}

}  // namespace redoubt::shim::attested
