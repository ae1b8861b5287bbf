/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "provoke.h"

#include "component.h"
#include "judge/inspected.h"
#include "linux.h"
#include "root.h"
#include "window.h"

void provoke_prepare(enum attack_number attack)
{
    if (attack == ATTACK_loop_stands)
        (void)root_ask(ROOT_STOP, component_number("control-loop"));
    else if (attack == ATTACK_victim_stands)
        (void)root_ask(ROOT_STOP, component_number("victim"));
    else if (attack == ATTACK_linux_silent)
        linux_mislead(LINUX_SLEEPS);
    else if (attack == ATTACK_linux_wrong)
        linux_mislead(LINUX_ERRS);
}

bool provoke_prepared(void)
{
    return linux_is_misled();
}

void provoke_now(enum attack_number attack)
{
    if (attack == ATTACK_victim_changed)
        window_damage_victim();
}

void provoke_end(enum attack_number attack)
{
    if (attack == ATTACK_loop_stands)
        (void)root_ask(ROOT_START, component_number("control-loop"));
    else if (attack == ATTACK_victim_stands)
        (void)root_ask(ROOT_START, component_number("victim"));
    linux_mislead(LINUX_WORKS);
}

bool provoke_is_over(void)
{
    return linux_is_misled();
}
