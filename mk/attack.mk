# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# make attack: systems/attacks for longer than make test has it. The judge gets its orders as arguments of the
# description, so that no program is compiled again.

SEED ?= 1
# Milliseconds of the board for each attack.
LENGTH ?= 3000
ATTACKS := systems/attacks

# The initramfs of the Linux whose root attacks: the guests' one, and a module of ours built for the stock kernel.
HEADERS := $(PACKAGES)/arm64/linux-headers-arm64 $(PACKAGES)/arm64/linux-headers-common
build/guests/attack.cpio.gz: $(wildcard $(ATTACKS)/linux-module/*) build/guests/debian/initramfs.cpio.gz \
		$(HEADERS:%=%.version) | $(HOST_RUN) build/.host-module
	$(call say,MODULE,$@)
	$(Q)$(ATTACKS)/linux-module/build $(HEADERS) build/guests/debian/initramfs.cpio.gz $@

.PHONY: attack
attack: $(ATTACKS) $(SCENARIO) | $(HOST_RUN) ## attack everything; TEST=name one attack, TEST=guest- all that begin so, SEED=n, LENGTH=ms each
	$(Q)$(QUOLL) build $(ATTACKS)/system.yaml -o $(O)/$(ATTACKS)/image.attack --search $(O)/$(ATTACKS) --search build/guests \
		--kernel $(KERNEL_BIN) --set 'components.judge.arguments=seed=$(SEED) length=$(LENGTH) only=$(or $(TEST),all)'
	$(Q)$(ATTACKS)/play $(O)/$(ATTACKS)/image.attack $(O)/$(ATTACKS)/attack.log
