# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# make attack: systems/attacks for longer than make test has it. The judge gets its orders as arguments of the
# description, so that no program is compiled again.

SEED ?= 1
# Milliseconds of the board for each attack.
LENGTH ?= 3000
ATTACKS := systems/attacks

.PHONY: attack
attack: $(ATTACKS) $(SCENARIO) | $(HOST_RUN) ## attack everything; TEST=name one attack, TEST=guest- all that begin so, SEED=n, LENGTH=ms each
	$(Q)$(QUOLL) build $(ATTACKS)/system.yaml -o $(O)/$(ATTACKS)/image.attack --search $(O)/$(ATTACKS) --search build/guests \
		--kernel $(KERNEL_BIN) --set 'components.judge.arguments=seed=$(SEED) length=$(LENGTH) only=$(or $(TEST),all)'
	$(Q)$(ATTACKS)/play $(O)/$(ATTACKS)/image.attack $(O)/$(ATTACKS)/attack.log
