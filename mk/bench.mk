# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# make bench: what bench/README.md describes. A kind's systems are built by one more make, because the kernel that they
# run on is another one: it lets everybody use the performance counters.

include mk/bench-services.mk

BENCH_KINDS_THERE := kernel guest linux services worst footprint restart
$(if $(filter-out $(BENCH_KINDS_THERE),$(KINDS)),$(error KINDS is '$(KINDS)', and can be of $(BENCH_KINDS_THERE)))
BENCH_KINDS := $(or $(KINDS),$(if $(QUICK),kernel guest footprint,$(BENCH_KINDS_THERE)))
BENCH_REPORT := build/bench-report
# What a kind needs: its systems on the measuring kernel, and targets on the released one, which footprint and services
# are about.
BENCH_SYSTEMS := $(filter $(foreach k,$(filter-out footprint services,$(BENCH_KINDS)),bench/$(k) bench/$(k)/%),$(BENCH_DIRS))
BENCH_TRACED := $(filter bench/worst bench/worst/stretches,$(BENCH_SYSTEMS))
BENCH_NEEDS_guest := $(SCENARIO)
BENCH_NEEDS_worst := $(SCENARIO)
BENCH_NEEDS_restart := systems/restart $(SCENARIO)
BENCH_NEEDS_footprint := kernel systems/minimal bench/footprint/boot bench/footprint/least $(SCENARIO)
BENCH_NEEDS := $(foreach k,$(BENCH_KINDS),$(BENCH_NEEDS_$(k)))
BENCH_OPTIONS := $(BENCH_KINDS:%=-k %) -e bench/expected$(if $(FULL),/full)
BENCH_ROWS = $(wildcard $(BENCH_KINDS:%=build/bench/%.rows))

BENCH_SOURCES := $(wildcard bench/report/*.c)
BENCH_OBJECTS := $(call objects,$(BENCH_SOURCES),build/host)

$(BENCH_REPORT): $(BENCH_OBJECTS)
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) -o $@ $^ -lm
$(call dependencies,$(BENCH_OBJECTS))
# The declarations are included by one source; a row that moves from one file to another must not go unnoticed.
build/host/bench/report/declared.c.o: $(wildcard bench/rows.def bench/*/rows.def)

.PHONY: bench bench-systems bench-accept
bench-systems: $(QUOLL) | $(HOST_RUN)
	+$(if $(BENCH_SYSTEMS),$(Q)$(MAKE) -s --no-print-directory COUNTERS=1 $(BENCH_SYSTEMS))
	+$(if $(BENCH_TRACED),$(Q)$(MAKE) -s --no-print-directory COUNTERS=1 TRACE=1 $(BENCH_TRACED))
	+$(if $(BENCH_NEEDS),$(Q)$(MAKE) -s --no-print-directory COUNTERS= $(BENCH_NEEDS))

bench: bench-systems $(BENCH_REPORT) ## measure everything, beside the peers; QUICK=1 Quoll's own paths, FULL=1 the long soak
	@mkdir -p build/bench build/results
	@rm -f $(BENCH_KINDS:%=build/bench/%.rows)
	@QUICK=$(QUICK) FULL=$(FULL) bench/run $(BENCH_KINDS); ran=$$?; \
	$(BENCH_REPORT) $(BENCH_OPTIONS) -j build/bench.json -s build/bench.svg -c build/results/bench build/bench/*.rows && \
	echo '  build/bench.json build/bench.svg' && exit $$ran

bench-accept: $(BENCH_REPORT) ## record what the last make bench measured in bench/expected; ROW=name that row alone
	$(Q)$(BENCH_REPORT) $(BENCH_OPTIONS) -a $(if $(ROW),-o $(ROW)) $(BENCH_ROWS)

.PHONY: bench-steps
bench-steps: | $(HOST_RUN) ## where the instructions of the most important paths go: tables in docs/design/costs.md
	+$(Q)$(MAKE) -s --no-print-directory COUNTERS=1 bench/kernel bench/guest
	$(Q)bench/steps/run build/bench/steps
