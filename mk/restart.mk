# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# make restart: systems/restart for longer than make test has it; the judge gets its orders as arguments of the description.

KILLS ?= 200
RESTART := systems/restart

.PHONY: restart
restart: $(RESTART) $(SCENARIO) | $(HOST_RUN) ## kill every component and guest under load, KILLS=n times, SEED=n, and check their data
	$(Q)$(QUOLL) build $(RESTART)/system.yaml -o $(O)/$(RESTART)/image.restart --search $(O)/$(RESTART) --search build/guests \
		--kernel $(KERNEL_BIN) --set 'components.judge.arguments=kills=$(KILLS) seed=$(SEED)'
	$(Q)$(RESTART)/play $(O)/$(RESTART)/image.restart $(O)/$(RESTART)/restart.log $(KILLS) $(SEED)
