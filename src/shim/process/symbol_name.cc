// SPDX-License-Identifier: Apache-2.0
//
// Productions carry the names of the ABI's grammar: https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling
#include "shim/process/symbol_name.h"

#include <cstdint>

namespace redoubt::shim {
namespace {

constexpr std::string_view kAnonymous = "_GLOBAL__N_1";

struct TwoLetters {
  std::string_view code;
  std::string_view text;
};
constexpr TwoLetters kOperators[] = {
    {"cl", "operator()"},      {"ix", "operator[]"},        {"pt", "operator->"},   {"de", "operator*"},
    {"aS", "operator="},       {"eq", "operator=="},        {"ne", "operator!="},   {"lt", "operator<"},
    {"gt", "operator>"},       {"le", "operator<="},        {"ge", "operator>="},   {"ss", "operator<=>"},
    {"pl", "operator+"},       {"mi", "operator-"},         {"pL", "operator+="},   {"mI", "operator-="},
    {"pp", "operator++"},      {"mm", "operator--"},        {"ls", "operator<<"},   {"rs", "operator>>"},
    {"an", "operator&"},       {"or", "operator|"},         {"co", "operator~"},    {"nt", "operator!"},
    {"aN", "operator&="},      {"oR", "operator|="},        {"nw", "operator new"}, {"na", "operator new[]"},
    {"dl", "operator delete"}, {"da", "operator delete[]"},
};
constexpr TwoLetters kStandard[] = {{"St", "std"},          {"Sa", "std::allocator"}, {"Sb", "std::basic_string"},
                                    {"Ss", "std::string"},  {"Si", "std::istream"},   {"So", "std::ostream"},
                                    {"Sd", "std::iostream"}};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Reader {
 public:
  Reader(TextBuilder& out, std::string_view rest) : out_(out), rest_(rest) {}

  // <encoding> ::= <name> <types>; the types are left over.
  bool encoding(int depth = 0) {
    if (depth > kDeepest) return false;
    if (take('Z')) return local_name(depth);
    if (take('N')) return nested_name();
    return unscoped_name();
  }

 private:
  static constexpr int kDeepest = 8;

  char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (next() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // <source-name> ::= <length> <identifier>
  std::string_view source_name() {
    size_t size = 0;
    while (is_digit(next())) {
      size = size * 10 + static_cast<size_t>(next() - '0');
      if (size > rest_.size()) return {};
      rest_.remove_prefix(1);
    }
    if (size > rest_.size()) return {};
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  // <nested-name> ::= N [<CV-qualifiers>] [<ref-qualifier>] <component>+ E
  bool nested_name() {
    while (next() == 'r' || next() == 'V' || next() == 'K' || next() == 'R' || next() == 'O') rest_.remove_prefix(1);
    for (bool first = true; first || !take('E'); first = false) {
      if (next() == 'I') {
        if (!template_arguments()) return false;
        continue;
      }
      if (!first) out_.append("::");
      if (!component()) return false;
    }
    return true;
  }

  // Outside of namespaces, or in std.
  bool unscoped_name() {
    if (take("St")) out_.append("std::");
    return component() && (next() != 'I' || template_arguments());
  }

  // <local-name> ::= Z <function's encoding> E <entity>: what is declared in a function, a lambda mostly.
  bool local_name(int depth) {
    if (!encoding(depth + 1) || !skip_to_end()) return false;
    out_.append("::");
    return encoding(depth + 1);
  }

  bool component() {
    take('L');  // of internal linkage
    if (is_digit(next())) {
      last_ = source_name();
      if (last_.empty()) return false;
      out_.append(last_ == kAnonymous ? "(anonymous namespace)" : last_);
    } else if (next() == 'S') {
      return substitution();
    } else if (next() == 'C' || next() == 'D') {
      return constructor_or_destructor();
    } else if (take("Ul")) {  // a lambda: its parameters, E, which one
      out_.append("{lambda}");
      if (!skip_to_end() || !discriminator()) return false;
    } else if (take("Ut")) {
      last_ = "{unnamed}";
      out_.append(last_);
      if (!discriminator()) return false;
    } else if (!operator_name()) {
      return false;
    }
    while (take('B')) {  // an ABI tag
      if (source_name().empty()) return false;
    }
    return true;
  }

  bool substitution() {
    for (const TwoLetters& known : kStandard) {
      if (!take(known.code)) continue;
      out_.append(known.text);
      last_ = known.text.substr(known.text.rfind(':') + 1);
      return true;
    }
    return false;
  }

  bool constructor_or_destructor() {
    const bool destroys = take('D');
    if (!destroys && !take('C')) return false;
    if (!is_digit(next()) || last_.empty()) return false;
    rest_.remove_prefix(1);
    out_.append(destroys ? "~" : "").append(last_);
    return true;
  }

  bool operator_name() {
    for (const TwoLetters& known : kOperators) {
      if (!take(known.code)) continue;
      out_.append(known.text);
      return true;
    }
    return false;
  }

  bool discriminator() {
    while (is_digit(next())) rest_.remove_prefix(1);
    return take('_');
  }

  bool template_arguments() {
    out_.append("<...>");
    return take('I') && skip_to_end();
  }

  // Passes over types up to the E that ends what they stand in, and over that. Only what begins something that ends in an E of its own
  // has to be known, and names, whose letters mean nothing.
  bool skip_to_end(int depth = 0) {
    if (depth > kDeepest) return false;
    uint64_t names = 0;  // a bit for each that is open, the innermost is the lowest: whether it is a nested name
    for (int open = 1; open > 0;) {
      if (rest_.empty() || open > 60) return false;
      const char c = next();
      if (is_digit(c)) {
        if (source_name().empty()) return false;
      } else if (c == 'L' && (names & 1) == 0) {
        if (!skip_literal()) return false;
      } else if (take("Ul")) {
        if (!skip_to_end(depth + 1) || !discriminator()) return false;
      } else if (take("Ut") || take('A')) {  // of an array the size, which is no length of a name
        if (!discriminator()) return false;
      } else if (take("_Z") || take('X') || take("DT") || take("Dt")) {  // functions as arguments, expressions
        return false;
      } else if (!skip_reference()) {
        rest_.remove_prefix(1);
        if (c == 'E') {
          --open;
          names >>= 1;
        } else if (c == 'N' || c == 'I' || c == 'F' || c == 'J' || c == 'Z') {
          ++open;
          names = names << 1 | (c == 'N' ? 1 : 0);
        }
      }
    }
    return true;
  }

  // S_ S0_ S1A_ T_ T0_: what was there before.
  bool skip_reference() {
    if (next() != 'S' && next() != 'T') return false;
    size_t size = 1;
    while (size < rest_.size() && (is_digit(rest_[size]) || (rest_[size] >= 'A' && rest_[size] <= 'Z'))) ++size;
    if (size < rest_.size() && rest_[size] == '_') {
      rest_.remove_prefix(size + 1);
      return true;
    }
    if (next() != 'S' || rest_.size() < 2) return false;
    rest_.remove_prefix(2);  // St, Ss, ...
    return true;
  }

  // L <type> <value> E
  bool skip_literal() {
    if (!take('L') || next() == '_') return false;
    if (take('N')) {
      if (!skip_to_end()) return false;
    } else if (is_digit(next())) {
      if (source_name().empty()) return false;
    } else if (!skip_reference()) {
      if (next() < 'a' || next() > 'z') return false;
      rest_.remove_prefix(1);
    }
    while (is_digit(next()) || next() == 'n') rest_.remove_prefix(1);
    return take('E');
  }

  TextBuilder& out_;
  std::string_view rest_;
  std::string_view last_;  // the class that a constructor or destructor is of
};

}  // namespace

void append_symbol_name(TextBuilder& out, std::string_view symbol) {
  const size_t end = symbol.find('.');
  const std::string_view mangled = symbol.substr(0, end);
  Text<256> name;
  if (mangled.starts_with("_Z") && Reader(name, mangled.substr(2)).encoding() && !name.truncated()) {
    out.append(name.view()).append(symbol.substr(mangled.size()));
  } else {
    out.append(symbol);
  }
}

}  // namespace redoubt::shim
