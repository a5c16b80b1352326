# SPDX-License-Identifier: Apache-2.0
"""The parts of tests/attack/root_finds; its table of contents is there."""
