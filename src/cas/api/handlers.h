// SPDX-License-Identifier: Apache-2.0
//
// What the routes do: HTTP on one side, the services on the other, and no decision of their own. docs/cas.md has an example of
// each. They may block (the audit log waits for the disk) and are called from several threads.
#pragma once

#include "cas/api/routes.h"

namespace redoubt::cas {

Reply put_session(Services& services, const Request& request, const Client& client);
Reply get_session(Services& services, const Request& request, const Client& client);
Reply list_sessions(Services& services, const Request& request, const Client& client);
Reply check_session(Services& services, const Request& request);
Reply get_value(Services& services, const Request& request);

Reply attest_challenge(Services& services, const Request& request, Attestation& attestation);
Reply attest(Services& services, const Request& request, Attestation& attestation);
Reply attest_configuration(Services& services, const Request& request, Attestation& attestation);
Reply attest_templates(Services& services, const Request& request, Attestation& attestation);

Reply instance_challenge(Services& services, const Request& request, Attestation& attestation);
Reply instance(Services& services, const Request& request, Attestation& attestation);
Reply volume_tag(Services& services, const Request& request, Attestation& attestation);
Reply list_volumes(Services& services, const Request& request, const Client& client);
Reply forget_volume(Services& services, const Request& request, const Client& client);

Reply get_identity(Services& services, const Request& request);
Reply get_audit_key(Services& services, const Request& request);
Reply get_health(Services& services, const Request& request);
Reply get_ready(Services& services, const Request& request);
Reply get_metrics(Services& services, const Request& request);

}  // namespace redoubt::cas
