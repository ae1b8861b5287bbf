/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs as the agent's clients, in processes of their own: stock OpenSSH, and quoll-crypto. A Unix socket takes the
 * place of vsock.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guests/quoll-crypto/format.h"
#include "portal.h"
#include "services/agent/session.h"
#include "tests.h"

static char folder[] = "/tmp/quoll-agent-XXXXXX";

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 4), 0);
    return listener;
}

/* Serves one connection to its end. */
static void serve(int connection, enum agent_port port)
{
    static struct session session;
    size_t size = 0;

    session_start(&session, port, 3);
    for (;;) {
        uint8_t *room = session_room(&session, &size);
        ssize_t came = read(connection, room, size);

        if (came <= 0)
            break;
        session_came(&session, (size_t)came);
        while (session_step(&session, &behind.ssh)) {
            const uint8_t *out = session_waiting(&session, &size);

            assert_int_equal(write(connection, out, size), size);
            session_went(&session, size);
        }
    }
    close(connection);
}

/*
 * Runs a shell command as a client of the agent's port, and serves it until it ends. Answers its exit status. `q` is
 * the command quoll-crypto, which is in this program (main.c).
 */
static int with_port(enum agent_port port, const char *command)
{
    static const char Q[] = "q() { \"$QUOLL_CRYPTO\" --quoll-crypto -s agent \"$@\"; }; ";
    char path[64];
    char script[2048];
    char self[256] = "";
    int status = 0;
    int listener = 0;

    (void)snprintf(path, sizeof(path), "%s/agent", folder);
    (void)unlink(path);
    (void)snprintf(script, sizeof(script), "%s%s", Q, command);
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    listener = listen_at(path);
    pid_t child = fork();
    if (child == 0) {
        setenv("SSH_AUTH_SOCK", path, 1);
        setenv("QUOLL_CRYPTO", self, 1);
        _exit(chdir(folder) != 0 || execl("/bin/sh", "sh", "-ec", script, (char *)NULL) != 0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct pollfd ready = {.fd = listener, .events = POLLIN};

        if (poll(&ready, 1, 10) == 1)
            serve(accept(listener, NULL, NULL), port);
    }
    close(listener);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int with_agent(const char *command)
{
    return with_port(AGENT_PORT_SSH, command);
}

static int start(void **state)
{
    return mkdtemp(folder) == NULL || portal_start(state) != 0;
}

static int stop(void **state)
{
    char command[64];

    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return portal_stop(state) != 0 || system(command) != 0;
}

static void lists_signs_and_verifies(void **state)
{
    (void)state;
    assert_int_equal(with_agent("ssh-add -L > id.pub; grep -q '^ecdsa-sha2-nistp256 AAAA.* test-1$' id.pub;"
                                "ssh-keygen -l -f id.pub | grep -q '^256 SHA256:'"),
                     0);
    /* ssh-add -T has the agent sign and verifies it. */
    assert_int_equal(with_agent("ssh-add -T id.pub"), 0);
    /* What git and others do: a signature of a file, by the public part alone. */
    assert_int_equal(with_agent("echo text > file; ssh-keygen -q -Y sign -n git -f id.pub file 2> said;"
                                "{ printf 'somebody '; cut -d' ' -f1,2 id.pub; } > allowed;"
                                "ssh-keygen -q -Y verify -f allowed -I somebody -n git -s file.sig < file"),
                     0);
    assert_int_not_equal(with_agent("echo other | ssh-keygen -q -Y verify -f allowed -I somebody -n git -s file.sig"),
                         0);
}

static void gives_nothing_else(void **state)
{
    (void)state;
    assert_int_not_equal(with_agent("ssh-add -D 2> said"), 0);
    assert_int_not_equal(with_agent("ssh-keygen -q -t ed25519 -N '' -f new; ssh-add new 2> said"), 0);
    assert_int_not_equal(with_agent("ssh-add -x < /dev/null 2> said"), 0);
    assert_int_equal(with_agent("ssh-add -l > list; [ $(wc -l < list) = 1 ]"), 0);
}

static void quoll_crypto_signs(void **state)
{
    (void)state;
    assert_int_equal(with_port(AGENT_PORT_PSA, "q generate 1 sign; q public 1 > key.pem; echo text > file;"
                                               "q sign 1 < file > file.der; q verify 1 file.der < file"),
                     0);
    /* Somebody else reads the public part. */
    assert_int_equal(with_port(AGENT_PORT_PSA, "ssh-keygen -i -m PKCS8 -f key.pem | grep -q '^ecdsa-sha2-nistp256 '"),
                     0);
    /* And, where it is installed, checks the signature with it. */
    assert_int_equal(with_port(AGENT_PORT_PSA,
                               "command -v openssl > said || exit 0;"
                               "openssl dgst -sha256 -verify key.pem -signature file.der file | grep -q OK"),
                     0);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q verify 1 file.der < key.pem 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q verify 1 key.pem < file 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q generate 1 sign 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, "grep -q 'a key already' said"), 0);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q destroy 1; q public 1 2> said"), 1);
}

static void quoll_crypto_seals(void **state)
{
    (void)state;
    assert_int_equal(with_port(AGENT_PORT_PSA, "q generate 2 seal; seq 500 > plain; q seal 2 < plain > sealed;"
                                               "! grep -q 123 sealed; q unseal 2 < sealed > opened; cmp plain opened"),
                     0);
    /* Twice is not the same. */
    assert_int_equal(with_port(AGENT_PORT_PSA, "q seal 2 < plain > again; ! cmp -s sealed again;"
                                               "q unseal 2 < again > opened; cmp plain opened"),
                     0);
    assert_int_equal(with_port(AGENT_PORT_PSA, "{ cat sealed; echo; } | q unseal 2 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q unseal 2 < plain 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, ": | q seal 2 | q unseal 2 | cmp - /dev/null"), 0);
    assert_int_equal(with_port(AGENT_PORT_PSA, "seq 10000 | q seal 2 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q sign 2 < plain 2> said"), 1);
    assert_int_equal(with_port(AGENT_PORT_PSA, "[ $(q random 1000 | wc -c) = 1000 ]"), 0);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q random 0 2> said"), 2);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q seal 65536 < plain 2> said"), 2);
    assert_int_equal(with_port(AGENT_PORT_PSA, "q 2> said"), 2);
}

/* What quoll-crypto writes others read, and what is no signature it does not take for one. */
static void signatures_in_der(void **state)
{
    uint8_t signature[64] = {[31] = 1, [32] = 0x80};
    uint8_t parsed[64];
    uint8_t der[FORMAT_SIGNATURE_MAX];
    size_t size = format_signature(signature, der);

    (void)state;
    assert_int_equal(size, 2 + 3 + 35);
    assert_memory_equal(der, "\x30\x26\x02\x01\x01\x02\x21\x00\x80", 9);
    assert_true(parse_signature(der, size, parsed));
    assert_memory_equal(signature, parsed, sizeof(parsed));
    for (size_t part = 0; part < size; part++)
        assert_false(parse_signature(der, part, parsed));
    memset(signature, 0xff, sizeof(signature));
    assert_int_equal(format_signature(signature, der), FORMAT_SIGNATURE_MAX);
    assert_true(parse_signature(der, FORMAT_SIGNATURE_MAX, parsed));
    assert_memory_equal(signature, parsed, sizeof(parsed));
    der[4] = 1; /* a number of 33 bytes that mean something */
    assert_false(parse_signature(der, FORMAT_SIGNATURE_MAX, parsed));
    der[4] = 0x80; /* a negative one */
    assert_false(parse_signature(der, FORMAT_SIGNATURE_MAX, parsed));
}

int test_clients(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_signs_and_verifies), cmocka_unit_test(gives_nothing_else),
        cmocka_unit_test(quoll_crypto_signs),       cmocka_unit_test(quoll_crypto_seals),
        cmocka_unit_test(signatures_in_der),
    };

    return cmocka_run_group_tests_name("clients", tests, start, stop);
}
