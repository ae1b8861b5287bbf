# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# For components that are built out of tree, with nothing but what `make install PREFIX=` left. A Makefile beside a
# system.yaml says
#
#   QUOLL ?= where that is
#   include $(QUOLL)/component.mk
#
# and has the targets `image`, `run` and `clean`. A program NAME of the description is the C files in the folder NAME,
# or else one of Quoll's own services.
QUOLL_CC := aarch64-linux-gnu-gcc
QUOLL_TOOL := $(QUOLL)/bin/quoll
QUOLL_PICOLIBC := /usr/lib/picolibc/aarch64-linux-gnu
QUOLL_CFLAGS := -std=gnu17 -O2 -g -mcpu=cortex-a53 -mno-outline-atomics -fno-common -ffunction-sections -fdata-sections \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -fno-pie -ftls-model=local-exec -nostdinc \
	-isystem $(QUOLL_PICOLIBC)/include -isystem $(shell $(QUOLL_CC) -print-file-name=include) -I$(QUOLL)/include -I$(QUOLL)
QUOLL_LDFLAGS := -static -no-pie -nostdlib -nostartfiles -Wl,-T,$(QUOLL)/lib/component.ld \
	-Wl,--gc-sections,--build-id=none -Wl,-z,max-page-size=4096,-z,noexecstack
QUOLL_LIBS := -Wl,--start-group -L$(QUOLL)/lib -lblock -lrt -lvirtio -lfdt -L$(QUOLL_PICOLIBC)/lib -lc -lm -lgcc -Wl,--end-group
QUOLL_OUT ?= build
QUOLL_SYSTEM ?= system.yaml
QUOLL_SEARCH := --search $(QUOLL_OUT) --search $(QUOLL)

.DEFAULT_GOAL := image
.PHONY: image run clean
image: $(QUOLL_OUT)/image

$(QUOLL_OUT)/headers.stamp: $(QUOLL_SYSTEM) $(QUOLL_TOOL)
	@$(QUOLL_TOOL) headers $< -o $(QUOLL_OUT)/include $(QUOLL_SEARCH)
	@touch $@

# $(call QUOLL_COMPONENT,component,its sources): small programs, compiled and linked in one go
define QUOLL_COMPONENT
$(QUOLL_OUT)/$(1).elf: $(2) $$(wildcard */*.h *.h) $(QUOLL_OUT)/headers.stamp $(wildcard $(QUOLL)/lib/*)
	@echo '  CC, LD  $$@'
	@$$(QUOLL_CC) $$(QUOLL_CFLAGS) $$(CFLAGS) -I$(QUOLL_OUT)/include/$(1) $$(QUOLL_LDFLAGS) -o $$@ $(2) $$(QUOLL_LIBS)
$(QUOLL_OUT)/image: $(QUOLL_OUT)/$(1).elf
endef
quoll_sources = $(or $(wildcard $(1)/*.c),$(wildcard $(QUOLL)/services/$(1)/*.c),$(error there is no program '$(1)'))
# "component program" lines of the description, as component/program
QUOLL_PROGRAMS := $(shell $(QUOLL_TOOL) programs $(QUOLL_SYSTEM) $(QUOLL_SEARCH) | tr ' ' '/')
$(foreach p,$(QUOLL_PROGRAMS),$(eval $(call QUOLL_COMPONENT,$(patsubst %/,%,$(dir $(p))),$(call quoll_sources,$(notdir $(p))))))

$(QUOLL_OUT)/image: $(QUOLL_SYSTEM)
	@echo '  IMAGE   $@'
	@$(QUOLL_TOOL) build $< -o $@ $(QUOLL_SEARCH) --kernel $(QUOLL)/lib/quoll.bin

run: $(QUOLL_OUT)/image
	qemu-system-aarch64 -machine virt,virtualization=on,gic-version=3 -cpu cortex-a53 -m 1024 -display none -nic none \
		-icount shift=0 -serial mon:stdio -kernel $<

clean:
	rm -rf $(QUOLL_OUT)
