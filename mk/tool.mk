# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# The host tool, once as used and once with the sanitisers for its tests; and the scenario player of make run.

QUOLL := build/quoll
QUOLL_SAN := build/quoll-san
SCENARIO := build/scenario

TOOL_SOURCES := $(wildcard tools/quoll/*.c)
TOOL_OBJECTS := $(call objects,$(TOOL_SOURCES),build/host)
TOOL_SAN_OBJECTS := $(call objects,$(TOOL_SOURCES),build/host-san)
RUN_OBJECTS := $(call objects,$(wildcard tools/run/*.c),build/host)

.PHONY: tool
tool: $(QUOLL) ## the host tool, build/quoll

build/host/%.c.o: %.c | $(HOST_BUILD)
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(Q)$(HOST_CC) $(COMMON) -O2 -D_GNU_SOURCE $(DEPFLAGS) -c $< -o $@

build/host-san/%.c.o: %.c | $(HOST_BUILD)
	@mkdir -p $(@D)
	$(call say,HOSTCC,"$< (sanitised)")
	$(Q)$(HOST_CC) $(COMMON) -O1 -D_GNU_SOURCE $(SANITISE) $(DEPFLAGS) -c $< -o $@

$(QUOLL): $(TOOL_OBJECTS) | $(HOST_BUILD)
	$(if $(TOOL_SOURCES),,$(error tools/quoll has no sources yet))
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) -o $@ $^ -lyaml -lfdt -lm

$(QUOLL_SAN): $(TOOL_SAN_OBJECTS) | $(HOST_BUILD)
	$(if $(TOOL_SOURCES),,$(error tools/quoll has no sources yet))
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) $(SANITISE) -o $@ $^ -lyaml -lfdt -lm

$(SCENARIO): $(RUN_OBJECTS)
	$(call say,HOSTLD,$@)
	$(Q)$(HOST_CC) -o $@ $^

$(call dependencies,$(TOOL_OBJECTS) $(TOOL_SAN_OBJECTS) $(RUN_OBJECTS))
