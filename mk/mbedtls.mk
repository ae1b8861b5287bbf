# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Quoll authors
#
# Mbed TLS from Debian's source package with the configuration in lib/mbedtls: for components, for unit tests, for fuzzers.
# Whoever includes one of its headers is linked with it, nobody else.

MBEDTLS := $(PACKAGES)/source/mbedtls
MBEDTLS_STAMP := $(PACKAGES)/source/mbedtls.version
LIBMBEDCRYPTO := $(O)/lib/libmbedcrypto.a
# A file that the configuration leaves empty is not here.
MBEDTLS_PARTS := aes asn1parse asn1write bignum cipher cipher_wrap constant_time ctr_drbg ecdsa ecp ecp_curves gcm \
	hmac_drbg md platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client \
	psa_crypto_driver_wrappers psa_crypto_ecp psa_crypto_hash psa_crypto_slot_management psa_crypto_storage sha256

MBEDTLS_INCLUDES := -isystem $(MBEDTLS)/include -Ilib/mbedtls '-DMBEDTLS_CONFIG_FILE="mbedtls/quoll_config.h"'
# Folders, one after the other, with a source that includes a header of it.
MBEDTLS_FOLDERS := $(sort $(patsubst %/,%,$(dir $(shell grep -lsE '^\#include <(psa|mbedtls)/' \
	services/*/*.[ch] systems/*/*/*.[ch] bench/*/*/*.[ch] tests/unit/*/*.[ch] tests/system/*.c tests/fuzz-*/*.[ch]))))
# $(call if_mbedtls,files or folders,what): what, if one of them is there or in such a folder
if_mbedtls = $(if $(filter $(MBEDTLS_FOLDERS),$(1) $(patsubst %/,%,$(dir $(1)))),$(2))

# Other people's code, with their warnings; integers only, so that a switch of SIMD registers is nobody's.
MBEDTLS_FLAGS := -std=gnu99 -g -w -ffile-prefix-map=$(CURDIR)=. $(MBEDTLS_INCLUDES) -I$(MBEDTLS)/library -Ilib

build/mbedtls-objects/component$(O:build%=%)/%.o: $(MBEDTLS_STAMP) lib/mbedtls/quoll_config.h lib/mbedtls/quoll_psa_config.h | $(HOST_BUILD)
	@mkdir -p $(@D)
	$(call say,CC,$(MBEDTLS)/library/$*.c)
	$(Q)$(TARGET_CC) $(filter-out -std=% $(WARNINGS),$(COMPONENT_FLAGS)) -mgeneral-regs-only $(MBEDTLS_FLAGS) -c $(MBEDTLS)/library/$*.c -o $@

$(LIBMBEDCRYPTO): $(MBEDTLS_PARTS:%=build/mbedtls-objects/component$(O:build%=%)/%.o) mk/mbedtls.mk
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(CROSS)ar rcsD $@ $(filter %.o,$^)

lib: $(LIBMBEDCRYPTO)

build/mbedtls-objects/unit/%.o: $(MBEDTLS_STAMP) lib/mbedtls/quoll_config.h lib/mbedtls/quoll_psa_config.h | $(HOST_BUILD)
	@mkdir -p $(@D)
	$(call say,HOSTCC,"$(MBEDTLS)/library/$*.c (unit tests)")
	$(Q)$(HOST_CC) -O1 $(SANITISE) $(MBEDTLS_FLAGS) -c $(MBEDTLS)/library/$*.c -o $@

build/mbedtls-objects/fuzz/%.o: $(MBEDTLS_STAMP) lib/mbedtls/quoll_config.h lib/mbedtls/quoll_psa_config.h | $(HOST_FUZZ)
	@mkdir -p $(@D)
	$(call say,CLANG,"$(MBEDTLS)/library/$*.c (fuzzer)")
	$(Q)$(FUZZ_CC) -O2 $(SANITISE) $(MBEDTLS_FLAGS) -c $(MBEDTLS)/library/$*.c -o $@

build/tests/libmbedcrypto.a: $(MBEDTLS_PARTS:%=build/mbedtls-objects/unit/%.o)
build/fuzz/libmbedcrypto.a: $(MBEDTLS_PARTS:%=build/mbedtls-objects/fuzz/%.o)
build/tests/libmbedcrypto.a build/fuzz/libmbedcrypto.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^
