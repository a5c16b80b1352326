// SPDX-License-Identifier: Apache-2.0
//
// What a session may cost: text that is small and means much, deep, long or many; and how long a big honest one takes.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "policy/check.h"
#include "policy/session_hash.h"
#include "policy/yaml_document.h"

namespace redoubt::policy {
namespace {

constexpr char kHead[] = "name: s\nversion: \"0.3\"\n";

std::string first_of(const CheckedSession& checked) {
  return checked.mistakes.empty() ? "" : describe(checked.mistakes[0]);
}

TEST(Limits, AliasesDoNotMultiply) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level <= 12; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int copy = 1; copy < 10; ++copy) bomb.append(", ").append(below);
    bomb += "]\n";
  }
  const CheckedSession checked = check_session(bomb);
  EXPECT_FALSE(checked.session);
  EXPECT_NE(first_of(checked).find("once its aliases are expanded"), std::string::npos) << first_of(checked);
}

TEST(Limits, LongTextDoesNotMultiply) {
  std::string bomb = "a: &a \"" + std::string(1 << 19, 'x') + "\"\nb: [";
  for (int copy = 0; copy < 1000; ++copy) bomb += "*a, ";
  const CheckedSession checked = check_session(bomb + "x]\n");
  EXPECT_NE(first_of(checked).find("bytes"), std::string::npos) << first_of(checked);
}

TEST(Limits, DepthAndSize) {
  for (const int depth : {100, 9000, 100'000}) {
    const std::string deep = kHead + ("secrets: " + std::string(static_cast<size_t>(depth), '['));
    EXPECT_FALSE(check_session(deep).session);
    EXPECT_EQ(check_session(deep).mistakes.size(), 1u);
  }
  EXPECT_NE(first_of(check_session(std::string(kMaxTextSize + 1, '#'))).find("at most"), std::string::npos);
}

TEST(Limits, MistakesAreCounted) {
  std::string text = kHead;
  text += "secrets:\n";
  for (int index = 0; index < 3000; ++index) text += "  - {name: , kind: foo}\n";
  const CheckedSession checked = check_session(text);
  EXPECT_EQ(checked.mistakes.size(), kMaxMistakes);
  EXPECT_NE(describe(checked.mistakes.back()).find("5001 more"), std::string::npos)
      << describe(checked.mistakes.back());
}

std::string big_session(int services) {
  std::string text = kHead;
  text += "secrets:\n  - {name: token, kind: binary, size: 32}\n  - {name: server, kind: x509}\nimages:\n";
  for (int index = 0; index < services; ++index) {
    text += "  - name: image" + std::to_string(index) + "\n    injection_files:\n";
    text += "      - {path: /etc/a.conf, content: \"key=$$SCONE::token:hex$$\"}\n      - /etc/b.conf\n";
  }
  text += "services:\n";
  for (int index = 0; index < services; ++index) {
    text += "  - name: service" + std::to_string(index) + "\n    image_name: image" + std::to_string(index) +
            "\n    command: [\"/bin/server\", --port, \"80\", \"$$SCONE::token:base64$$\"]\n"
            "    environment: {A: x, B: \"$$SCONE::server:crt$$\", \"@@TERM\": \"\"}\n    pwd: /\n"
            "    attestation: [{mrenclave: 2c4de8cbe6725f7e11f2f5240bc7e0b7fe0651f2997a48c87ca38918574ef076}]\n"
            "    code:\n      /usr/bin/server: 2c4de8cbe6725f7e11f2f5240bc7e0b7fe0651f2997a48c87ca38918574ef076\n"
            "      /bin: \"link:usr/bin\"\n";
  }
  return text;
}

TEST(Limits, AThousandServices) {
  const std::string text = big_session(1000);
  const auto start = std::chrono::steady_clock::now();
  const CheckedSession checked = check_session(text);
  const auto middle = std::chrono::steady_clock::now();
  ASSERT_TRUE(checked.session) << first_of(checked);
  const std::string hash = session_hash(*checked.session);
  const auto end = std::chrono::steady_clock::now();
  const auto milliseconds = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  std::printf("1000 services, %zu bytes: check %.1f ms, hash %.1f ms\n", text.size(), milliseconds(middle - start),
              milliseconds(end - middle));
  EXPECT_EQ(hash.size(), 64u);
}

// What the text and everything made of it may take: the largest resident size of this process so far, in MiB.
double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// A Python distribution with its packages.
TEST(Limits, ThirtyThousandFilesOfCode) {
  std::string text = kHead;
  text +=
      "services:\n  - name: s\n    command: /usr/bin/python3\n    attestation: {mrenclave: " + std::string(64, 'a') +
      "}\n    code:\n";
  for (int index = 0; index < 30'000; ++index) {
    text += "      /usr/lib/python3/dist-packages/package" + std::to_string(index % 500) + "/module" +
            std::to_string(index) + ".py: " + std::string(64, 'b') + "\n";
  }
  ASSERT_GT(text.size(), 3'500'000U);
  ASSERT_LE(text.size(), kMaxTextSize);
  const double before = peak_mebibytes();
  const auto start = std::chrono::steady_clock::now();
  const CheckedSession checked = check_session(text);
  const auto middle = std::chrono::steady_clock::now();
  ASSERT_TRUE(checked.session) << first_of(checked);
  const std::string hash = session_hash(*checked.session);
  const auto end = std::chrono::steady_clock::now();
  const auto milliseconds = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  std::printf("30,000 files, %zu bytes: check %.0f ms, hash %.0f ms, %.0f MiB more than before\n", text.size(),
              milliseconds(middle - start), milliseconds(end - middle), peak_mebibytes() - before);
  EXPECT_EQ(checked.session->services[0].code->files.size(), 30'000U);
}

// Memory before the first value is known is bounded, too.
TEST(Limits, OpenBracketsCostLittle) {
  for (const char* bracket : {"[", "{", "[\"\","}) {
    std::string text;
    while (text.size() + 4 < kMaxTextSize) text += bracket;
    const double before = peak_mebibytes();
    EXPECT_FALSE(check_session(text).session);
    EXPECT_LT(peak_mebibytes() - before, 64) << bracket;
  }
}

// The worst of its size: as many small values as fit.
TEST(Limits, ManySmallValues) {
  for (const char* value : {"[],", "x,", "{},", "*a,"}) {
    std::string text = kHead + std::string("x: [&a y, ");
    while (text.size() + 4 < kMaxTextSize) text += value;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(check_session(text + "]\n").session);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::printf("%zu bytes of %s: %.0f ms, peak %.0f MiB\n", text.size(), value, took.count(), peak_mebibytes());
  }
}

}  // namespace
}  // namespace redoubt::policy
