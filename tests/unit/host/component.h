/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tool makes for a component of a system: here for programs of the largest system, as unit tests want them.
 */
#pragma once

#define COMPONENT_COUNT        60
#define OBJECT_COUNT           750
#define COMPONENT_CLIENT_COUNT 17
#define COMPONENT_GUEST_COUNT  2
