# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# The kernel for AArch64: position-independent, general registers only, no library but what it brings itself.
# A check after linking makes sure that no instruction in the kernel touches an FP/SIMD register.

KERNEL_ELF := $(O)/kernel/quoll.elf
KERNEL_BIN := $(O)/kernel/quoll.bin
KERNEL_OPTIONS := $(foreach o,$(OPTIONS),kernel/options/$(o)-$(option_$(o)))
KERNEL_SOURCES := $(wildcard kernel/core/*.c kernel/core/*/*.c $(KERNEL_OPTIONS:%=%/*.c)) \
	$(filter-out %/offsets.c,$(wildcard kernel/arch/aarch64/*.c)) $(wildcard kernel/arch/aarch64/*.S)
KERNEL_OBJECTS := $(call objects,$(KERNEL_SOURCES),$(O)/kernel/objects)
KERNEL_SCRIPT := kernel/arch/aarch64/kernel.ld
KERNEL_OFFSETS := $(if $(wildcard kernel/arch/aarch64/offsets.c),$(O)/kernel/offsets.h)
# Of picolibc the kernel sees headers alone (stdint.h and its like). The last line is for size: nothing is padded that
# the architecture does not want padded, and messages name files as the kernel's folders see them.
KERNEL_FLAGS := $(TARGET_FLAGS) -ffreestanding -nostdinc -isystem $(PICOLIBC)/include \
	-isystem `$(TARGET_CC) -print-file-name=include` -Wstack-usage=512 -mgeneral-regs-only -mstrict-align -fpie -fno-tree-loop-distribute-patterns \
	-Ikernel/core -Ikernel/arch/aarch64 $(KERNEL_OPTIONS:%=-I%) -I$(O)/kernel \
	-falign-functions=4 -falign-loops=4 -falign-jumps=4 -falign-labels=4 -fmacro-prefix-map=kernel/core/= -fmacro-prefix-map=kernel/arch/aarch64/=

# What every path of bench/expected is as short with, or shorter, is compiled to be small: what runs when something is
# made, mapped or ended, at boot or in a panic, and some that is used often.
KERNEL_SMALL := $(addprefix kernel/core/,boot capability device_tree domain interrupt mapping match memory object pool \
	thread timer translation virtual_interrupt) \
	$(addprefix kernel/arch/aarch64/,cache console gic guest_cache id_registers memory_nodes panic power stage1 start string \
	switch trap_guest trap_native virtual_timer)
ifeq ($(BUILD),release)
$(KERNEL_SMALL:%=$(O)/kernel/objects/%.c.o): KERNEL_FLAGS += -Os
endif

.PHONY: kernel
kernel: $(KERNEL_BIN) ## the kernel alone

$(O)/kernel/objects/%.o: % | $(HOST_BUILD) $(KERNEL_OFFSETS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(TARGET_CC) $(KERNEL_FLAGS) $(if $(filter %.S,$<),-D__ASSEMBLER__,-include kernel/core/hidden.h) $(DEPFLAGS) -c $< -o $@

$(O)/kernel/offsets.h: kernel/arch/aarch64/offsets.c | $(HOST_BUILD)
	@mkdir -p $(@D)
	$(call say,OFFSETS,$@)
	$(Q)$(TARGET_CC) $(KERNEL_FLAGS) -MMD -MP -MF $@.d -MT $@ -S $< -o $@.s
	$(Q)sed -nE 's/.*"?-> ([A-Za-z0-9_]+) [#$$]*(-?[0-9]+).*/#define \1 \2/p' $@.s > $@.new
	$(Q)mv $@.new $@

# The linker is called through the compiler, so that its own defaults do not matter: everything is said here.
$(KERNEL_ELF): $(KERNEL_OBJECTS) $(KERNEL_SCRIPT) tools/check/no-fp
	$(if $(KERNEL_SOURCES),,$(error kernel/ has no sources yet))
	$(call say,LD,$@)
	$(Q)$(TARGET_CC) -static-pie -nostdlib -nostartfiles -Wl,-T,$(KERNEL_SCRIPT) -Wl,--gc-sections,--build-id=none \
		-Wl,-z,max-page-size=4096,-z,noexecstack,-z,text -Wl,--no-warn-rwx-segments -Wl,-Map,$@.map \
		-o $@ $(KERNEL_OBJECTS)
	$(Q)tools/check/no-fp $@

$(KERNEL_BIN): $(KERNEL_ELF)
	$(call say,OBJCOPY,$@)
	$(Q)$(CROSS)objcopy -O binary $< $@

$(call dependencies,$(KERNEL_OBJECTS) $(O)/kernel/offsets.h)
