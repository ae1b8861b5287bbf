# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Systems: every folder with a system.yaml below systems/, tests/kernel/ (a kernel test is a system of its own) and bench/.
# A folder DIR is built in $(O)/DIR:
#   include/COMPONENT/component.h   capability indices, by the tool
#   objects/COMPONENT/...           the program compiled for this component
#   COMPONENT.elf                   linked
#   image, report.txt, report.svg   what boots, and what it is
# Which components a system has, and which program each is, comes from the tool into DIR/rules.mk: one line a component.
# A program is a folder: DIR/program, services/program, program at the top (vmm), or one beside DIR.

SYSTEM ?= gateway
SYSTEM_DIRS := $(patsubst %/system.yaml,%,$(wildcard systems/*/system.yaml))
KERNEL_TEST_DIRS := $(patsubst %/system.yaml,%,$(wildcard tests/kernel/*/system.yaml tests/kernel/system.yaml))
# Below $(O) with COUNTERS=1: mk/bench.mk calls make once more for them.
BENCH_DIRS := $(patsubst %/system.yaml,%,$(wildcard bench/*/system.yaml bench/*/*/system.yaml))

# Only the systems that this run of make needs are asked for their components.
goals := $(or $(MAKECMDGOALS),all)
WANTED := $(strip \
	$(if $(filter all systems size test test-system .ci% report,$(goals)),$(SYSTEM_DIRS)) \
	$(if $(filter all test test-kernel,$(goals)),$(KERNEL_TEST_DIRS)) \
	$(if $(filter run debug,$(goals)),systems/$(SYSTEM)) \
	$(if $(filter attack,$(goals)),systems/attacks) $(if $(filter restart,$(goals)),systems/restart) \
	$(foreach d,$(SYSTEM_DIRS) $(KERNEL_TEST_DIRS) $(BENCH_DIRS),$(if $(filter $(d) $(O)/$(d)/%,$(goals)),$(d))))
WANTED := $(sort $(if $(TEST),$(or $(filter %/$(TEST),$(WANTED)),$(WANTED)),$(WANTED)))

$(foreach d,$(filter-out $(SYSTEM_DIRS) $(KERNEL_TEST_DIRS) $(BENCH_DIRS),$(WANTED)),\
	$(error there is no $(d)/system.yaml; there are: $(sort $(notdir $(SYSTEM_DIRS)))))

.PHONY: systems list $(SYSTEM_DIRS) $(KERNEL_TEST_DIRS) $(BENCH_DIRS)
systems: $(SYSTEM_DIRS) ## images and reports of every folder in systems/
list: ## the systems that make run SYSTEM= knows
	@for d in $(SYSTEM_DIRS); do \
		printf '  %-16s %s\n' "$${d#systems/}" "$$(sed -n 's/^# *\([a-z0-9-]*: *\)\?//;/SPDX/d;/^$$/d;p;q' $$d/README.md 2> /dev/null)"; done
	$(if $(SYSTEM_DIRS),,@echo 'there is no systems/*/system.yaml yet'; exit 1)

# $(call program_dir,system folder,program)
program_dir = $(firstword $(patsubst %/,%,$(dir $(wildcard $(foreach d,$(1)/$(2) services/$(2) $(2) $(dir $(1))$(2),$(d)/*.c)))))
# Guests' files that we make, as a pattern of grep -E.
space := $() $()
GUEST_PATTERN := $(subst $(space),|,$(subst .,\.,$(GUEST_FILES)))
# Those that a scenario names; those of the description come from the tool.
scenario_files = $(addprefix build/guests/,$(shell cat /dev/null $(wildcard $(1)/scenario*) | \
	grep -oE '$(GUEST_PATTERN)' | sort -u))

# $(call harness,system folder,component,program): what programs `suite` in root's place share
harness = $(if $(filter root/suite,$(2)/$(3)),tests/kernel/harness/*.c $(if $(filter bench/%,$(1)),bench/figures/*.c))

# Root works when something is made or ended: it is compiled to be small.
small = $(if $(filter-out debug,$(BUILD)),$(if $(filter services/root/%,$(1)),-Os))

# Root prints no floating-point numbers: picolibc's smaller printf does.
ROOT_LINK := -Wl,--defsym=vfprintf=__i_vfprintf

# $(call sources_there,system folder,component,program,where its name stands)
sources_there = $(if $($(1)_$(2)_DIR),,$(error $(1)/system.yaml:$(4): the program `$(3)` has no C file in $(1)/$(3), \
	services/$(3), $(3) or $(dir $(1))$(3); correct its name, or write it there))

# $(call component,system folder,component,program,address,where the program's name stands)
define COMPONENT
$(1)_$(2)_DIR := $$(call program_dir,$(1),$(3))
$(1)_$(2)_OBJECTS := $$(call objects,$$(wildcard $$($(1)_$(2)_DIR:%=%/*.c) $$($(1)_$(2)_DIR:%=%/*.S) $$(call harness,$(1),$(2),$(3))),$(O)/$(1)/objects/$(2))
$(1)_ELFS += $(O)/$(1)/$(2).elf
$(1)_SOURCES_THERE += $$(call sources_there,$(1),$(2),$(3),$(5))

$(O)/$(1)/include/$(2)/component.h: $(O)/$(1)/headers.stamp ;

$(O)/$(1)/objects/$(2)/%.o: % | $(O)/$(1)/headers.stamp $(LIBFDT_STAMP) $$(call if_mbedtls,$$($(1)_$(2)_DIR),$(MBEDTLS_STAMP))
	@mkdir -p $$(@D)
	$$(call say,CC,"$$< for $(1)")
	$(Q)$(TARGET_CC) $(COMPONENT_FLAGS) $$(call integer_only,$$<) $$(call small,$$<) $$(call if_mbedtls,$$(<D),$$(MBEDTLS_INCLUDES)) -I$(O)/$(1)/include/$(2) $$(DEPFLAGS) -c $$< -o $$@

$(O)/$(1)/$(2).elf: $$($(1)_$(2)_OBJECTS) $$(call if_mbedtls,$$($(1)_$(2)_DIR),$(LIBMBEDCRYPTO)) $(LIBS) build/lib/libfdt.a $(COMPONENT_SCRIPT) $(O)/$(1)/rules.mk
	$$(call sources_there,$(1),$(2),$(3),$(5))
	$$(call say,LD,$$@)
	$(Q)$(TARGET_CC) -Wl,--defsym=component_address=$(4) $$(if $$(filter root/root,$(2)/$(3)),$$(ROOT_LINK)) $(COMPONENT_LINK) -Wl,-Map,$$@.map -o $$@ $$($(1)_$(2)_OBJECTS) $$(call if_mbedtls,$$($(1)_$(2)_DIR),$(LIBMBEDCRYPTO)) $(COMPONENT_LIBS)
$$(call dependencies,$$($(1)_$(2)_OBJECTS))
endef
component = $(eval $(call COMPONENT,$(1),$(2),$(3),$(4),$(5)))

# A program of our own for a VM, without an operating system: DIR/guest becomes $(O)/DIR/guest.bin, an arm64 Image.
define GUEST_RULES
$(1)_GUEST_OBJECTS := $$(call objects,$$(wildcard $(1)/guest/*.[cS] bench/figures/*.c),$(O)/$(1)/objects)
$$($(1)_GUEST_OBJECTS): $(O)/$(1)/objects/%.o: % | $(HOST_BUILD)
	@mkdir -p $$(@D)
	$$(call say,CC,"$$< for the guest of $(1)")
	$(Q)$(TARGET_CC) $(COMPONENT_FLAGS) -ffreestanding -mgeneral-regs-only -mstrict-align $$(DEPFLAGS) -c $$< -o $$@

$(O)/$(1)/guest.elf: $$($(1)_GUEST_OBJECTS) $(1)/guest/guest.ld
	$$(call say,LD,$$@)
	$(Q)$(TARGET_CC) -static -no-pie -nostdlib -nostartfiles -Wl,-T,$(1)/guest/guest.ld -Wl,--gc-sections,--build-id=none \
		-Wl,--no-warn-rwx-segments -o $$@ $$($(1)_GUEST_OBJECTS)

$(O)/$(1)/guest.bin: $(O)/$(1)/guest.elf
	$$(call say,OBJCOPY,$$@)
	$(Q)$(CROSS)objcopy -O binary $$< $$@
$(O)/$(1)/image: $(O)/$(1)/guest.bin
$$(call dependencies,$$($(1)_GUEST_OBJECTS))
endef

define GUEST_OF
$(O)/$(1)/guest.bin: $(O)/$(2)/guest.bin
	$(Q)cp $$< $$@
$(O)/$(1)/image: $(O)/$(1)/guest.bin
$(if $(filter $(2),$(WANTED)),,$$(eval $$(call GUEST_RULES,$(2))))
endef

# The disk of a system that has a file `disk`, made afresh when that changes; what was written to it is kept beside it.
$(O)/%/disk.img: %/disk tools/run/disk | $(HOST_RUN)
	$(call say,DISK,$@)
	$(Q)[ ! -e $@ ] || mv $@ $@.before
	$(Q)tools/run/disk $< $@

# $(call keeps_keys,system folder): its description says so
keeps_keys = $(shell grep -lE '^ *crypto: *\{ *longest' $(1)/system.yaml)

# Files below build/guests that partitions begin with; of one that is none of ours, tools/run/disk says if it is not there.
disk_files = $(addprefix build/guests/,$(filter $(GUEST_FILES),$(shell cat /dev/null $(wildcard $(1)/disk) | \
	sed -n 's/^\# contents of [^:]*: *//p')))

# $(call system,folder,guest files that we make,others): after its components
define SYSTEM_RULES
$(1): $(O)/$(1)/image $(O)/$(1)/report.txt $(if $(wildcard $(1)/disk),$(O)/$(1)/disk.img)

$(if $(wildcard $(1)/disk),$(O)/$(1)/disk.img: $(call disk_files,$(1)))

$(O)/$(1)/headers.stamp: $(1)/system.yaml $(QUOLL) $(wildcard boards/*.dts)
	$$($(1)_SOURCES_THERE)
	$$(call say,HEADERS,$(1))
	$(Q)$(QUOLL) headers $(1)/system.yaml -o $(O)/$(1)/include
	@touch $$@

$(O)/$(1)/image: $(1)/system.yaml $(wildcard boards/*.dts) $$($(1)_ELFS) $(KERNEL_BIN) $(QUOLL) $(addprefix build/guests/,$(2)) $(wildcard $(addprefix $(1)/,$(3))) $$(call scenario_files,$(1))
	$$(call say,IMAGE,$$@)
	$(Q)$(QUOLL) build $(1)/system.yaml -o $$@ --search $(O)/$(1) --search build/guests --kernel $(KERNEL_BIN)

$(if $(wildcard $(1)/guest/*.ld),$$(eval $$(call GUEST_RULES,$(1))))
# A system in a folder below uses the same guest.
$(if $(filter guest.bin,$(3)),$(if $(wildcard $(dir $(1))guest/*.ld),$$(eval $$(call GUEST_OF,$(1),$(patsubst %/,%,$(dir $(1)))))))

# Warnings were said with the image.
$(O)/$(1)/report.txt $(O)/$(1)/report.svg &: $(O)/$(1)/image $(if $(call keeps_keys,$(1)),$(O)/$(1)/lines.txt) | $(HOST_RUN)
	$$(call say,REPORT,$(O)/$(1)/report.txt)
	$(Q)$(QUOLL) report $(1)/system.yaml --search $(O)/$(1) --search build/guests --kernel $(KERNEL_BIN) --source . \
		$(if $(call keeps_keys,$(1)),--source $(O)/$(1)) -o $(O)/$(1)/report.txt --svg $(O)/$(1)/report.svg \
		2> $(O)/$(1)/report.log || { cat $(O)/$(1)/report.log >&2; false; }

# Lines of code of everything, for the trusted computing base of keys.
$(O)/$(1)/lines.txt: $(O)/$(1)/image tools/lines/lines
	$$(call say,COUNT,$$@)
	$(Q){ tools/lines/lines kernel $(KERNEL_ELF).map $(TARGET_CC) $(KERNEL_FLAGS) -include kernel/core/hidden.h; \
		for elf in $$($(1)_ELFS); do name=$$$$(basename $$$$elf .elf); tools/lines/lines $$$$name $$$$elf.map \
		$(TARGET_CC) $(COMPONENT_FLAGS) $(MBEDTLS_INCLUDES) -I$(MBEDTLS)/library -I$(O)/$(1)/include/$$$$name || exit 1; done; } > $$@
endef
system = $(eval $(call SYSTEM_RULES,$(1),$(2),$(3)))
# Of a description's files, those below build/guests; others stand beside the description.
PACKAGED := attack\.cpio\.gz|$(GUEST_PATTERN)

# root is the one program that every system has.
$(O)/%/rules.mk: %/system.yaml $(QUOLL) mk/systems.mk
	@mkdir -p $(@D)
	$(Q)$(QUOLL) programs $< > $@.programs
	$(Q)awk 'NF == 3 { printf "$$(call component,$*,%s,%s,0x%x,%s)\n", $$1, $$2, 4194304 * NR, $$3 }' $@.programs > $@.new
	$(Q)grep -q '^root ' $@.programs || echo '$$(call component,$*,root,root,0x400000)' >> $@.new
	$(Q)$(QUOLL) modules $< | sort -u > $@.modules
	$(Q)echo '$$(call system,$*,'$$(grep -xE '$(PACKAGED)' $@.modules | tr '\n' ' ')','$$(grep -vxE '$(PACKAGED)' $@.modules | tr '\n' ' ')')' >> $@.new
	$(Q)mv $@.new $@

ifneq ($(WANTED),)
include $(WANTED:%=$(O)/%/rules.mk)
endif

.PHONY: size
size: $(KERNEL_ELF) ## text, data and bss of the kernel and of every component
	@$(CROSS)size $(KERNEL_ELF) $(foreach d,$(WANTED),$($(d)_ELFS))
