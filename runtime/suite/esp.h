/* SPDX-License-Identifier: Apache-2.0 */
/* esp.h -- ESP packets in user space (RFC 4303; rules I-244..I-251): sealing and opening, replay window, counters. No sockets, no
 * policy.
 *
 * One struct esp_sa is one direction. Its cipher contexts are made once, with the key set; sealing and opening allocate
 * nothing. Tunnel mode: the text is a whole IP packet. Not thread-safe: one thread per SA. Integers are in host order.
 */
#ifndef RUNTIME_ESP_H
#define RUNTIME_ESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/transform.h"

#define ESP_WINDOW_MIN	32u	/* I-246 */
#define ESP_WINDOW_MAX	4096u
#define ESP_HEADER	8u	/* SPI and sequence number */
#define ESP_UDP_HEADER	8u

enum esp_next_header { ESP_NEXT_IPV4 = 4, ESP_NEXT_IPV6 = 41, ESP_NEXT_NONE = 59 };

enum esp_result {
	ESP_OK,
	ESP_DUMMY,		/* next header 59: right, but nothing to deliver (I-251) */
	ESP_SHORT,		/* too short, or not a multiple of the block */
	ESP_REPLAY,		/* seen before, or left of the window, or number 0 */
	ESP_BAD_ICV,
	ESP_BAD_PADDING,	/* pad bytes are not 1, 2, 3, ... (I-250), or more than there is */
	ESP_BAD_NEXT_HEADER,	/* neither 4, 41 nor 59, or it contradicts the version of the packet */
	ESP_BAD_INNER,		/* total length of the inner packet does not fit */
	ESP_EXHAUSTED,		/* seal: no number left (I-248) */
	ESP_NO_ROOM,		/* the caller's array is too small; or a text over 65535 bytes */
	ESP_FAILED,		/* OpenSSL refused: a defect, or no memory */
	ESP_RESULT_COUNT,
};

struct esp_params {
	uint32_t spi;
	const struct transform *encr;
	uint16_t encr_key_bits;		/* 0: the algorithm's only size */
	struct slice encr_key;		/* key and salt; borrowed for the call */
	const struct transform *integ;	/* NULL with AEAD */
	struct slice integ_key;
	bool esn;
	uint32_t replay_window;		/* packets; 0: off; else ESP_WINDOW_MIN..MAX, others are rounded into it. Inbound only */
};

struct esp_counters {
	uint64_t packets, bytes;	/* that went through; bytes of inner packets */
	uint64_t results[ESP_RESULT_COUNT];
};

struct esp_sa;
/* 0; -ENOTSUP with a static sentence in *ret_why; -EINVAL for a key of the wrong size; -ENOMEM. */
int esp_sa_new(const struct esp_params *params, struct esp_sa **ret, const char **ret_why);
void esp_sa_free(struct esp_sa *sa);			/* wipes the keys */
const struct esp_counters *esp_counters(const struct esp_sa *sa);
uint64_t esp_sequence(const struct esp_sa *sa);		/* last number used or, inbound, highest accepted */

size_t esp_sealed_size(const struct esp_sa *sa, size_t inner);		/* bytes of the ESP packet */
/* Largest inner packet whose ESP packet fits in `path_mtu` with an outer header of `outer` bytes (20 or 40, plus
 * ESP_UDP_HEADER); 0: none (I-255). */
size_t esp_inner_mtu(const struct esp_sa *sa, size_t path_mtu, size_t outer);

/* out[esp_sealed_size()] gets the packet from the SPI to the ICV. in and out do not overlap. */
enum esp_result esp_seal(struct esp_sa *sa, const uint8_t *inner, size_t n, enum esp_next_header next, uint8_t *out, size_t room,
			 size_t *ret_n);
/* The packet begins with the SPI, which the caller used to find this SA. out (room for n bytes is always enough) gets the
 * inner packet, cut to its own length; *ret_next ESP_NEXT_IPV4 or _IPV6. Order of checks: I-245; the window moves only when
 * the ICV is right. */
enum esp_result esp_open(struct esp_sa *sa, const uint8_t *packet, size_t n, uint8_t *out, size_t room, size_t *ret_n,
			 enum esp_next_header *ret_next);

/* For tests and for moving an SA: the next packet sealed has this number + 1. */
void esp_set_sequence(struct esp_sa *sa, uint64_t sequence);

/* --- the replay window alone (RFC 4303 section 3.4.3, appendix A2) ----------------------------------------------------------- */

struct replay_window {
	uint64_t top;			/* highest number accepted; 0: none yet */
	uint32_t size;			/* 0: off */
	bool esn;
	/* ring; one word more than the window, so that a partly old word does not count */
	uint64_t bitmap[ESP_WINDOW_MAX / 64 + 1];
};

void replay_init(struct replay_window *w, uint32_t size, bool esn);
/* High half of the number for a received low half; -1: it would be before the first packet (A2.2). Without ESN 0. */
int64_t replay_high(const struct replay_window *w, uint32_t low);
bool replay_check(const struct replay_window *w, uint64_t sequence);	/* true: may be taken, if its ICV is right */
void replay_update(struct replay_window *w, uint64_t sequence);		/* after the ICV; sequence passed replay_check() */

#endif
