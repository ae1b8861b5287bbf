/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "quoll_crypto.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, INPUT_MAX = QUOLL_CRYPTO_DATA_MAX + QUOLL_CRYPTO_SEAL_BYTES };

static uint8_t input[INPUT_MAX + 1];
static uint8_t output[INPUT_MAX];

static int usage(void)
{
    (void)fputs("usage: quoll-crypto [-c CID] [-p PORT] [-s SOCKET] COMMAND\n"
                "  generate KEY sign|seal   makes a key; KEY is 1 to 65535\n"
                "  destroy KEY              it is gone for good\n"
                "  public KEY               its public part, in PEM\n"
                "  sign KEY                 < message > signature, ECDSA with SHA-256 on P-256, in DER\n"
                "  verify KEY SIGNATURE     < message; SIGNATURE is a file\n"
                "  seal KEY                 < data > sealed\n"
                "  unseal KEY               < sealed > data\n"
                "  random BYTES             > bytes\n"
                "The agent is at CID 2, port 4001, unless -c, -p or a Unix socket (-s) say otherwise. A message is at\n"
                "most 16000 bytes; sign the hash of what is longer.\n",
                stderr);
    return USAGE;
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "quoll-crypto: %s\n", what);
    return FAILED;
}

/* Of a call: done, and `size` bytes of output with it. */
static int finish(int status, const void *bytes, size_t size)
{
    if (status != CRYPTO_SUCCESS)
        return fail(quoll_crypto_text(status));
    if (fwrite(bytes, 1, size, stdout) != size || fflush(stdout) != 0)
        return fail("standard output cannot be written");
    return DONE;
}

/* All of a stream into `bytes`; false: it has more than `room`, or cannot be read. */
static bool read_all(FILE *stream, uint8_t *bytes, size_t room, size_t *size)
{
    *size = fread(bytes, 1, room + 1, stream);
    return ferror(stream) == 0 && *size <= room;
}

/* A number from 1 to `most`, or 0. */
static uint32_t number(const char *text, unsigned long most)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    return text[0] < '0' || text[0] > '9' || *end != '\0' || value > most ? 0 : (uint32_t)value;
}

static int generate(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    bool sign = argument[0] != NULL && strcmp(argument[0], "sign") == 0;

    if (argument[0] == NULL || (!sign && strcmp(argument[0], "seal") != 0))
        return usage();
    return finish(quoll_crypto_generate(crypto, key, sign ? QUOLL_CRYPTO_SIGN : QUOLL_CRYPTO_SEAL), "", 0);
}

static int destroy(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    (void)argument;
    return finish(quoll_crypto_destroy(crypto, key), "", 0);
}

static int show_public(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    uint8_t point[CRYPTO_PUBLIC_KEY_BYTES] = {0};
    char pem[FORMAT_PEM_MAX];
    int status = quoll_crypto_public(crypto, key, point);

    (void)argument;
    return finish(status, pem, format_public(point, pem));
}

static int sign(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    uint8_t signature[CRYPTO_SIGNATURE_BYTES] = {0};
    uint8_t der[FORMAT_SIGNATURE_MAX];
    size_t size = 0;
    int status = CRYPTO_SUCCESS;

    (void)argument;
    if (!read_all(stdin, input, QUOLL_CRYPTO_DATA_MAX, &size))
        return fail("the message is too long, or cannot be read");
    status = quoll_crypto_sign(crypto, key, input, size, signature);
    return finish(status, der, format_signature(signature, der));
}

static int verify(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    uint8_t der[FORMAT_SIGNATURE_MAX + 1];
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    size_t size = 0;
    bool good = false;
    FILE *file = argument[0] == NULL ? NULL : fopen(argument[0], "rb");

    if (argument[0] == NULL)
        return usage();
    if (file == NULL)
        return fail("the signature cannot be read");
    good = read_all(file, der, FORMAT_SIGNATURE_MAX, &size) && parse_signature(der, size, signature);
    (void)fclose(file);
    if (!good)
        return fail("that is no signature");
    if (!read_all(stdin, input, QUOLL_CRYPTO_DATA_MAX, &size))
        return fail("the message is too long, or cannot be read");
    return finish(quoll_crypto_verify(crypto, key, input, size, signature), "", 0);
}

static int seal(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    size_t size = 0;
    int status = CRYPTO_SUCCESS;

    (void)argument;
    if (!read_all(stdin, input, QUOLL_CRYPTO_DATA_MAX, &size))
        return fail("the data are too long, or cannot be read");
    status = quoll_crypto_seal(crypto, key, input, size, output, &size);
    return finish(status, output, size);
}

static int unseal(struct quoll_crypto *crypto, uint32_t key, char **argument)
{
    size_t size = 0;
    int status = CRYPTO_SUCCESS;

    (void)argument;
    if (!read_all(stdin, input, INPUT_MAX, &size))
        return fail("the data are too long, or cannot be read");
    status = quoll_crypto_unseal(crypto, key, input, size, output, &size);
    return finish(status, output, size);
}

/* `bytes` is where a key is otherwise. */
static int give_random(struct quoll_crypto *crypto, uint32_t bytes, char **argument)
{
    int status = CRYPTO_SUCCESS;

    (void)argument;
    for (uint32_t left = bytes; left != 0;) {
        uint32_t part = left < QUOLL_CRYPTO_DATA_MAX ? left : QUOLL_CRYPTO_DATA_MAX;

        status = finish(quoll_crypto_random(crypto, output, part), output, part);
        if (status != DONE)
            return status;
        left -= part;
    }
    return DONE;
}

static const struct {
    const char *name;
    int (*run)(struct quoll_crypto *crypto, uint32_t key, char **argument);
    unsigned long most; /* of the number that follows */
} commands[] = {
    {"generate", generate, AGENT_KEY_MAX}, {"destroy", destroy, AGENT_KEY_MAX}, {"public", show_public, AGENT_KEY_MAX},
    {"sign", sign, AGENT_KEY_MAX},         {"verify", verify, AGENT_KEY_MAX},   {"seal", seal, AGENT_KEY_MAX},
    {"unseal", unseal, AGENT_KEY_MAX},     {"random", give_random, 1UL << 24},
};

static int run(struct quoll_crypto *crypto, char **argument)
{
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        uint32_t value = 0;
        int status = DONE;

        if (argument[0] == NULL || strcmp(argument[0], commands[i].name) != 0)
            continue;
        value = argument[1] == NULL ? 0 : number(argument[1], commands[i].most);
        if (value == 0)
            return usage();
        status = commands[i].run(crypto, value, argument + 2);
        quoll_crypto_close(crypto);
        return status;
    }
    return usage();
}

int quoll_crypto_command(int argc, char **argv)
{
    struct quoll_crypto crypto;
    uint32_t cid = QUOLL_CRYPTO_CID;
    uint32_t port = QUOLL_CRYPTO_PORT;
    const char *path = NULL;
    int option = 0;

    optind = 1;
    while ((option = getopt(argc, argv, "c:p:s:")) != -1) {
        if (option == 'c')
            cid = number(optarg, UINT32_MAX);
        else if (option == 'p')
            port = number(optarg, UINT32_MAX);
        else if (option == 's')
            path = optarg;
        else
            return usage();
    }
    if (cid == 0 || port == 0)
        return usage();
    quoll_crypto_init(&crypto, cid, port, path);
    return run(&crypto, argv + optind);
}
