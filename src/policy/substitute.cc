// SPDX-License-Identifier: Apache-2.0
#include "policy/substitute.h"

#include <algorithm>

#include "policy/command.h"

namespace redoubt::policy {
namespace {

constexpr std::string_view kHostPrefix = "@@";

std::unexpected<SubstitutionError> fail(std::string message) { return std::unexpected(std::move(message)); }

std::string as_message(const TemplateError& error) {
  return "expected " + error.expected + ", found " + error.found + (error.hint.empty() ? "" : "; " + error.hint);
}

Substituted<std::string> fill_variable(const Variable& variable, Place place, const Lookup& lookup) {
  auto value = lookup(variable, place);
  if (!value) return value;
  if (place != Place::kFile && value->find('\0') != std::string::npos) {
    return fail("expected text for " + variable.spelling() + ", found bytes with a NUL; ask for it as :hex or :base64");
  }
  return variable.escape_json ? escape_json(*value) : std::move(*value);
}

Substituted<std::string> fill_argument(std::string_view text, std::span<const std::string> host_arguments,
                                       const Lookup& lookup) {
  const auto parts = parse_template(text);
  if (!parts) return fail(as_message(parts.error()));
  std::string filled;
  for (const TemplatePart& part : *parts) {
    if (part.variable) {
      auto value = fill_variable(*part.variable, Place::kArgument, lookup);
      if (!value) return value;
      filled += *value;
      continue;
    }
    const auto pieces = parse_host_arguments(part.literal);
    if (!pieces) return fail(as_message(pieces.error()));
    for (const ArgumentPart& piece : *pieces) {
      if (piece.host_argument > host_arguments.size()) {
        return fail("expected an argument for @@" + std::to_string(piece.host_argument) + ", found " +
                    std::to_string(host_arguments.size()) + " arguments from the launcher; give it after --");
      }
      filled += piece.host_argument == 0 ? piece.literal : host_arguments[piece.host_argument - 1];
    }
  }
  return filled;
}

}  // namespace

Substituted<std::string> fill_template(std::string_view text, Place place, const Lookup& lookup) {
  const auto parts = parse_template(text);
  if (!parts) return fail(as_message(parts.error()));
  std::string filled;
  for (const TemplatePart& part : *parts) {
    if (!part.variable) {
      filled += part.literal;
      continue;
    }
    auto value = fill_variable(*part.variable, place, lookup);
    if (!value) return value;
    filled += *value;
  }
  return filled;
}

Substituted<std::vector<std::string>> fill_command(std::span<const std::string> command,
                                                   std::span<const std::string> host_arguments, const Lookup& lookup) {
  std::vector<std::string> filled;
  for (const std::string& text : command) {
    auto argument = fill_argument(text, host_arguments, lookup);
    if (!argument) return fail(std::move(argument.error()));
    filled.push_back(std::move(*argument));
  }
  return filled;
}

Substituted<std::map<std::string, std::string>> fill_environment(
    const std::map<std::string, std::string>& environment,
    std::span<const std::pair<std::string, std::string>> host_environment, const Lookup& lookup) {
  std::map<std::string, std::string> filled;
  for (const auto& [key, text] : environment) {
    if (!key.starts_with(kHostPrefix)) {
      auto value = fill_template(text, Place::kEnvironment, lookup);
      if (!value) return fail(std::move(value.error()));
      filled[key] = std::move(*value);
      continue;
    }
    const std::string name = key.substr(kHostPrefix.size());
    const auto same_name = [&](const auto& pair) { return pair.first == name; };
    const auto count = std::ranges::count_if(host_environment, same_name);
    if (count != 1) {
      return fail("expected " + name + " once in the launcher's environment, as " + key + " asks, found it " +
                  std::to_string(count) + " times");
    }
    filled[name] = std::ranges::find_if(host_environment, same_name)->second;
  }
  return filled;
}

}  // namespace redoubt::policy
