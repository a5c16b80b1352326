// SPDX-License-Identifier: Apache-2.0
//
// What a program finds at its entry: rsp aligned to 16, argc > 0, argv and envp ended by 0, an auxiliary
// vector with AT_PAGESZ 4096 and AT_ENTRY = _start, rdx 0 (no finaliser), direction flag clear, default MXCSR
// and x87 control word. Exit codes above 0 name the step that failed. System V ABI, "Process Initialization".
#define SYS_exit_group 231

        .text
        .globl _start
_start:
        mov     %rsp, %rbx
        mov     $1, %edi
        test    $15, %bl
        jnz     done
        mov     $2, %edi
        test    %rdx, %rdx
        jnz     done
        pushfq
        pop     %rax
        mov     $3, %edi
        test    $0x400, %eax
        jnz     done
        push    $0
        stmxcsr (%rsp)
        mov     $4, %edi
        cmpl    $0x1f80, (%rsp)
        jne     done
        fnstcw  (%rsp)
        mov     $5, %edi
        cmpw    $0x37f, (%rsp)
        jne     done
        mov     (%rbx), %rcx                    // argc
        mov     $6, %edi
        test    %rcx, %rcx
        jz      done
        lea     8(%rbx,%rcx,8), %rsi            // argv[argc]
        mov     $7, %edi
        cmpq    $0, (%rsi)
        jne     done
        mov     8(%rbx), %rax                   // argv[0] is not empty
        mov     $8, %edi
        cmpb    $0, (%rax)
        je      done
skip_environment:
        add     $8, %rsi
        cmpq    $0, (%rsi)
        jne     skip_environment
        xor     %r8d, %r8d                      // what was found
auxiliary:
        mov     8(%rsi), %rax
        add     $16, %rsi
        mov     $9, %edi
        test    %rax, %rax                      // AT_NULL
        jz      last
        cmp     $6, %rax                        // AT_PAGESZ
        jne     1f
        cmpq    $4096, (%rsi)
        jne     done
        or      $1, %r8d
1:      mov     $10, %edi
        cmp     $9, %rax                        // AT_ENTRY
        jne     auxiliary
        lea     _start(%rip), %rdx
        cmp     %rdx, (%rsi)
        jne     done
        or      $2, %r8d
        jmp     auxiliary
last:   mov     $11, %edi
        cmp     $3, %r8d
        jne     done
        xor     %edi, %edi
done:   mov     $SYS_exit_group, %eax
        syscall
        .section .note.GNU-stack, "", @progbits
