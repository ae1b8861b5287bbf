# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# What building a component out of tree needs: headers, libraries, linker script, kernel, the tool, and flags to include.

PREFIX ?= build/install

.PHONY: install
install: $(QUOLL) $(KERNEL_BIN) lib ## headers, libraries and the tool below PREFIX, for components out of tree
	$(Q)install -d $(PREFIX)/bin $(PREFIX)/include/abi $(PREFIX)/include/rt $(PREFIX)/include/virtio $(PREFIX)/lib
	$(Q)install -m 755 $(QUOLL) $(PREFIX)/bin
	$(Q)install -m 644 $(wildcard abi/*.h abi/*.def) $(PREFIX)/include/abi
	$(Q)install -m 644 $(wildcard lib/rt/*.h) $(PREFIX)/include/rt
	$(Q)install -m 644 $(wildcard lib/virtio/*.h) $(PREFIX)/include/virtio
	$(Q)for h in $(wildcard services/*/protocol.h); do install -D -m 644 $$h $(PREFIX)/include/$$h; done
	$(Q)install -m 644 $(wildcard build/lib/libfdt-include/*.h) $(PREFIX)/include
	$(Q)install -m 644 $(LIBRT) $(LIBVIRTIO) build/lib/libfdt.a $(COMPONENT_SCRIPT) $(KERNEL_BIN) $(PREFIX)/lib
	$(Q)install -m 644 mk/component.mk $(PREFIX)
