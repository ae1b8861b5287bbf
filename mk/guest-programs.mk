# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Programs of ours for Linux guests: static, for arm64, with Debian's cross compiler and its C library.

QUOLL_CRYPTO := build/guests/quoll-crypto/root/bin/quoll-crypto

guests: $(QUOLL_CRYPTO)

$(QUOLL_CRYPTO): $(wildcard guests/quoll-crypto/*.c guests/quoll-crypto/*.h) services/agent/protocol.h services/crypto/protocol.h \
		| $(HOST_BUILD) $(HOST_BENCH)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(TARGET_CC) $(COMMON) -O2 -D_GNU_SOURCE -static -o $@ $(filter %.c,$^)
	$(Q)$(CROSS)strip $@

build/guests/quoll-crypto/root.stamp: $(QUOLL_CRYPTO)
	@touch $@
