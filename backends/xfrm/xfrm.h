/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm.h -- the Linux kernel's policies, as text for `ip -batch` (iproute2) and as netlink messages.
 *
 * Text: one comment line per connection, then one "xfrm policy update ..." per policy; `update` makes or replaces, so the file
 * may be run twice. Netlink: the same policies as XFRM_MSG_UPDPOLICY requests, one after the other. States are no matter
 * of this backend: they hold keys, which IKE makes.
 */
#ifndef BACKENDS_XFRM_H
#define BACKENDS_XFRM_H

#include "backends/backend.h"

extern const struct backend xfrm_backend;

#endif
