# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# What bench/services/run needs: a Linux with the drivers that Debian has as modules and our program, and the systems on
# the released kernel.

BENCH_SERVICES_INITRAMFS := build/guests/bench-services/initramfs.cpio.gz
BENCH_SERVICES_PROGRAM := build/bench/services/root/bin/bench
BENCH_SERVICES_SYSTEMS := $(patsubst %/system.yaml,%,$(wildcard bench/services/*/system.yaml))
BENCH_NEEDS_services := $(BENCH_SERVICES_SYSTEMS) $(SCENARIO) build/guests/debian/vmlinuz \
	$(PACKAGES)/arm64/xen-hypervisor-4.17-arm64.version

$(BENCH_SERVICES_SYSTEMS:%=$(O)/%/image): $(BENCH_SERVICES_INITRAMFS)

# bench/linux/program has main() and what measures; its groups are not ours.
$(BENCH_SERVICES_PROGRAM): bench/linux/program/main.c bench/linux/program/harness.c bench/linux/program/bench.h \
		$(wildcard bench/services/program/*.c bench/services/program/*.h) guests/quoll-crypto/quoll_crypto.c \
		guests/quoll-crypto/quoll_crypto.h services/agent/protocol.h services/crypto/protocol.h | $(HOST_BUILD) $(HOST_BENCH)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(TARGET_CC) $(COMMON) -O2 -D_GNU_SOURCE -mcpu=cortex-a53 -static -o $@ $(filter %.c,$^)
	$(Q)$(CROSS)strip $@

$(BENCH_SERVICES_INITRAMFS): guests/linux $(wildcard guests/busybox/*) $(BENCH_SERVICES_PROGRAM) \
		$(PACKAGES)/arm64/linux-image-arm64.version $(PACKAGES)/arm64/busybox-static.version | $(HOST_RUN)
	$(call say,GUEST,$(@D))
	$(Q)guests/linux $(PACKAGES)/arm64/linux-image-arm64 $(PACKAGES)/arm64/busybox-static $(@D) /dev/null \
		$(BENCH_SERVICES_PROGRAM:%/bin/bench=%)
	$(Q)rm -f $(@D)/vmlinuz $(@D)/vmlinux
