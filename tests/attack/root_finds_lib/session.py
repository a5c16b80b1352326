# SPDX-License-Identifier: Apache-2.0
"""The sessions of the protected run. Secrets are given by value here, so that the searcher knows what to look for; CAS would make
better ones itself.
"""
import json

SERVER = """name: root-finds/redis
version: "0.3"
services:
  - name: server
    image_name: image
    command: {command}
    environment: {environment}
    attestation: [{{ mrenclave: {mrenclave} }}]
    code:
{code}{network}{host}images:
  - name: image
{mounts}    injection_files:
      - path: /etc/redis/redis.conf
        content: {configuration}
{volumes}secrets:
  - {{ name: password, kind: ascii, value: {password} }}
  - {{ name: ca_key, kind: private-key }}
  - {{ name: ca, kind: x509-ca, private_key: ca_key, common_name: root-finds CA, export_public: true }}
  - {{ name: server_key, kind: private-key, value: {private_key} }}
  - {{ name: server, kind: x509, private_key: server_key, issuer: ca, endpoint: server, san: ["dns:localhost", "ip:127.0.0.1"] }}
security: {{ attestation: {{ tolerate: [simulation] }} }}
"""

NETWORK = """    network:
      default: refuse
      listen: [{{ address: "127.0.0.1:{port}", tls: required, identity: server, client_auth: none }}]
"""

STREAMS = """name: root-finds/streams
version: "0.3"
services:
  - name: writer
    command: {command}
    environment: {environment}
    attestation: [{{ mrenclave: {mrenclave} }}]
    code:
{code}security: {{ attestation: {{ tolerate: [simulation] }} }}
"""

MAPPER = """name: root-finds/mapper
version: "0.3"
services:
  - name: mapper
    image_name: image
    command: {command}
    attestation: [{{ mrenclave: {mrenclave} }}]
    code:
{code}{host}images:
  - name: image
{mounts}    injection_files:
      - path: {configured}
        content: {content}
{volumes}security: {{ attestation: {{ tolerate: [simulation] }} }}
"""


def host_directory(path, has_volume):
    return "" if has_volume else f"    host: {{ directories: [{json.dumps(str(path))}] }}\n"


def mount(path, has_volume):
    return f"    volumes: [{{ name: data, path: {json.dumps(str(path))} }}]\n" if has_volume else ""


def server(program, mrenclave, code, has_volume, has_tls):
    configuration = program.configuration().replace(program.text("password"), "$$SCONE::password$$")
    return SERVER.format(
        command=json.dumps(program.command("/etc/redis/redis.conf")), environment=json.dumps(program.environment()), mrenclave=mrenclave,
        code=code, network=NETWORK.format(port=program.port) if has_tls else "",
        host=host_directory(program.data, has_volume), mounts=mount(program.data, has_volume),
        volumes=f"volumes: [{{ name: data, fspf_key: {program.values['vol key'].hex()} }}]\n" if has_volume else "",
        configuration=json.dumps(configuration), password=program.text("password"), private_key=json.dumps(program.private_key()))


def streams(command, environment, mrenclave, code):
    return STREAMS.format(command=json.dumps(command), environment=json.dumps(environment), mrenclave=mrenclave, code=code)


def mapper(program, command, configured, mrenclave, code, has_volume):
    return MAPPER.format(
        command=json.dumps(command), mrenclave=mrenclave, code=code, host=host_directory(program.mapped, has_volume),
        mounts=mount(program.mapped, has_volume), volumes="volumes: [{ name: data }]\n" if has_volume else "",
        configured=configured, content=json.dumps(program.text("mapped")))
