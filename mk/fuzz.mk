# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# The kernel under a fuzzer, with a model beside it: tests/fuzz/README.md.

FUZZ_KERNEL := $(wildcard kernel/core/*.c)
FUZZ_REST := $(wildcard kernel/arch/host/*.c) $(patsubst %,tests/unit/kernel/%.c,machine invariants accounting specification) \
	$(filter-out tests/fuzz/main.c tests/fuzz/libfuzzer.c,$(wildcard tests/fuzz/*.c))
FUZZ_INCLUDES := -Itests/unit/host -Ikernel/core -Ikernel/arch/host -Ikernel/options/trace-off -Ilib -Itests/unit
CORPUS := tests/fuzz/corpus

# For make test: with the compiler and the flags of the unit tests, whose suite it is a program of.
FUZZ_UNIT := $(call objects,$(FUZZ_KERNEL) $(FUZZ_REST) tests/fuzz/main.c,build/tests/unit-objects)
build/tests/unit-fuzz: $(FUZZ_UNIT)
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) $(SANITISE) -o $@ $^ -lcmocka
$(call dependencies,$(FUZZ_UNIT))

# The same without sanitisers, several times as fast: for long runs of the model beside the kernel.
FUZZ_FAST := $(call objects,$(FUZZ_KERNEL) $(FUZZ_REST) tests/fuzz/main.c,build/fuzz/fast)
FUZZ_FAST_CC = $(HOST_CC) $(COMMON) -O2 -D_GNU_SOURCE -DQUOLL_HOST=1 $(FUZZ_INCLUDES)
build/fuzz/fast/%.c.o: %.c | $(HOST_TEST)
	@mkdir -p $(@D)
	$(call say,HOSTCC,"$< (fast)")
	$(Q)$(FUZZ_FAST_CC) $(DEPFLAGS) -c $< -o $@
build/fuzz/fuzz-fast: $(FUZZ_FAST)
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) -o $@ $^ -lcmocka
$(call dependencies,$(FUZZ_FAST))

.PHONY: mutations
mutations: build/fuzz/fuzz-fast ## mistakes in kernel/core that corpus and seed of the fuzzer must find
	@tests/fuzz/mutate "$(TEST)" tests/fuzz/mutations $< "$(FUZZ_FAST_CC)" "$(HOST_CC)" $(FUZZ_FAST)

# For make fuzz: clang and libFuzzer, which is to know the kernel's branches and nobody else's.
FUZZ_CC := clang
FUZZ_FLAGS := $(COMMON) -Wno-sign-conversion -Wno-string-conversion -O1 -D_GNU_SOURCE -DQUOLL_HOST=1 \
	$(SANITISE) $(FUZZ_INCLUDES)
FUZZ_OBJECTS := $(call objects,$(FUZZ_KERNEL) $(FUZZ_REST) tests/fuzz/libfuzzer.c,build/fuzz/objects)
build/fuzz/objects/kernel/core/%: FUZZ_FLAGS += -fsanitize=fuzzer-no-link
build/fuzz/objects/%.c.o: %.c | $(HOST_TEST) $(HOST_FUZZ)
	@mkdir -p $(@D)
	$(call say,CLANG,"$< (fuzzer)")
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(call if_mbedtls,$(<D),$(MBEDTLS_INCLUDES)) $(DEPFLAGS) -c $< -o $@
build/fuzz/quoll-fuzz: $(FUZZ_OBJECTS)
	$(call say,CLANGLD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=address,undefined,fuzzer -o $@ $^ -lcmocka
$(call dependencies,$(FUZZ_OBJECTS))

TIME ?= 60
.PHONY: fuzz fuzz-corpus
fuzz: build/fuzz/quoll-fuzz ## TIME=seconds: the kernel under libFuzzer, beside a model of its calls
	@tests/fuzz/run $< $(TIME) $(CORPUS)

# What a run found that is new, as few files as cover the same.
fuzz-corpus: build/fuzz/quoll-fuzz ## keep what make fuzz found in tests/fuzz/corpus, minimised
	@tests/fuzz/run $< merge $(CORPUS)

.PHONY: explore
explore: build/fuzz/fuzz-fast ## TIME=seconds: every sequence of a few calls in a small world, breadth first
	@$< explore $(TIME)

# What the unit tests and the fuzzer reach of kernel/core, line by line and branch by branch.
COVERAGE := build/coverage
COVERED_UNITS := kernel vcpu faults
COVERED := $(COVERED_UNITS:%=$(COVERAGE)/unit-%) $(COVERAGE)/unit-fuzz
$(COVERAGE)/objects/%.c.o: %.c | $(HOST_TEST) $(HOST_FUZZ)
	@mkdir -p $(@D)
	$(call say,CLANG,"$< (coverage)")
	$(Q)$(FUZZ_CC) $(COMMON) -Wno-sign-conversion -Wno-string-conversion -O1 -D_GNU_SOURCE -DQUOLL_HOST=1 \
		-fprofile-instr-generate -fcoverage-mapping $(FUZZ_INCLUDES) $(DEPFLAGS) -c $< -o $@
# $(1): its name, $(2): its sources
define COVERED_PROGRAM
$(COVERAGE)/unit-$(1): $(call objects,$(2),$(COVERAGE)/objects)
	$$(call say,CLANGLD,$$@)
	$(Q)$(FUZZ_CC) -fprofile-instr-generate -o $$@ $$^ -lcmocka -lfdt -lm
$$(call dependencies,$(call objects,$(2),$(COVERAGE)/objects))
endef
$(foreach u,$(COVERED_UNITS),$(eval $(call COVERED_PROGRAM,$(u),$(call unit_sources,$(u)))))
$(eval $(call COVERED_PROGRAM,fuzz,$(FUZZ_KERNEL) $(FUZZ_REST) tests/fuzz/main.c))

.PHONY: coverage
coverage: $(COVERED) ## what the unit tests and the fuzzer's corpus reach of kernel/core
	@tests/fuzz/coverage $(COVERAGE) $(COVERED)

# Services under libFuzzer: a folder tests/fuzz-NAME each, whose file `sources` names what is linked with it, as in
# tests/unit, and whose `corpus` is where a run begins; a file `options` has some for libFuzzer. Without hooks in every
# comparison they run two to four times as often; the corpora were begun with them.
FUZZED := $(patsubst tests/fuzz-%/sources,%,$(wildcard tests/fuzz-*/sources))
define FUZZ_SERVICE
FUZZ_$(1) := $(call objects,$(wildcard tests/fuzz-$(1)/*.c $(shell sed 's/\#.*//' tests/fuzz-$(1)/sources)),build/fuzz/objects)
$$(FUZZ_$(1)): FUZZ_FLAGS += -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
$$(FUZZ_$(1)): | $$(call if_mbedtls,$$(FUZZ_$(1):build/fuzz/objects/%.o=%),$(MBEDTLS_STAMP))
build/fuzz/$(1)-fuzz: $$(FUZZ_$(1)) $$(call if_mbedtls,$$(FUZZ_$(1):build/fuzz/objects/%.o=%),build/fuzz/libmbedcrypto.a)
	$$(call say,CLANGLD,$$@)
	$(Q)$(FUZZ_CC) -fsanitize=address,undefined,fuzzer -o $$@ $$^ -lcmocka
$$(call dependencies,$$(FUZZ_$(1)))
endef
$(foreach n,$(FUZZED),$(eval $(call FUZZ_SERVICE,$(n))))

.PHONY: fuzz-services $(FUZZED:%=fuzz-%) $(FUZZED:%=fuzz-corpus-%)
fuzz-services: $(FUZZED:%=fuzz-%) ## TIME=seconds: each service under libFuzzer; one alone: make fuzz-block
# Inputs in proportion to how little time they take, and memory's history is for whoever replays what was found.
$(FUZZED:%=fuzz-%): fuzz-%: build/fuzz/%-fuzz
	@mkdir -p build/fuzz/$*.corpus && cd build/fuzz && ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=32 \
		./$*-fuzz -max_total_time=$(TIME) -entropic_scale_per_exec_time=1 -print_final_stats=1 \
		$(or $(shell sed 's/\#.*//' tests/fuzz-$*/options 2>/dev/null),-max_len=16385) \
		$*.corpus $(wildcard $(CURDIR)/tests/fuzz-$*/corpus)

# For make test, as build/tests/unit-fuzz: each with tests/replay in libFuzzer's place.
REPLAYED := $(FUZZED:%=build/tests/unit-fuzz-%)
define REPLAYED_SERVICE
REPLAY_$(1) := $$(FUZZ_$(1):build/fuzz/objects/%=build/tests/unit-objects/%)
$$(REPLAY_$(1)): | $$(call if_mbedtls,$$(FUZZ_$(1):build/fuzz/objects/%.o=%),$(MBEDTLS_STAMP))
build/tests/replay-objects/$(1).o: tests/replay/replay.c | $(HOST_BUILD) $(HOST_TEST)
	@mkdir -p $$(@D)
	$$(call say,HOSTCC,"$$< (fuzz-$(1))")
	$(Q)$(HOST_CC) $(COMMON) -O1 -D_GNU_SOURCE $(SANITISE) -Itests/unit '-DCORPUS="tests/fuzz-$(1)/corpus"' $$(DEPFLAGS) -c $$< -o $$@
build/tests/unit-fuzz-$(1): $$(REPLAY_$(1)) build/tests/replay-objects/$(1).o \
		$$(call if_mbedtls,$$(FUZZ_$(1):build/fuzz/objects/%.o=%),build/tests/libmbedcrypto.a)
	$$(call say,HOSTLD,$$@)
	$(Q)$(HOST_CC) $(SANITISE) -o $$@ $$^ -lcmocka
$$(call dependencies,$$(REPLAY_$(1)) build/tests/replay-objects/$(1).o)
endef
$(foreach n,$(FUZZED),$(eval $(call REPLAYED_SERVICE,$(n))))
test-unit: $(REPLAYED)

# Keeps what make fuzz-NAME found, as few files as cover it.
$(FUZZED:%=fuzz-corpus-%): fuzz-corpus-%: build/fuzz/%-fuzz
	@mkdir -p build/fuzz/$*.merged tests/fuzz-$*/corpus && rm -f build/fuzz/$*.merged/*
	@$< -set_cover_merge=1 build/fuzz/$*.merged $(wildcard tests/fuzz-$*/corpus) build/fuzz/$*.corpus
	@find tests/fuzz-$*/corpus -type f ! -name '*.md' -delete
	@cp build/fuzz/$*.merged/* tests/fuzz-$*/corpus
