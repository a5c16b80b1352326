// SPDX-License-Identifier: Apache-2.0
#include "measure/fragment.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "measure/elf_builder.h"
#include "measure/file_hashes.h"
#include "policy/check.h"
#include "wire/attest_protocol.h"

namespace redoubt::measure {
namespace {

Measurement example() {
  Measurement one;
  one.program = "/usr/bin/prog";
  one.command_line = "redoubt measure prog\n--evil: x";
  one.files["/usr/bin/prog"] = {{crypto::sha256(as_bytes("a")), 1}, "the program"};
  one.files["/with space/\"quoted\"\\: #ü"] = {{crypto::sha256(as_bytes("b")), 2}, "named"};
  one.links["/bin"] = "usr/bin";
  one.host_directories = {"/tmp", "/with space"};
  one.links["/odd"] = "to \"a\": #b";
  one.notes = {"a note\nof two lines"};
  return one;
}

policy::CheckedSession as_session(const std::string& services) {
  return policy::check_session("name: s\nversion: \"0.3\"\n" + services +
                               "    attestation: [{mrenclave: " + std::string(64, '1') + "}]\n");
}

TEST(Fragment, IsReadAsWhatItSays) {
  for (const std::string& text : {as_yaml(example(), "prog"), "services:\n  - name: prog\n" + as_yaml(example(), "")}) {
    const policy::CheckedSession checked = as_session(text);
    ASSERT_TRUE(checked.session) << text << policy::describe(checked.mistakes.at(0));
    EXPECT_TRUE(checked.mistakes.empty());
    const policy::Code& code = *checked.session->services[0].code;
    EXPECT_EQ(code.files.size(), 2u);
    EXPECT_TRUE(code.files.contains("/with space/\"quoted\"\\: #ü"));
    EXPECT_EQ(code.links.at("/bin"), "usr/bin");
    EXPECT_EQ(code.links.at("/odd"), "to \"a\": #b");
  }
}

TEST(Fragment, NamesHostDirectoriesOfAService) {
  const policy::CheckedSession checked = as_session(as_yaml(example(), "prog"));
  ASSERT_TRUE(checked.session);
  EXPECT_EQ(checked.session->services[0].host.directories, example().host_directories);
}

TEST(Fragment, RefusesPathsThatASessionCannotHold) {
  Measurement one = example();
  EXPECT_TRUE(unwritable_paths(one).empty());
  one.files["/new\nline"] = {};
  one.links["/latin"] = "\xe4";
  EXPECT_EQ(unwritable_paths(one), (std::vector<std::string>{"/new?line", "/latin"}));
}

TEST(Fragment, IsAManifest) {
  const Bytes bytes = as_manifest(example());
  wire::CodeManifest manifest;
  ASSERT_TRUE(wire::decode(ByteView(bytes), manifest));
  ASSERT_EQ(manifest.code.size(), 4u);
  EXPECT_EQ(manifest.host_directories, (std::vector<std::string_view>{"/tmp", "/with space"}));
  EXPECT_EQ(manifest.code[0].path, "/bin");
  EXPECT_EQ(manifest.code[0].kind, wire::CodeKind::kLink);
  EXPECT_EQ(manifest.code[0].target, "usr/bin");
  EXPECT_EQ(manifest.code[2].sha256, crypto::sha256(as_bytes("a")));
}

TEST(Fragment, JsonTellsReasons) {
  const std::string json = as_json(example());
  EXPECT_NE(json.find("\"why\": \"the program\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"target\": \"usr/bin\""), std::string::npos);
}

TEST(FileHashes, AreThoseOfTheFiles) {
  const TemporaryDirectory directory;
  std::vector<std::string> paths;
  for (int index = 0; index < 50; ++index) {
    paths.push_back(directory / std::to_string(index));
    write_file(paths.back(), std::string(static_cast<size_t>(index) * 10'000, 'x'));
  }
  size_t calls = 0;
  const auto hashes = hash_files(paths, [&](size_t, uint64_t) { ++calls; });
  ASSERT_TRUE(hashes);
  EXPECT_EQ(calls, 50u);
  for (int index = 0; index < 50; ++index) {
    const std::string content(static_cast<size_t>(index) * 10'000, 'x');
    EXPECT_EQ(hashes->at(paths[static_cast<size_t>(index)]).sha256, crypto::sha256(as_bytes(content)));
  }
  paths.push_back(directory / "nothing");
  EXPECT_FALSE(hash_files(paths, {}));
}

}  // namespace
}  // namespace redoubt::measure
