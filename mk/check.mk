# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# make check: a script a check in tools/check, each proven to be able to fail by tools/check/self-test.

CHECKS := format reuse calls-documented promises-tested no-if-in-core trace-free sizes tidy

$(if $(filter check,$(goals)),$(if $(filter-out $(CHECKS),$(TEST)),$(error no check '$(TEST)'; there are: $(sort $(CHECKS)))))

.PHONY: check
check: $(KERNEL_OFFSETS) | $(HOST_BUILD) $(HOST_CHECK) ## format, static analysis, licences, documentation of calls, sizes of functions
	@tools/check/check $(if $(TEST),$(TEST),$(CHECKS))
