/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_esp.c -- any bytes as ESP packets of one SA, and any bytes as a text whose ICV is right. The first byte chooses. */
#include <stdlib.h>

#include "runtime/suite/esp.h"
#include "runtime/suite/suite.h"

static const uint8_t key[SUITE_ENCR_MAX];

static struct esp_sa *new_sa(const char *encr, uint16_t bits, const char *integ, bool esn)
{
	struct esp_params params = {
		.encr = transform_by_name(TRANSFORM_ENCR, encr),
		.encr_key_bits = bits,
		.integ = integ ? transform_by_name(TRANSFORM_INTEG, integ) : NULL,
		.esn = esn,
		.replay_window = 64,
	};
	struct esp_sa *sa;
	const char *why;

	params.encr_key = slice_bytes(key, suite_encr_key_size(params.encr, bits));
	params.integ_key = slice_bytes(key, suite_integ_key_size(params.integ));
	if (esp_sa_new(&params, &sa, &why))
		abort();
	return sa;
}

static void open_packet(struct esp_sa *sa, const uint8_t *packet, size_t n)
{
	uint8_t *out = malloc(n ? n : 1);	/* the room that is always enough */
	enum esp_next_header next;
	size_t size;

	if (esp_open(sa, packet, n, out, n, &size, &next) == ESP_OK &&
	    (size == 0 || size > n || out[0] >> 4 != (next == ESP_NEXT_IPV4 ? 4 : 6)))
		abort();
	free(out);
}

/* As a peer would send it who has the key, with NULL encryption: 4 bytes of sequence number, then the text. */
static void open_authentic(const uint8_t *data, size_t n)
{
	static struct prf *prf;
	struct esp_sa *sa = new_sa("NULL", 0, "HMAC_SHA2_256_128", false);
	uint8_t *packet = calloc(1, n + 4 + SUITE_PRF_MAX);
	struct slice part;

	if (!prf && prf_new(transform_by_name(TRANSFORM_PRF, "HMAC_SHA2_256"), &prf))
		abort();
	memcpy(packet + 4, data, n);
	part = slice_bytes(packet, n + 4);
	if (prf_compute(prf, slice_bytes(key, 32), &part, 1, packet + 4 + n))
		abort();
	open_packet(sa, packet, n + 4 + 16);
	free(packet);
	esp_sa_free(sa);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct esp_sa *sa;

	if (n == 0)
		return 0;
	if (data[0] & 1) {
		open_authentic(data + 1, n - 1);
		return 0;
	}
	sa = data[0] & 2 ? new_sa("AES_CBC", 128, "HMAC_SHA2_256_128", data[0] & 4) : new_sa("AES_GCM_16", 128, NULL, data[0] & 4);
	open_packet(sa, data + 1, n - 1);
	esp_sa_free(sa);
	return 0;
}
