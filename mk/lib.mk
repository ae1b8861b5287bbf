# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# What components link with: a library for each folder of lib/ that has sources (the runtime, virtqueues, clients of the
# services), libfdt and picolibc.

LIBRARIES := $(patsubst lib/%/,%,$(sort $(dir $(wildcard lib/*/*.c))))
LIBS := $(LIBRARIES:%=$(O)/lib/lib%.a)
LIBFDT_STAMP := build/lib/libfdt-include/libfdt.h
COMPONENT_SCRIPT := lib/rt/component.ld

# Nothing of the compiler's own C library may be found: picolibc's headers, then the compiler's.
COMPONENT_FLAGS := $(TARGET_FLAGS) -fno-pie -ftls-model=local-exec -nostdinc \
	-isystem $(PICOLIBC)/include -isystem `$(TARGET_CC) -print-file-name=include` \
	-isystem build/lib/libfdt-include -Ilib
COMPONENT_LINK := -static -no-pie -nostdlib -nostartfiles -Wl,-T,$(COMPONENT_SCRIPT) -Wl,--gc-sections,--build-id=none \
	-Wl,-z,max-page-size=4096,-z,noexecstack
COMPONENT_LIBS := -Wl,--start-group $(LIBS) build/lib/libfdt.a -L$(PICOLIBC)/lib -lc -lm -lgcc -Wl,--end-group

# An event loop that copies messages through SIMD registers would cost every component and guest a switch of theirs.
integer_only = $(if $(filter lib/rt/% vmm/%,$(1)),-mgeneral-regs-only)

.PHONY: lib
lib: $(LIBS) build/lib/libfdt.a ## the libraries that components link with

$(O)/lib/objects/%.o: % | $(HOST_BUILD) $(LIBFDT_STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(TARGET_CC) $(COMPONENT_FLAGS) $(call integer_only,$<) $(DEPFLAGS) -c $< -o $@

define LIBRARY
$(1)_OBJECTS := $(call objects,$(wildcard lib/$(1)/*.c lib/$(1)/*.S),$(O)/lib/objects)
$(O)/lib/lib$(1).a: $$($(1)_OBJECTS)
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && $(CROSS)ar rcsD $$@ $$^
$$(call dependencies,$$($(1)_OBJECTS))
endef
$(foreach l,$(LIBRARIES),$(eval $(call LIBRARY,$(l))))

# Debian's own arm64 build of libfdt, with its headers.
build/lib/libfdt.a build/lib/libfdt-include/libfdt.h &: $(PACKAGES)/arm64/libfdt-dev.version
	@mkdir -p build/lib/libfdt-include
	$(Q)cp $(PACKAGES)/arm64/libfdt-dev/usr/include/*fdt*.h build/lib/libfdt-include
	$(Q)cp $(PACKAGES)/arm64/libfdt-dev/usr/lib/aarch64-linux-gnu/libfdt.a build/lib/libfdt.a
	@touch build/lib/libfdt.a build/lib/libfdt-include/libfdt.h
