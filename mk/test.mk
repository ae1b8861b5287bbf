# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# The five suites. Each writes "passed failed" to build/results/SUITE, which .ci/run adds up, and fails if a test does.

# A folder in tests/unit is a program of its own: tests/unit/virtio tests lib/virtio, unless a file `sources` in it
# names, one file or pattern a line, what to link instead.
UNIT_LIBS := $(patsubst tests/unit/%/,%,$(sort $(dir $(wildcard tests/unit/*/*.c))))
unit_sources = $(wildcard tests/unit/$(1)/*.c) $(if $(wildcard tests/unit/$(1)/sources),\
	$(wildcard $(shell sed 's/\#.*//' tests/unit/$(1)/sources)),$(wildcard lib/$(1)/*.c))

# With TEST=, the folders of that name.
named = $(if $(TEST),$(filter %/$(TEST),$(1)),$(1))
PYTEST_FOLDERS := tests/tool tests/system
PYTEST_NAMED = $(if $(TEST),-k '$(TEST)')

MODELS := $(patsubst tests/models/%.pml,%,$(wildcard tests/models/*.pml))

# A name that no test has is said before anything is built for it; 5 is pytest's status for nothing to do.
none_named = $(error no test '$(TEST)'; there are: $(sort $(notdir $(1)))$(2))
ifneq ($(TEST),)
$(if $(filter test-kernel,$(goals)),$(if $(call named,$(KERNEL_TEST_DIRS)),,$(call none_named,$(KERNEL_TEST_DIRS))))
$(if $(filter test-system,$(goals)),$(if $(call named,$(SYSTEM_DIRS)),,$(call none_named,$(SYSTEM_DIRS))))
$(if $(filter models,$(goals)),$(if $(filter $(TEST),$(MODELS)),,$(call none_named,$(MODELS))))
$(if $(filter test-tool,$(goals)),$(if $(filter 5,$(shell /usr/bin/python3 -m pytest -q --collect-only -p no:cacheprovider \
	$(PYTEST_FOLDERS) $(PYTEST_NAMED) > /dev/null 2>&1; echo $$?)),$(call none_named,\
	$(basename $(wildcard $(PYTEST_FOLDERS:%=%/test_*.py))), and what is in these)))
endif

.PHONY: test test-unit test-kernel test-tool test-system models
test: test-unit test-kernel test-tool test-system models ## all tests

build/tests/unit-objects/%.c.o: %.c | $(HOST_BUILD) $(HOST_TEST)
	@mkdir -p $(@D)
	$(call say,HOSTCC,"$< (unit tests)")
	$(Q)$(HOST_CC) $(COMMON) -O1 -D_GNU_SOURCE -DQUOLL_HOST=1 $(SANITISE) -fno-builtin -Itests/unit/host -Ikernel/core -Ikernel/arch/host -Ikernel/options/trace-off -Ilib -Itests/unit \
		$(call if_mbedtls,$(<D),$(MBEDTLS_INCLUDES)) $(DEPFLAGS) -c $< -o $@

define UNIT_LIB
$(call objects,$(call unit_sources,$(1)),build/tests/unit-objects): | $(call if_mbedtls,$(call unit_sources,$(1)),$(MBEDTLS_STAMP))
build/tests/unit-$(1): $(call objects,$(call unit_sources,$(1)),build/tests/unit-objects) \
		$(call if_mbedtls,$(call unit_sources,$(1)),build/tests/libmbedcrypto.a)
	$$(call say,HOSTLD,$$@)
	$(Q)$(HOST_CC) $(SANITISE) -o $$@ $$^ -lcmocka -lfdt -lm
$$(call dependencies,$(call objects,$(call unit_sources,$(1)),build/tests/unit-objects))
endef
$(foreach l,$(UNIT_LIBS),$(eval $(call UNIT_LIB,$(l))))

test-unit: $(UNIT_LIBS:%=build/tests/unit-%) build/tests/unit-fuzz ## kernel/core and libraries on the host, with ASan and UBSan
	@tests/system/unit "$(TEST)" $^

test-kernel: $(KERNEL_TEST_DIRS) $(SCENARIO) | $(HOST_RUN) ## the kernel's tests in QEMU
	$(if $(KERNEL_TEST_DIRS),,$(error tests/kernel has no systems yet))
	@tests/system/play kernel $(O) $(call named,$(KERNEL_TEST_DIRS))

# Opens sealed keys as services/crypto does (tests/system/test_key_search.py).
UNSEAL_OBJECTS := $(call objects,tests/system/unseal.c services/crypto/store.c,build/tests/unit-objects)
build/tests/unit-objects/tests/system/unseal.c.o: | $(MBEDTLS_STAMP)
build/tests/unseal: $(UNSEAL_OBJECTS) build/tests/libmbedcrypto.a
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) $(SANITISE) -o $@ $^
$(call dependencies,build/tests/unit-objects/tests/system/unseal.c.o)

test-tool: $(QUOLL) $(QUOLL_SAN) $(SCENARIO) build/bench-report build/tests/unseal systems/gateway | $(HOST_TEST) ## the host tool: good and bad descriptions
	$(if $(wildcard tests/tool/*.py),,$(error tests/tool has no tests yet))
	@tests/system/pytest tool $(PYTEST_FOLDERS) $(PYTEST_NAMED)

# Systems that need a kernel with options say so in a file `options`; a make of its own builds them with these.
WITH_OPTIONS := $(patsubst %/options,%,$(wildcard systems/*/options))
.PHONY: $(WITH_OPTIONS:%=%.with-options)
$(WITH_OPTIONS:%=%.with-options): %.with-options: $(call named,$(SYSTEM_DIRS)) | $(HOST_BUILD)
	@+$(MAKE) --no-print-directory $$(grep -v '^#' $*/options) $*

test-system: $(SYSTEM_DIRS) $(patsubst %,%.with-options,$(call named,$(WITH_OPTIONS))) $(SCENARIO) | $(HOST_RUN) ## every folder of systems/ boots and does what its scenario says
	$(if $(SYSTEM_DIRS),,$(error systems/ has no systems yet))
	@tests/system/play system $(O) $(call named,$(SYSTEM_DIRS))

models: | $(HOST_BUILD) $(HOST_TEST) ## every state of the protocols that concurrency makes hard, and mutations that must be found
	@tests/models/run "$(TEST)" $(MODELS:%=tests/models/%.pml)
