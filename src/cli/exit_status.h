// SPDX-License-Identifier: Apache-2.0
//
// The statuses `redoubt` itself exits with, the same in every command and listed in every --help. `redoubt run` becomes
// the program, so every other status of it is the program's own. 125 to 127 mean what they mean for env(1) and nohup(1).
#pragma once

namespace redoubt::cli {

enum class ExitStatus : int {
  kSuccess = 0,
  kRequirementMissing = 1,  // doctor: something the runtime needs is not there
  kNotAcceptable = 1,       // attest verify: genuine evidence that the policy refuses
  kSessionMistakes = 1,     // session: the session has mistakes
  kNotMeasured = 1,         // measure: something that belongs to the program cannot be measured
  kRefusedByCas = 1,        // session, cas: CAS answered, and refused
  kNotIntact = 1,           // audit: the log was changed
  kUsage = 2,               // the command line makes no sense, or a file that it names cannot be read
  kNotGenuine = 2,          // attest verify: evidence that proves nothing
  kCasUnreachable = 3,      // no CAS answers at the address, or what answers is none
  kCasNotTrusted = 4,       // a CAS answers whose key is not the one that was pinned, or none was
  kRedoubtFailed = 125,     // Redoubt failed before the program ran
  kCannotExecute = 126,     // the program was found and cannot be executed
  kNotFound = 127,          // the program was not found
};

}  // namespace redoubt::cli
