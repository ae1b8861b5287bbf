/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From records of the plan to kernel objects and back.
 */
#pragma once

#include "root.h"

/* Everything that lives as long as the system. Failures are logged; what needs the object fails later. */
void build_system(void);

/* Splits the plan's memory so that its modules and code become objects of their own. Before build_system. */
void build_split_plan(void);

/* Makes a component, whole, and starts it; on failure nothing of it is left. */
bool build_component(uint32_t component);

/*
 * Ends it and everything it had; its RAM is free again. Its thread is stopped first and its peers are told, so that who
 * has its memory mapped, and runs before root does, lets go of it in time.
 */
void build_destroy(uint32_t component);

/* Objects of one owner, a component or PLAN_SYSTEM (objects.c). */
bool objects_make(uint32_t owner);
void objects_forget(uint32_t owner);

/* Memory image (load.c). */
bool load_component(uint32_t component);

/* Capabilities and mappings of `component`, and of others on its objects (connect.c). */
bool connect_component(uint32_t component);

/* Raises the restart flag at all its peers: it is about to go, or was made again (connect.c). */
void connect_tell_peers(uint32_t component);

/*
 * Waits for those who have memory of `component` mapped, have been told, and are still at work, perhaps with that
 * memory, because their time has run out: for 50 ms at most (connect.c).
 */
void connect_let_go(uint32_t component);

/* The lowest priority of the component and of all who have memory of it mapped (connect.c). */
uint32_t connect_lowest_priority(uint32_t component);
