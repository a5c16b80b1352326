// SPDX-License-Identifier: Apache-2.0
//
// Names of functions for crash reports: golden ones, and all of this program against the C++ library's demangler.
#include "shim/process/symbol_name.h"

#include <cxxabi.h>
#include <elf.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

namespace redoubt::shim {
namespace {

std::string name_of(std::string_view symbol) {
  Text<1024> out;
  append_symbol_name(out, symbol);
  return std::string(out.view());
}

TEST(SymbolName, IsQualifiedAndWithoutParameters) {
  EXPECT_EQ(name_of("_ZN7redoubt4shim9pass_withERNS0_4CallEmmmmmm"), "redoubt::shim::pass_with");
  EXPECT_EQ(name_of("_ZN7redoubt4shim12_GLOBAL__N_16decideERNS0_4CallE"),
            "redoubt::shim::(anonymous namespace)::decide");
  EXPECT_EQ(name_of("_ZNK7redoubt4shim7Symbols8describeEv.cold"), "redoubt::shim::Symbols::describe.cold");
  EXPECT_EQ(name_of("_ZN7redoubt6volume6EngineC2ERNS0_7StorageE"), "redoubt::volume::Engine::Engine");
  EXPECT_EQ(name_of("_ZN7redoubt6volume6EngineD0Ev"), "redoubt::volume::Engine::~Engine");
  EXPECT_EQ(name_of("_ZNSt6vectorImSaImEE17_M_realloc_insertIJmEEEvN9__gnu_cxx17__normal_iteratorIPmS1_EEDpOT_"),
            "std::vector<...>::_M_realloc_insert<...>");
  EXPECT_EQ(name_of("_ZZN7redoubt6volume6Engine6renameEmSt17basic_string_viewIcSt11char_traitsIcEEmS5_jENKUlmmE_clEmm"),
            "redoubt::volume::Engine::rename::{lambda}::operator()");
  EXPECT_EQ(name_of("_ZZN7redoubt4shim3net8farewell5beginERKSt10shared_ptrINS1_11DescriptionEEiENUlPvE_4_FUNES8_"),
            "redoubt::shim::net::farewell::begin::{lambda}::_FUN");
  EXPECT_EQ(name_of("_ZSt20__throw_out_of_rangePKc"), "std::__throw_out_of_range");
  EXPECT_EQ(name_of("_Znwm"), "operator new");
  EXPECT_EQ(name_of("_ZL8internalv"), "internal");
  EXPECT_EQ(name_of("_ZZNK7redoubt6volume7KeyRing7tag_macEmRKSt5arrayIhLm16EEENUt_C1Ev"),
            "redoubt::volume::KeyRing::tag_mac::{unnamed}::{unnamed}");
}

TEST(SymbolName, IsTheSymbolWhereItIsNoneOfOurs) {
  const char* const symbols[] = {"redoubt_trap",
                                 "main",
                                 "",
                                 "_",
                                 "_Z",
                                 "_ZN",
                                 "_ZNE",
                                 "_ZN7redoubt",
                                 "_ZN99999999999999999999xE",
                                 "_ZN7redoubt4shimIXadL_Z3foovEEE3barEv",
                                 "_ZThn8_N7redoubt4shim3barEv",
                                 "_ZNS_3fooEv",
                                 "_ZL",
                                 "_ZZZZZ",
                                 "_ZN3fooILi",
                                 "_ZN3fooIUl",
                                 "OPENSSL_cleanse.part.0"};
  for (const char* const symbol : symbols) EXPECT_EQ(name_of(symbol), symbol);
  const std::string deep = "_ZN3foo" + std::string(200, 'I') + std::string(200, 'E') + "E";
  EXPECT_EQ(name_of(deep), deep);
  const std::string lambdas = "_ZN3fooI" + [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "Ul";
    return text;
  }();
  EXPECT_EQ(name_of(lambdas), lambdas);
  const std::string one_letter = "_ZN300" + std::string(300, 'a') + "E";  // longer than a report shows: as it is
  EXPECT_EQ(name_of(one_letter), one_letter);
}

// ---- Against the C++ library's. ----

// Takes out what stands between brackets of a kind.
std::string without(const std::string& text, char open, char close, const std::string& instead) {
  std::string result;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_arrow = text[i] == '>' && i > 0 && text[i - 1] == '-';
    if (text[i] == open && depth++ == 0) result += instead;
    if (depth == 0) result += text[i];
    if (text[i] == close && !is_arrow && depth > 0) --depth;
  }
  return result;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// Whose brackets are none; the longer ones first.
constexpr std::pair<const char*, const char*> kOperators[] = {
    {"operator<=>", "@ss"}, {"operator<<", "@ls"}, {"operator<=", "@le"}, {"operator>>", "@rs"},
    {"operator>=", "@ge"},  {"operator->", "@pt"}, {"operator<", "@lt"},  {"operator>", "@gt"}};

// The library's name in the short form.
std::string shortened(std::string name) {
  replace_all(name, "(anonymous namespace)", "@anonymous");
  replace_all(name, "operator()", "@call");
  for (const auto& [text, mark] : kOperators) replace_all(name, text, mark);
  replace_all(name, " <", "<");  // after an operator
  for (size_t at; (at = name.find("[abi:")) != std::string::npos;) name.erase(at, name.find(']', at) + 1 - at);
  // {lambda(int)#1}: the same for all.
  for (size_t at; (at = name.find("{lambda(")) != std::string::npos;) {
    int depth = 0;
    size_t end = at;
    do {
      depth += name[end] == '{' ? 1 : name[end] == '}' ? -1 : 0;
      ++end;
    } while (depth > 0 && end < name.size());
    name.replace(at, end - at, "@lambda");
  }
  name = without(name, '<', '>', "<...>");
  name = without(name, '(', ')', "");
  replace_all(name, " const", "");
  replace_all(name, " &&", "");
  replace_all(name, " &", "");
  const size_t operators = name.find("operator ");
  const size_t space = name.rfind(' ', operators == std::string::npos ? std::string::npos : operators);
  if (space != std::string::npos) name.erase(0, space + 1);  // the return type of a template
  replace_all(name, "@anonymous", "(anonymous namespace)");
  replace_all(name, "@call", "operator()");
  for (const auto& [text, mark] : kOperators) replace_all(name, mark, text);
  replace_all(name, "@lambda", "{lambda}");
  return name;
}

// Return types that are not one word, and constructors of what has no name.
bool is_hard_to_shorten(const std::string& name) {
  for (const char* const part : {"decltype", "(*", "(&", ") [", "{unnamed type"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

std::set<std::string> functions_of_this_program() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::set<std::string> names;
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const auto section = [&](size_t index) {
    Elf64_Shdr found;
    std::memcpy(&found, bytes.data() + header.e_shoff + index * sizeof(found), sizeof(found));
    return found;
  };
  for (size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_SYMTAB) continue;
    const char* const strings = bytes.data() + section(table.sh_link).sh_offset;
    for (uint64_t at = 0; at < table.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, bytes.data() + table.sh_offset + at, sizeof(symbol));
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) names.insert(strings + symbol.st_name);
    }
  }
  return names;
}

TEST(SymbolName, AgreesWithTheLibrary) {
  size_t all = 0, read = 0, ours = 0, ours_read = 0, wrong = 0;
  for (const std::string& symbol : functions_of_this_program()) {
    const std::string mangled = symbol.substr(0, symbol.find('.'));
    if (!mangled.starts_with("_Z")) continue;
    int status = 0;
    char* const library = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
    if (library == nullptr) continue;
    const std::string whole = library;
    std::free(library);
    if (is_hard_to_shorten(whole)) continue;
    const std::string expected = shortened(whole);
    const std::string found = name_of(mangled);
    const bool is_ours = mangled.starts_with("_ZN7redoubt") || mangled.starts_with("_ZNK7redoubt");
    ++all;
    ours += is_ours;
    if (found == mangled) continue;
    ++read;
    ours_read += is_ours;
    if (found != expected && ++wrong < 20)
      ADD_FAILURE() << mangled << "\n  found    " << found << "\n  expected " << expected;
  }
  std::printf("%zu of %zu functions, %zu of %zu of redoubt's\n", read, all, ours_read, ours);
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(ours, 100U);
  EXPECT_GE(ours_read * 100, ours * 99);
  EXPECT_GE(read * 100, all * 90);
}

}  // namespace
}  // namespace redoubt::shim
