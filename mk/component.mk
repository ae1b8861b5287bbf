# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# For components that are built out of tree: set QUOLL to where `make install PREFIX=` put things, and include this.
#   $(QUOLL_CC) $(QUOLL_CFLAGS) -Iinclude/NAME -c NAME.c     (component.h comes from `quoll headers`)
#   $(QUOLL_CC) $(QUOLL_LDFLAGS) -o NAME.elf NAME.o $(QUOLL_LIBS)
QUOLL_CC := aarch64-linux-gnu-gcc
QUOLL_TOOL := $(QUOLL)/bin/quoll
QUOLL_PICOLIBC := /usr/lib/picolibc/aarch64-linux-gnu
QUOLL_CFLAGS := -std=gnu17 -O2 -g -mcpu=cortex-a53 -mno-outline-atomics -fno-common -ffunction-sections -fdata-sections \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -fno-pie -ftls-model=local-exec -nostdinc \
	-isystem $(QUOLL_PICOLIBC)/include -isystem $(shell $(QUOLL_CC) -print-file-name=include) -I$(QUOLL)/include
QUOLL_LDFLAGS := -static -no-pie -nostdlib -nostartfiles -Wl,-T,$(QUOLL)/lib/component.ld \
	-Wl,--gc-sections,--build-id=none -Wl,-z,max-page-size=4096,-z,noexecstack
QUOLL_LIBS := -Wl,--start-group -L$(QUOLL)/lib -lrt -lvirtio -lfdt -L$(QUOLL_PICOLIBC)/lib -lc -lgcc -Wl,--end-group
