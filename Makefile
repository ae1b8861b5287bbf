# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Quoll's one makefile; its parts are in mk/, whose README says what each does. `make help` lists the targets.
.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += -rR

include mk/config.mk
include mk/fetch.mk
include mk/tool.mk
include mk/lib.mk
include mk/mbedtls.mk
include mk/kernel.mk
include mk/guests.mk
include mk/systems.mk
include mk/run.mk
include mk/test.mk
include mk/fuzz.mk
include mk/attack.mk
include mk/restart.mk
include mk/bench-linux.mk
include mk/guest-programs.mk
include mk/bench.mk
include mk/check.mk
include mk/install.mk

.PHONY: all help clean
all: $(QUOLL) kernel lib systems ## build everything

help: ## this list
	@sed -nE 's/^([a-z][a-z-]*):[^#]*## (.*)/  make \1\t\2/p' Makefile mk/*.mk | expand -t 24 | sort
	@echo
	@echo '  SYSTEM=name           which folder of systems/ (make run, make debug), otherwise gateway'
	@echo '  TIME=wall             make run with idle seconds as long as yours'
	@echo '  NET=user              make run of a system with a wire: on the network of your host; port 2222 of your loopback is its ssh'
	@echo '  SSH_PORT=n            another port than 2222, with NET=user'
	@echo '  KERNEL=file INITRD=file BOOTARGS=text    make run with a guest of your own, in place of the description'"'"'s first'
	@echo '  BUILD=debug           unoptimised kernel and components with debug calls, below build/debug'
	@echo '  TRACE=1               a kernel that keeps a trace of what it does (docs/guide/tracing.md), below build/trace'
	@echo '  TEST=name             only the tests with this name'
	@echo '  QUICK=1 FULL=1        the short form and the long form of make bench'
	@echo '  V=1                   show whole commands'

clean: ## remove everything built, but keep the packages that were fetched
	$(Q)rm -rf $(filter-out build/packages,$(wildcard build/*)) build/.[a-z]*
