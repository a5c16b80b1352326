// SPDX-License-Identifier: Apache-2.0
//
// Where the runtime's own lines go while the program runs: descriptor 2, as long as that is the program's standard error. A program
// that closes it may get the number again for a data file, a pipe to somebody or a socket, and a line there would destroy what it
// holds. So the file is remembered, not kept open (a pipe's reader would never see its end):
//
//   at the start of each image   what 2 is then, but no socket of the internet, which could be one that has to speak TLS
//   dup2 and dup3 onto 2         as daemons turn to their log: anything but sockets, files of volumes and injected ones (memory
//                                files of the shim), and files that are opened for reading too
//
// 2 is written to while it is that file. Any thread; a line that meets a dup2 may be lost.
#pragma once

#include <cstdint>
#include <string_view>

namespace redoubt::shim {
struct Call;

namespace standard_error {

void start();
// A dup2 or dup3 of the program that the kernel has answered.
void after_duplicate(const Call& call, int64_t result);
// A whole line, with its end; or nothing.
void write(std::string_view line);
bool is_there();

}  // namespace standard_error
}  // namespace redoubt::shim
