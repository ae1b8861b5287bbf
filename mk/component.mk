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
# or else one of Quoll's own services. What else the board has, `run` sees from files beside system.yaml, as in Quoll's
# own systems: `disk` (what is on it, for sfdisk), `net`, `entropy`.
QUOLL_CC := aarch64-linux-gnu-gcc
QUOLL_TOOL := $(QUOLL)/bin/quoll
QUOLL_PICOLIBC := /usr/lib/picolibc/aarch64-linux-gnu
QUOLL_CFLAGS := -std=gnu17 -O2 -g -mcpu=cortex-a53 -mno-outline-atomics -fno-common -ffunction-sections -fdata-sections \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -fno-pie -ftls-model=local-exec -nostdinc \
	-isystem $(QUOLL_PICOLIBC)/include -isystem $(shell $(QUOLL_CC) -print-file-name=include) -I$(QUOLL)/include -I$(QUOLL)
QUOLL_LDFLAGS := -static -no-pie -nostdlib -nostartfiles -Wl,-T,$(QUOLL)/lib/component.ld \
	-Wl,--gc-sections,--build-id=none -Wl,-z,max-page-size=4096,-z,noexecstack
QUOLL_LIBS := -Wl,--start-group $(filter-out %/libmbedcrypto.a,$(wildcard $(QUOLL)/lib/lib*.a)) -L$(QUOLL_PICOLIBC)/lib -lc -lm \
	-lgcc -Wl,--end-group
# For whoever includes a header of Mbed TLS.
QUOLL_MBEDTLS := -mgeneral-regs-only -isystem $(QUOLL)/mbedtls '-DMBEDTLS_CONFIG_FILE="mbedtls/quoll_config.h"'
quoll_mbedtls = $(if $(shell grep -lsE '^\#include <(psa|mbedtls)/' $(1) $(addsuffix *.h,$(sort $(dir $(1))))),$(2))
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
	@$$(QUOLL_CC) $$(QUOLL_CFLAGS) $$(CFLAGS) $(call quoll_mbedtls,$(2),$$(QUOLL_MBEDTLS)) -I$(QUOLL_OUT)/include/$(1) $$(QUOLL_LDFLAGS) \
		-o $$@ $(2) $(call quoll_mbedtls,$(2),$(QUOLL)/lib/libmbedcrypto.a) $$(QUOLL_LIBS)
$(QUOLL_OUT)/image: $(QUOLL_OUT)/$(1).elf
endef
quoll_sources = $(or $(wildcard $(1)/*.c),$(wildcard $(QUOLL)/services/$(1)/*.c),$(error there is no program '$(1)'))
# "component program" lines of the description, as component/program
QUOLL_PROGRAMS := $(shell $(QUOLL_TOOL) programs $(QUOLL_SYSTEM) $(QUOLL_SEARCH) | tr ' ' '/')
$(foreach p,$(QUOLL_PROGRAMS),$(eval $(call QUOLL_COMPONENT,$(patsubst %/,%,$(dir $(p))),$(call quoll_sources,$(notdir $(p))))))

$(QUOLL_OUT)/image: $(QUOLL_SYSTEM)
	@echo '  IMAGE   $@'
	@$(QUOLL_TOOL) build $< -o $@ $(QUOLL_SEARCH) --kernel $(QUOLL)/lib/quoll.bin

$(QUOLL_OUT)/disk.img: disk
	@echo '  DISK    $@'
	@$(QUOLL)/run/disk $< $@

# Who looks on waits for what happens once a second: idle time passes as on the wall unless TIME=board says otherwise.
run: export TIME := $(or $(TIME),wall)
run: export QUOLL_TOOL := $(QUOLL_TOOL)
run: export QUOLL_SYSTEM := $(QUOLL_SYSTEM)
run: export QUOLL_SEARCH := $(QUOLL_SEARCH)
run: $(QUOLL_OUT)/image $(if $(wildcard disk),$(QUOLL_OUT)/disk.img)
	@$(QUOLL)/run/banner .
	@$(QUOLL)/run/qemu interactive . $<

clean:
	rm -rf $(QUOLL_OUT)
