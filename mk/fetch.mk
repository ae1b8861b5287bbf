# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Third-party software: tools/fetch/fetch holds the list. A stamp for each group of host packages and a file for each
# fetched one, so that nothing asks the network twice.

FETCH := tools/fetch/fetch
PACKAGES := build/packages
HOST_BUILD := build/.host-build
HOST_RUN := build/.host-run
HOST_TEST := build/.host-test
HOST_CHECK := build/.host-check
HOST_DEBUG := build/.host-debug
HOST_FUZZ := build/.host-fuzz
HOST_UBOOT := build/.host-uboot

build/.host-%: $(FETCH)
	@mkdir -p build
	@$(FETCH) host $*
	@touch $@

$(PACKAGES)/arm64/%.version:
	@$(FETCH) arm64 $*

$(PACKAGES)/source/%.version: | $(HOST_BUILD)
	@$(FETCH) source $*

.PHONY: licences
licences: ## list every third-party package, its licence and its use
	@$(FETCH) licences
