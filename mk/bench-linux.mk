# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# What bench/linux/run needs: the program that measures inside Linux, an initramfs with it, the bare board's device tree
# without what guests do not have, and kernels. Nothing of it depends on which of our kernels is built.

BENCH_LINUX := build/bench/linux
BENCH_LINUX_INITRAMFS := build/guests/bench-linux/initramfs.cpio.gz
BENCH_LINUX_PACKAGES := busybox-static rt-tests libc6 libnuma1
HOST_BENCH := build/.host-bench

.PHONY: bench-linux-images
bench-linux-images: $(SCENARIO) $(BENCH_LINUX)/board.dtb $(BENCH_LINUX_INITRAMFS) \
		$(PACKAGES)/arm64/xen-hypervisor-4.17-arm64.version build/guests/debian/vmlinuz build/guests/debian-rt/vmlinuz
BENCH_NEEDS_linux := bench/linux bench-linux-images

$(O)/bench/linux/image: $(BENCH_LINUX_INITRAMFS)

$(BENCH_LINUX)/init: $(wildcard bench/linux/program/*.c bench/linux/program/*.h) | $(HOST_BUILD) $(HOST_BENCH)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(TARGET_CC) $(COMMON) -O2 -D_GNU_SOURCE -mcpu=cortex-a53 -static -o $@ $(filter %.c,$^)

$(BENCH_LINUX_INITRAMFS): $(BENCH_LINUX)/init bench/linux/initramfs $(BENCH_LINUX_PACKAGES:%=$(PACKAGES)/arm64/%.version) \
		| $(HOST_RUN)
	@mkdir -p $(@D)
	$(call say,GUEST,$@)
	$(Q)bench/linux/initramfs $< $(PACKAGES)/arm64 $@

$(BENCH_LINUX)/board.dtb: bench/linux/board bench/linux/machine | $(HOST_BUILD) $(HOST_RUN)
	@mkdir -p $(@D)
	$(call say,DTB,$@)
	$(Q)bench/linux/board $@
