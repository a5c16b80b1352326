// SPDX-License-Identifier: Apache-2.0
//
// For tests: makes the secrets of a session file and writes each in every form that a file can have, so that other programs can say
// what they read. Secrets end up in plain files: nothing but test sessions goes in here.
//
//   write_forms SESSION.yml DIRECTORY    files DIRECTORY/NAME.FORM, ':' of the form written as '_', NAME.text without one
//
// Exit status: 0 all written, 1 something was refused (which, on standard error), 2 usage or an invalid session.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "cas/secrets/material.h"
#include "policy/check.h"

using namespace redoubt;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: write_forms SESSION.yml DIRECTORY\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string yaml(std::istreambuf_iterator<char>(file), {});
  const policy::CheckedSession checked = policy::check_session(yaml);
  for (const policy::Mistake& mistake : checked.mistakes) {
    if (mistake.severity == policy::Severity::kError) {
      std::fprintf(stderr, "%s: expected %s, found %s\n", mistake.where.c_str(), mistake.expected.c_str(),
                   mistake.found.c_str());
    }
  }
  if (!checked.session) return 2;
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto materials = cas::make_materials(*checked.session, nullptr, {}, {}, now);
  if (!materials) {
    std::fprintf(stderr, "%s\n", materials.error().message.c_str());
    return 1;
  }
  int status = 0;
  for (const policy::Secret& secret : checked.session->secrets) {
    for (const policy::FormRow& row : policy::row_of(secret.kind).forms) {
      const auto bytes = cas::render(secret, *materials, row.form, now);
      std::string name = secret.name + "." + std::string(row.spelling.empty() ? "text" : row.spelling);
      std::ranges::replace(name, ':', '_');
      if (!bytes) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), bytes.error().message.c_str());
        status = 1;
        continue;
      }
      // Of two rows with one spelling the first is the one for files.
      const std::string path = std::string(argv[2]) + "/" + name;
      if (!std::ifstream(path)) std::ofstream(path, std::ios::binary) << bytes->text();
    }
  }
  return status;
}
