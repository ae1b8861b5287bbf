/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* GONE: the service cannot be reached. It is being made again, and will tell us when it is there. */
enum service_answer { SERVICE_DONE, SERVICE_REFUSED, SERVICE_GONE };
