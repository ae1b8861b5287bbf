/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An entropy device (virtio 1.2, 5.4): one queue of buffers that the device writes random bytes to, one at least, as
 * many as there is room for at most. It has no configuration and no features.
 */
#pragma once

enum { VIRTIO_ENTROPY_ID = 4 };
