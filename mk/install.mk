# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# What building a component out of tree needs: headers, libraries, linker script, kernel, the tool, and rules to include;
# and the sources of services and of the VMM, because they are compiled for the system that they are part of.

PREFIX ?= build/install

.PHONY: install
install: $(QUOLL) $(KERNEL_BIN) lib | $(MBEDTLS_STAMP) ## headers, libraries, services and the tool below PREFIX, for systems out of tree
	$(Q)install -d $(PREFIX)/bin $(PREFIX)/include/abi $(PREFIX)/lib
	$(Q)install -m 755 $(QUOLL) $(PREFIX)/bin
	$(Q)install -m 644 $(wildcard abi/*.h abi/*.def) $(PREFIX)/include/abi
	$(Q)for l in $(filter-out judge,$(LIBRARIES)); do install -D -t $(PREFIX)/include/$$l -m 644 lib/$$l/*.h; done
	$(Q)for f in $(wildcard services/*/*.c services/*/*.h vmm/*.c vmm/*.h boards/*.dts); do install -D -m 644 $$f $(PREFIX)/$$f; done
	$(Q)install -m 644 $(wildcard build/lib/libfdt-include/*.h) $(PREFIX)/include
	$(Q)install -D -t $(PREFIX)/mbedtls/mbedtls -m 644 $(MBEDTLS)/include/mbedtls/*.h lib/mbedtls/*.h
	$(Q)install -D -t $(PREFIX)/mbedtls/psa -m 644 $(MBEDTLS)/include/psa/*.h lib/mbedtls/psa/*.h
	$(Q)install -D -t $(PREFIX)/run -m 755 tools/run/qemu tools/run/disk tools/run/banner
	$(Q)install -m 644 $(filter-out %/libjudge.a,$(LIBS)) $(LIBMBEDCRYPTO) build/lib/libfdt.a $(COMPONENT_SCRIPT) $(KERNEL_BIN) $(PREFIX)/lib
	$(Q)install -m 644 mk/component.mk $(PREFIX)
