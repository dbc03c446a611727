/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm_sa.h -- SAs as messages of NETLINK_XFRM (rules I-221 ... I-227). Keys are copied into the message: the caller wipes it. */
#ifndef RUNTIME_DATAPLANE_XFRM_SA_H
#define RUNTIME_DATAPLANE_XFRM_SA_H

#include "netlink/netlink.h"
#include "runtime/dataplane/dataplane.h"

/* type: XFRM_MSG_NEWSA or XFRM_MSG_UPDSA. NULL with *ret_why when the kernel has no name for an algorithm, or a key cannot fit. */
struct nlmsghdr *xfrm_sa_message(void *buffer, uint16_t type, const struct dp_sa *sa, const char **ret_why);
/* type: XFRM_MSG_GETSA or XFRM_MSG_DELSA. */
struct nlmsghdr *xfrm_sa_id_message(void *buffer, uint16_t type, const struct dp_sa_id *id);
struct nlmsghdr *xfrm_allocspi_message(void *buffer, const struct dp_sa_id *id, uint32_t reqid, uint32_t min, uint32_t max);
/* The message of a new encapsulation for an SA whose addresses stay (I-227). */
void xfrm_sa_put_encap(struct nlmsghdr *message, uint16_t src_port, uint16_t dst_port);

#endif
