# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Guests from Debian's packages: build/guests/FLAVOUR/{vmlinuz,initramfs.cpio.gz} and build/guests/u-boot/u-boot.bin.

GUESTS := debian debian-cloud debian-rt debian-socket debian-keys restart gateway
GUEST_PACKAGE_debian := linux-image-arm64
GUEST_PACKAGE_debian-cloud := linux-image-cloud-arm64
GUEST_PACKAGE_debian-rt := linux-image-rt-arm64
GUEST_PACKAGE_debian-socket := linux-image-arm64
GUEST_PACKAGE_debian-keys := linux-image-arm64
GUEST_PACKAGE_gateway := linux-image-arm64
# Folders with programs of ours (mk/guest-programs.mk), which go in like packages.
GUEST_OWN_debian-keys := build/guests/quoll-crypto/root
# As another, and more.
GUEST_PACKAGE_restart := linux-image-arm64
GUEST_LIKE_restart := debian-keys
GUEST_OWN_restart := build/guests/work/root
# guests/GUEST, where there is such a folder: `modules` beside those of guests/busybox, and `packages` with programs.
guest_like = guests/$(or $(GUEST_LIKE_$(1)),$(1))
guest_additions = $(wildcard $(guest_like)/modules $(guest_like)/packages)
guest_programs = $(addprefix $(PACKAGES)/arm64/,$(shell cat /dev/null $(wildcard $(guest_like)/packages) | sed 's/\#.*//'))

# What there is, by its path below build/guests.
GUEST_FILES := $(foreach g,$(GUESTS),$(g)/vmlinuz $(g)/initramfs.cpio.gz) gateway/root.ext4 u-boot/u-boot.bin

.PHONY: guests
guests: $(GUEST_FILES:%=build/guests/%) ## kernels and initramfs of all guests

define GUEST
build/guests/$(1)/vmlinuz build/guests/$(1)/initramfs.cpio.gz &: guests/linux $(wildcard guests/busybox/*) $(call guest_additions,$(1)) \
		$(addsuffix .version,$(call guest_programs,$(1))) $(addsuffix .stamp,$(GUEST_OWN_$(1))) \
		$(PACKAGES)/arm64/$(GUEST_PACKAGE_$(1)).version $(PACKAGES)/arm64/busybox-static.version | $(HOST_RUN)
	$$(call say,GUEST,build/guests/$(1))
	$(Q)guests/linux $(PACKAGES)/arm64/$(GUEST_PACKAGE_$(1)) $(PACKAGES)/arm64/busybox-static build/guests/$(1) \
		$(if $(call guest_additions,$(1)),$(guest_like)/modules) $(call guest_programs,$(1)) $(GUEST_OWN_$(1))
	@touch build/guests/$(1)/vmlinuz build/guests/$(1)/initramfs.cpio.gz
endef
$(foreach g,$(GUESTS),$(eval $(call GUEST,$(g))))

# The disk of the gateway's guest begins with this.
GATEWAY_OWN := build/guests/search-memory/root
GATEWAY_PACKAGES := $(addprefix $(PACKAGES)/arm64/,$(shell sed 's/\#.*//' guests/gateway/disk-packages))
build/guests/gateway/root.ext4: guests/disk $(wildcard guests/busybox/*) $(shell find guests/gateway/files -type f) \
		guests/gateway/disk-packages $(GATEWAY_PACKAGES:%=%.version) $(GATEWAY_OWN).stamp | $(HOST_RUN)
	$(call say,DISK,$@)
	@mkdir -p $(@D)
	$(Q)guests/disk $@ 64M guests/gateway/files $(GATEWAY_PACKAGES) $(GATEWAY_OWN)

build/guests/u-boot/u-boot.bin: | $(HOST_UBOOT)
	@mkdir -p $(@D)
	$(Q)cp /usr/lib/u-boot/qemu_arm64/u-boot.bin $@
