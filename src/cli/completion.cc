// SPDX-License-Identifier: Apache-2.0
//
// `redoubt completion`: what a shell needs to complete the command line. Nothing is listed by hand: the scripts are written from
// the same tables and options that parse it. A script finds the innermost command before the cursor ("session create"), then
// offers that command's subcommands and options, files where an option takes one, and programs for `run`.
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace redoubt::cli {
namespace {

enum class Value { kNone, kFile, kOther };

struct OptionWords {
  std::vector<std::string> names;  // with their dashes
  std::string summary;
  Value value;
};

struct Node {
  std::string path;                                              // "session create"; empty: redoubt itself
  std::vector<std::pair<std::string, std::string>> subcommands;  // name, summary
  std::vector<OptionWords> options;
};

Value value_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return Value::kNone;
  const std::string type = option.get_type_name();
  return type == "FILE" || type == "PATH" || type == "DIR" || type == "SOCKET" ? Value::kFile : Value::kOther;
}

void walk(CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    OptionWords words{{}, option->get_description(), value_of(*option)};
    for (const std::string& name : option->get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) words.names.push_back("--" + name);
    if (!words.names.empty()) node.options.push_back(std::move(words));
  }
  for (const CLI::App* child : app.get_subcommands({})) {
    node.subcommands.emplace_back(child->get_name(), child->get_description());
  }
  nodes.push_back(std::move(node));
  for (CLI::App* child : app.get_subcommands({}))
    walk(*child, (path.empty() ? "" : path + " ") + child->get_name(), nodes);
}

std::vector<Node> all_nodes() {
  CLI::App top;
  add_version(top);
  for (const Command& command : all_commands()) {
    CLI::App* app = top.add_subcommand(command.name, command.summary);
    add_version(*app);
    command.define(*app);  // the action is not wanted
  }
  std::vector<Node> nodes;
  walk(top, "", nodes);
  return nodes;
}

// For single quotes of a POSIX shell, zsh and fish.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char character : text) {
    if (character == '\'') {
      out += "'\\''";
    } else {
      out += character;
    }
  }
  return out + "'";
}

// "run" "session create" ...: patterns of a case.
std::string paths_of(const std::vector<Node>& nodes) {
  std::string patterns;
  for (const Node& node : nodes) {
    if (!node.path.empty()) patterns += (patterns.empty() ? "" : " | ") + single_quoted(node.path);
  }
  return patterns;
}

// "PATH OPTION" for every option whose value is of this sort.
std::string options_with(const std::vector<Node>& nodes, Value value) {
  std::string patterns;
  for (const Node& node : nodes) {
    for (const OptionWords& option : node.options) {
      if (option.value != value) continue;
      for (const std::string& name : option.names) {
        patterns += (patterns.empty() ? "" : " | ") + single_quoted(node.path + " " + name);
      }
    }
  }
  return patterns;
}

std::string bash_script(const std::vector<Node>& nodes) {
  std::string script =
      "# Completion of redoubt for bash.\n"
      "_redoubt() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path='' next index words=''\n"
      "  COMPREPLY=()\n"
      "  for ((index = 1; index < COMP_CWORD; ++index)); do\n"
      "    next=\"${path:+$path }${COMP_WORDS[index]}\"\n"
      "    case $next in\n"
      "      " +
      paths_of(nodes) +
      ") path=$next ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path $previous\" in\n"
      "    " +
      options_with(nodes, Value::kFile) +
      ")\n"
      "      mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "      return ;;\n"
      "    " +
      options_with(nodes, Value::kOther) +
      ")\n"
      "      compopt +o default 2>/dev/null\n"
      "      return ;;\n"
      "  esac\n"
      "  case $path in\n";
  for (const Node& node : nodes) {
    std::string words, options;
    for (const auto& [name, summary] : node.subcommands) words += (words.empty() ? "" : " ") + name;
    for (const OptionWords& option : node.options) {
      for (const std::string& name : option.names) options += (options.empty() ? "" : " ") + name;
    }
    script += "    " + single_quoted(node.path) + ") words=" + single_quoted(words) +
              "; [[ $word == -* ]] && words=" + single_quoted(options) + " ;;\n";
  }
  return script +
         "  esac\n"
         "  if [[ $path == run && $word != -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -c -- \"$word\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -o default -F _redoubt redoubt\n";
}

std::string zsh_script(const std::vector<Node>& nodes) {
  std::string script =
      "#compdef redoubt\n"
      "# Completion of redoubt for zsh.\n"
      "_redoubt() {\n"
      "  local place='' next='' index\n"
      "  local -a commands options\n"
      "  for ((index = 2; index < CURRENT; ++index)); do\n"
      "    next=\"${place:+$place }${words[index]}\"\n"
      "    case $next in\n"
      "      (" +
      paths_of(nodes) +
      ") place=$next ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$place ${words[CURRENT-1]}\" in\n"
      "    (" +
      options_with(nodes, Value::kFile) +
      ") _files; return ;;\n"
      "    (" +
      options_with(nodes, Value::kOther) +
      ") return 1 ;;\n"
      "  esac\n"
      "  case $place in\n";
  // _describe takes "name:summary"; a colon in the name would need a backslash, and no name has one.
  for (const Node& node : nodes) {
    script += "    (" + single_quoted(node.path) + ")\n      commands=(";
    for (const auto& [name, summary] : node.subcommands) script += single_quoted(name + ":" + summary) + " ";
    script += ")\n      options=(";
    for (const OptionWords& option : node.options) {
      for (const std::string& name : option.names) script += single_quoted(name + ":" + option.summary) + " ";
    }
    script += ") ;;\n";
  }
  return script +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    _describe -o option options\n"
         "  elif (( ${#commands} )); then\n"
         "    _describe command commands\n"
         "  elif [[ $place == run ]]; then\n"
         "    _command_names -e\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [[ $funcstack[1] == _redoubt ]]; then _redoubt \"$@\"; else compdef _redoubt redoubt; fi\n";
}

std::string fish_script(const std::vector<Node>& nodes) {
  std::string script =
      "# Completion of redoubt for fish.\n"
      "function __redoubt_at\n"
      "    set -l place ''\n"
      "    set -l before (commandline -opc)\n"
      "    for word in $before[2..-1]\n"
      "        set -l next (string trim -- \"$place $word\")\n"
      "        switch $next\n"
      "            case";
  for (const Node& node : nodes) {
    if (!node.path.empty()) script += " " + single_quoted(node.path);
  }
  script +=
      "\n"
      "                set place $next\n"
      "        end\n"
      "    end\n"
      "    test \"$place\" = \"$argv[1]\"\n"
      "end\n";
  for (const Node& node : nodes) {
    const std::string here = "complete -c redoubt -n \"__redoubt_at '" + node.path + "'\"";
    for (const auto& [name, summary] : node.subcommands) {
      script += here + " -f -a " + single_quoted(name) + " -d " + single_quoted(summary) + "\n";
    }
    for (const OptionWords& option : node.options) {
      script += here;
      for (const std::string& name : option.names) {
        script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.value == Value::kFile) script += " -r -F";
      if (option.value == Value::kOther) script += " -x";
      script += " -d " + single_quoted(option.summary) + "\n";
    }
  }
  return script;
}

struct Shell {
  const char* name;
  std::string (*script)(const std::vector<Node>& nodes);
};
constexpr Shell kShells[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

Result<ExitStatus> completion(const std::string& wanted) {
  for (const Shell& shell : kShells) {
    if (wanted != shell.name) continue;
    std::cout << shell.script(all_nodes());
    if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
    return ExitStatus::kSuccess;
  }
  return fail(ExitStatus::kUsage, "expected a shell (bash, zsh or fish), found \"" + wanted + "\"");
}

constexpr const char* kFooter =
    "Prints the script that makes a shell complete `redoubt`. Where it goes:\n"
    "  bash  ~/.local/share/bash-completion/completions/redoubt, /usr/share/bash-completion/completions/redoubt\n"
    "  zsh   _redoubt in a directory of $fpath, such as /usr/local/share/zsh/site-functions/_redoubt\n"
    "  fish  ~/.config/fish/completions/redoubt.fish, /usr/share/fish/vendor_completions.d/redoubt.fish\n"
    "\n"
    "Examples:\n"
    "  source <(redoubt completion bash)\n"
    "  redoubt completion fish > ~/.config/fish/completions/redoubt.fish\n"
    "\n"
    "Exit status: 0 printed; 2 the command line is wrong; 125 Redoubt itself failed";

}  // namespace

Action define_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.footer(kFooter);
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required();
  return [shell] { return completion(*shell); };
}

}  // namespace redoubt::cli
