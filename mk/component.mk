# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# For components that are built out of tree, with nothing but what `make install PREFIX=` left. A Makefile beside a
# system.yaml says
#
#   QUOLL ?= where that is
#   include $(QUOLL)/component.mk
#
# and has the targets `image`, `report`, `run` and `clean`. A program NAME of the description is the C files in the folder
# NAME, or else one of Quoll's own services, or `vmm`; with a / or . in its name it is a file that somebody else makes.
# Guests' files lie beside system.yaml or below it. What else the board has, `run` sees from files there, as in Quoll's
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
.PHONY: image report run clean
image: $(QUOLL_OUT)/image

$(QUOLL_OUT)/headers.stamp: $(QUOLL_SYSTEM) $(QUOLL_TOOL)
	@$(QUOLL_TOOL) headers $< -o $(QUOLL_OUT)/include $(QUOLL_SEARCH)
	@touch $@

# $(call QUOLL_COMPONENT,component,its sources): small programs, compiled and linked in one go
define QUOLL_COMPONENT
$(QUOLL_OUT)/$(1).elf: $(2) $$(wildcard */*.h *.h) $(QUOLL_OUT)/headers.stamp $(wildcard $(QUOLL)/lib/*)
	@echo '  CC, LD  $$@'
	@$$(QUOLL_CC) $$(QUOLL_CFLAGS) $$(CFLAGS) $(if $(filter $(QUOLL)/vmm/%,$(2)),-mgeneral-regs-only) $(call quoll_mbedtls,$(2),$$(QUOLL_MBEDTLS)) -I$(QUOLL_OUT)/include/$(1) $$(QUOLL_LDFLAGS) \
		-o $$@ $(2) $(call quoll_mbedtls,$(2),$(QUOLL)/lib/libmbedcrypto.a) $$(QUOLL_LIBS)
$(QUOLL_OUT)/image: $(QUOLL_OUT)/$(1).elf
endef
# $(call quoll_sources,program,where its name stands)
quoll_sources = $(or $(wildcard $(1)/*.c),$(wildcard $(QUOLL)/services/$(1)/*.c),$(wildcard $(QUOLL)/$(filter vmm,$(1))/*.c),\
	$(error $(QUOLL_SYSTEM):$(2): the program `$(1)` has no C file in the folder $(1), and Quoll has no service of that name; \
	correct its name, or write it there))
# $(call quoll_component,component program line:column)
quoll_component = $(eval $(call QUOLL_COMPONENT,$(word 1,$(1)),$(call quoll_sources,$(word 2,$(1)),$(word 3,$(1)))))
# Of a mistake in the description whoever makes the image says what it is.
quoll_ask = $(shell $(QUOLL_TOOL) $(1) $(QUOLL_SYSTEM) $(QUOLL_SEARCH) 2> /dev/null | awk $(2))
QUOLL_PROGRAMS := $(call quoll_ask,programs,'$$2 !~ /[.\/]/ { print $$1 "/" $$2 "/" $$3 }')
$(foreach p,$(QUOLL_PROGRAMS),$(call quoll_component,$(subst /, ,$(p))))
QUOLL_FILES := $(call quoll_ask,programs,'$$2 ~ /[.\/]/ { print $$2 }') $(call quoll_ask,modules,1)

$(QUOLL_OUT)/image: $(QUOLL_SYSTEM) $(wildcard $(QUOLL_FILES))
	@mkdir -p $(@D)
	@echo '  IMAGE   $@'
	@$(QUOLL_TOOL) build $< -o $@ $(QUOLL_SEARCH) --kernel $(QUOLL)/lib/quoll.bin

# Made afresh when what it begins with changes; what was written to it is kept beside it.
$(QUOLL_OUT)/disk.img: $(wildcard disk $(shell sed -n 's/^\# contents of [^:]*: *//p' disk 2> /dev/null))
	@echo '  DISK    $@'
	@mkdir -p $(@D)
	@[ ! -e $@ ] || mv $@ $@.before
	@$(QUOLL)/run/disk $< $@ .

report: image
	@$(QUOLL_TOOL) report $(QUOLL_SYSTEM) $(QUOLL_SEARCH) --kernel $(QUOLL)/lib/quoll.bin --source . --source $(QUOLL)

# Who looks on waits for what happens once a second: idle time passes as on the wall unless TIME=board says otherwise.
run: export TIME := $(or $(TIME),wall)
run: export QUOLL_TOOL := $(QUOLL_TOOL)
run: export QUOLL_SYSTEM := $(QUOLL_SYSTEM)
run: export QUOLL_SEARCH := $(QUOLL_SEARCH)
run: $(QUOLL_OUT)/image $(if $(wildcard disk),$(QUOLL_OUT)/disk.img)
	@$(QUOLL)/run/qemu check . $<
	@$(QUOLL)/run/banner .
	@$(QUOLL)/run/qemu interactive . $<

clean:
	rm -rf $(QUOLL_OUT)
