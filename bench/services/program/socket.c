/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A byte there and back to a component, and a signature by a key that is not here, both by AF_VSOCK.
 */
#include <sys/socket.h>
/* behind sys/socket.h */
#include <linux/vm_sockets.h>
#include <unistd.h>

#include "guests/quoll-crypto/quoll_crypto.h"
#include "services.h"

enum { ECHO_PORT = 4100, KEY = 1, HASHED = 32 };

static uint64_t vsock_round_trip(unsigned count)
{
    static int stream = -1;
    char byte = 0;

    if (stream < 0) {
        struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = ECHO_PORT};

        stream = socket(AF_VSOCK, SOCK_STREAM, 0);
        must(stream >= 0 && connect(stream, (struct sockaddr *)&address, sizeof(address)) == 0, "connecting to `echo`");
    }
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(write(stream, &byte, 1) == 1 && read(stream, &byte, 1) == 1, "a byte to `echo` and back");
    return ticks() - start - loop_ticks(count);
}

static uint64_t sign(unsigned count)
{
    static struct quoll_crypto crypto;
    static bool open;
    static const char message[HASHED] = "what is to be signed";
    uint8_t signature[CRYPTO_SIGNATURE_BYTES] = {0};

    if (!open) {
        quoll_crypto_init(&crypto, QUOLL_CRYPTO_CID, QUOLL_CRYPTO_PORT, NULL);
        must(quoll_crypto_generate(&crypto, KEY, QUOLL_CRYPTO_SIGN) == CRYPTO_SUCCESS, "a key");
        open = true;
    }
    uint64_t start = ticks();
    for (unsigned i = 0; i < count; i++)
        must(quoll_crypto_sign(&crypto, KEY, message, sizeof(message), signature) == CRYPTO_SUCCESS, "a signature");
    return ticks() - start;
}

const struct measurement socket_measurements[] = {
    {"vsock_round_trip", vsock_round_trip, 500, 5},
    {"psa_sign_vsock", sign, 4, 9},
    MEASUREMENT_END,
};
