# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# make run and make debug; what they do is in tools/run.

# A guest of the user's own takes the place of the description's first one. The shell has BOOTARGS from the environment, as
# they were typed: a quote or a $ in them is the guest's.
override export BOOTARGS := $(value BOOTARGS)
OVERRIDES := $(if $(KERNEL),--guest-kernel $(KERNEL)) $(if $(INITRD),--guest-initrd $(INITRD)) \
	$(if $(BOOTARGS),--guest-bootargs "$$BOOTARGS")

# A system that needs a kernel with options (mk/test.mk) is run with them, unless some were chosen.
RUN_OPTIONS := $(if $(TRACE)$(COUNTERS),,$(shell grep -hv '^\#' systems/$(SYSTEM)/options 2> /dev/null))

.PHONY: run debug
ifneq ($(RUN_OPTIONS),)
run debug:
	@+$(MAKE) --no-print-directory $(RUN_OPTIONS) $@
else
run: systems/$(SYSTEM) $(SCENARIO) | $(HOST_RUN) ## boot a system on QEMU; without a terminal, play its scenario
ifneq ($(strip $(KERNEL)$(INITRD)$(BOOTARGS)),)
	$(Q)$(QUOLL) build systems/$(SYSTEM)/system.yaml -o $(O)/systems/$(SYSTEM)/image.own --search $(O)/systems/$(SYSTEM) \
		--search build/guests --kernel $(KERNEL_BIN) $(OVERRIDES)
	$(Q)tools/run/run systems/$(SYSTEM) $(O) image.own
else
	$(Q)tools/run/run systems/$(SYSTEM) $(O)
endif

debug: systems/$(SYSTEM) | $(HOST_RUN) $(HOST_DEBUG) ## the same under gdb, with the symbols of everything
	$(Q)tools/run/debug systems/$(SYSTEM) $(O)
endif
