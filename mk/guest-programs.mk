# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Programs of ours for Linux guests: static, for arm64, with Debian's cross compiler and its C library.

GUEST_PROGRAMS := $(patsubst guests/%/,%,$(sort $(dir $(wildcard guests/*/*.c))))
guest_program = build/guests/$(1)/root/bin/$(1)

guests: $(foreach p,$(GUEST_PROGRAMS),$(call guest_program,$(p)))

define GUEST_PROGRAM
$(call guest_program,$(1)): $(wildcard guests/$(1)/*.c guests/$(1)/*.h) services/agent/protocol.h services/crypto/protocol.h \
		| $(HOST_BUILD) $(HOST_BENCH)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$(Q)$(TARGET_CC) $(COMMON) -O2 -D_GNU_SOURCE -static -o $$@ $$(filter %.c,$$^)
	$(Q)$(CROSS)strip $$@

build/guests/$(1)/root.stamp: $(call guest_program,$(1))
	@touch $$@
endef
$(foreach p,$(GUEST_PROGRAMS),$(eval $(call GUEST_PROGRAM,$(p))))

# A script, of the guest `restart`.
build/guests/work/root.stamp: guests/restart/work
	@mkdir -p build/guests/work/root/bin
	$(Q)install -m 755 $< build/guests/work/root/bin/work
	@touch $@
