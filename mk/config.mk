# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Compilers, flags and the short form of what make prints.

# A variable on the command line that nothing here has the name of is a slip, and would change nothing.
GIVEN := $(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $(v))),$(v)))
$(foreach v,$(GIVEN),$(if $(shell grep -rwIl -m1 -e '$(v)' Makefile mk tools bench tests systems),,\
	$(error nothing here knows a variable '$(v)'; `make help` lists those that there are)))

BUILD ?= release
ifeq ($(BUILD),release)
O := build
OPTIMISE := -O2
else ifeq ($(BUILD),debug)
O := build/debug
OPTIMISE := -Og -DQUOLL_DEBUG=1
else
$(error BUILD is 'release' or 'debug', not '$(BUILD)')
endif

# Kernels with something that a product's has not, below a folder of their own. An option is a pair of folders,
# kernel/options/NAME-on and NAME-off, of which one is on the include path: no #if, and off costs nothing.
#   COUNTERS=1   EL0 and guests may use the performance counters, which then count at EL2 too (make bench)
#   TRACE=1      a ring of records of what the kernel did
#   STACKS=1     says how deep its stack became when the board is switched off
OPTIONS := counters trace stacks
COUNTERS ?=
TRACE ?=
STACKS ?=
option_counters := $(if $(COUNTERS),on,off)
option_trace := $(if $(TRACE),on,off)
option_stacks := $(if $(STACKS),on,off)
O := $(O)$(if $(COUNTERS),/counters)$(if $(TRACE),/trace)$(if $(STACKS),/stacks)

CROSS := aarch64-linux-gnu-
TARGET_CC := $(CROSS)gcc
HOST_CC := gcc
PYTHON := /usr/bin/python3
PICOLIBC := /usr/lib/picolibc/aarch64-linux-gnu

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wimplicit-fallthrough -Wvla -Werror
COMMON := -std=gnu17 -g $(WARNINGS) -I.
# Debug information names files as this folder sees them, so that two clones give the same bytes.
COMMON += -ffile-prefix-map=$(CURDIR)=.

TARGET_FLAGS := $(COMMON) $(OPTIMISE) -mcpu=cortex-a53 -mno-outline-atomics -fno-common -ffunction-sections \
	-fdata-sections -fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer
SANITISE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

Q := $(if $(V),,@)
# $(call say,CC,file): what is being done, unless the whole command is shown
say = $(if $(V),,@printf '  %-8s%s\n' $(1) $(2))

# $(call objects,sources,folder): a source's object below a folder, at the source's own path
objects = $(patsubst %,$(2)/%.o,$(1))
# Rules compile into build/, whose dependency files say what else a source needs.
DEPFLAGS = -MMD -MP -MF $@.d
dependencies = $(foreach o,$(1),$(eval -include $(o).d))

# A part of the tree that is not there yet is an error with a name, not a silent success.
require = $(if $(1),$(1),$(error $(2)))
