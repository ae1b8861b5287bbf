/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stock OpenSSH as the agent's client: a Unix socket takes the place of vsock and socat.
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
static void serve(int connection)
{
    static struct session session;
    size_t size = 0;

    session_start(&session, AGENT_PORT_SSH, 3);
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

/* Runs a shell command as a client of the agent, and serves it until it ends. Answers its exit status. */
static int with_agent(const char *command)
{
    char path[64];
    int status = 0;
    int listener = 0;

    (void)snprintf(path, sizeof(path), "%s/agent", folder);
    (void)unlink(path);
    listener = listen_at(path);
    pid_t child = fork();
    if (child == 0) {
        setenv("SSH_AUTH_SOCK", path, 1);
        _exit(chdir(folder) != 0 || execl("/bin/sh", "sh", "-ec", command, (char *)NULL) != 0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct pollfd ready = {.fd = listener, .events = POLLIN};

        if (poll(&ready, 1, 10) == 1)
            serve(accept(listener, NULL, NULL));
    }
    close(listener);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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

int test_openssh(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_signs_and_verifies),
        cmocka_unit_test(gives_nothing_else),
    };

    return cmocka_run_group_tests_name("openssh", tests, start, stop);
}
