/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h -- every hard limit on untrusted input, in one place. Exceeding one is a finding (or a counted drop), never a crash. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* configuration */
#define LIMIT_FILE_BYTES	(64u * 1024 * 1024)
#define LIMIT_TOTAL_BYTES	(256u * 1024 * 1024)	/* all files of one compilation; also keeps positions within 32 bits */
#define LIMIT_LINE_BYTES	(64u * 1024)
#define LIMIT_FILES		10000u
#define LIMIT_INCLUDE_DEPTH	10u			/* L-067: the real reader has a stack of 10 */
#define LIMIT_CONNS		1000000u
#define LIMIT_GLOB_BYTES	4095u			/* of an include pattern; glob(3) recurses over its parts */
#define LIMIT_GLOB_PARTS	4u			/* path components with wildcards, and pairs of braces: each multiplies the work */
#define LIMIT_GLOB_NAMES	200000u			/* directory entries one pattern may look at */
#define LIMIT_GLOB_ALTERNATIVES	64u			/* commas in braces */
#define LIMIT_ALSO_DEPTH	64u
#define LIMIT_ALSO_PER_CONN	256u			/* sections one conn may include in all; L-092: libreswan before 5 takes 32 */
#define LIMIT_VALUE_LIST	4096u			/* elements of one list value */
#define LIMIT_GROUP_ENTRIES	100000u			/* of one policy group file */
#define LIMIT_SUBNET_PAIRS	65536u			/* members one conn may expand to */
#define LIMIT_CHILDREN		1000000u		/* of one plan */
#define LIMIT_DUMP_POLICIES	1000000u		/* of one saved dump */
#define LIMIT_GAPS		1000u			/* of one comparison: pieces of traffic that would run in clear */
#define LIMIT_GAP_WORK		100000000u		/* policies looked at for them */
#define LIMIT_FIX_ROUNDS	10u			/* of fixing, each after a new look */
#define LIMIT_FINDINGS_PER_RULE	100u			/* shown; the rest is counted */
#define LIMIT_MESSAGE_BYTES	1024u			/* of one text of a finding; the middle of a longer one is left out */

/* project file, baseline */
#define LIMIT_YAML_BYTES	(1024u * 1024)
#define LIMIT_YAML_NODES	10000u
#define LIMIT_YAML_DEPTH	8u
#define LIMIT_OVERRIDES		1000u			/* of a project file */
#define LIMIT_BASELINE_BYTES	(64u * 1024 * 1024)
#define LIMIT_BASELINE_ENTRIES	1000000u

/* plan, facts, secrets, control */
#define LIMIT_PLAN_BYTES	(1024u * 1024 * 1024)
#define LIMIT_REPLAY_WINDOW	4096u			/* the kernel's (xfrm: bmp_len <= 128 words) */
#define LIMIT_FACTS_BYTES	(16u * 1024 * 1024)
#define LIMIT_ROUTES		1000000u		/* of one family in the facts */
#define LIMIT_SECRETS_BYTES	(16u * 1024 * 1024)
#define LIMIT_CERTIFICATE_FILE	(1024u * 1024)
#define LIMIT_CONTROL_LINE	65536u

/* IKE messages (I-029, I-122) */
#define LIMIT_DATAGRAM		65535u
#define LIMIT_PAYLOADS		128u
#define LIMIT_PROPOSALS		255u
#define LIMIT_TRANSFORMS	255u
#define LIMIT_SELECTORS		255u
#define LIMIT_LEASES		65536u			/* addresses that one pool gives */
#define LIMIT_SA_POLICIES	768u			/* that a negotiation may ask of the kernel for one child SA */
#define LIMIT_CERTIFICATES	16u
#define LIMIT_FRAGMENTS		64u

/* the IKE engine: what peers may make it keep (I-340 ... I-342) */
#define LIMIT_IKE_SAS		100000u
#define LIMIT_SAS_PER_PEER	1000u			/* of one conn; more than one only for %any and while replacing */
#define LIMIT_CHILDREN_PER_SA	256u
#define LIMIT_TASKS_PER_SA	512u
#define LIMIT_HALF_OPEN		1000u			/* above: IKE_SA_INIT is dropped */
#define LIMIT_HALF_OPEN_COOKIE	50u			/* from here on a cookie is demanded, */
#define LIMIT_HALF_OPEN_ADDRESS	3u			/* or from so many of one address */
#define LIMIT_UNPROTECTED_RATE	10u			/* answers outside an SA, other than to IKE_SA_INIT, per second */
#define LIMIT_LOG_RATE		20u			/* lines per second that anybody on the net can cause */

#endif
