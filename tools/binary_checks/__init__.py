# SPDX-License-Identifier: Apache-2.0
"""What tools/check-runtime-binary is made of: the ELF file, the linker's map, and the disassembly. Standard library only."""
