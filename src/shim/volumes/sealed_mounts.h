// SPDX-License-Identifier: Apache-2.0
//
// Volumes with files: authenticated-only, at the start of a run: their seal is read from the host, checked with the key, compared with
// the tag that CAS has, and what it names goes into the namespace (files/sealed_files.h). Nothing of the volume is kept besides.
#pragma once

#include "shim/attested/failure.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::volumes {

// Before the program runs. The seal's tag goes to CAS when that has none yet, or an older one.
attested::Outcome<void> mount_sealed(const wire::MountedVolume& settings);

}  // namespace redoubt::shim::volumes
