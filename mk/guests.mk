# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Guests from Debian's packages: build/guests/FLAVOUR/{vmlinuz,initramfs.cpio.gz} and build/guests/u-boot/u-boot.bin.

GUESTS := debian debian-cloud debian-rt
GUEST_PACKAGE_debian := linux-image-arm64
GUEST_PACKAGE_debian-cloud := linux-image-cloud-arm64
GUEST_PACKAGE_debian-rt := linux-image-rt-arm64

.PHONY: guests
guests: $(GUESTS:%=build/guests/%/vmlinuz) build/guests/u-boot/u-boot.bin ## kernels and initramfs of all guests

define GUEST
build/guests/$(1)/vmlinuz build/guests/$(1)/initramfs.cpio.gz &: guests/linux $(wildcard guests/busybox/*) \
		$(PACKAGES)/arm64/$(GUEST_PACKAGE_$(1)).version $(PACKAGES)/arm64/busybox-static.version | $(HOST_RUN)
	$$(call say,GUEST,build/guests/$(1))
	$(Q)guests/linux $(PACKAGES)/arm64/$(GUEST_PACKAGE_$(1)) $(PACKAGES)/arm64/busybox-static build/guests/$(1)
	@touch build/guests/$(1)/vmlinuz build/guests/$(1)/initramfs.cpio.gz
endef
$(foreach g,$(GUESTS),$(eval $(call GUEST,$(g))))

build/guests/u-boot/u-boot.bin: | $(HOST_UBOOT)
	@mkdir -p $(@D)
	$(Q)cp /usr/lib/u-boot/qemu_arm64/u-boot.bin $@
