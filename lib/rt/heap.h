/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * malloc's memory: a fixed arena in the component's own image, 64 KiB unless the component says otherwise, once:
 *
 *   RUNTIME_HEAP(1024 * 1024);
 *
 * picolibc's sbrk moves between the two symbols that this defines; the size is an expression of numbers.
 */
#pragma once

#define RUNTIME_HEAP(size)                                                 \
    __asm__(".pushsection .bss.runtime_heap, \"aw\", %nobits\n"            \
            ".global __heap_start, __heap_end\n"                           \
            ".balign 16\n"                                                 \
            "__heap_start: .zero " RUNTIME_HEAP_TEXT(size) "\n"            \
                                                           "__heap_end:\n" \
                                                           ".popsection\n")
#define RUNTIME_HEAP_TEXT(size)    RUNTIME_HEAP_TEXT_OF(size)
#define RUNTIME_HEAP_TEXT_OF(size) #size
