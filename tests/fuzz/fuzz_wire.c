/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_wire.c -- any bytes as an IKE datagram: header, payloads, the text of SK as if it were decrypted, every view, and
 * decryption. */
#include "runtime/suite/suite.h"
#include "tests/unit/wire_walk.h"

static struct sk_cipher *new_cipher(const char *encr, uint16_t bits, const char *integ)
{
	static const uint8_t key[SUITE_ENCR_MAX];
	struct suite_choice choice = {
		.encr = transform_by_name(TRANSFORM_ENCR, encr),
		.encr_key_bits = bits,
		.integ = integ ? transform_by_name(TRANSFORM_INTEG, integ) : NULL,
	};
	struct sk_cipher *c;

	if (sk_cipher_new(&choice, slice_bytes(key, suite_encr_key_size(choice.encr, bits)),
			  slice_bytes(key, suite_integ_key_size(choice.integ)), &c))
		abort();
	return c;
}

static void decrypt(struct slice datagram)
{
	struct sk_cipher *ciphers[] = { new_cipher("AES_GCM_16", 128, NULL), new_cipher("AES_CBC", 128, "HMAC_SHA2_256_128") };
	struct wire_message msg;
	struct wire_fault fault;
	struct wire_sk sk;
	struct buf text = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		if (wire_parse(datagram, &msg, &fault) == WIRE_OK && wire_sk(&msg, &sk))
			sk_open(ciphers[i], datagram, sk.offset, &text);
		sk_cipher_free(ciphers[i]);
	}
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *copy;

	walk_datagram(slice_bytes(data, n));
	decrypt(slice_bytes(data, n));
	if (n < WIRE_HEADER_SIZE)
		return 0;
	/* Again with the length made right, which a mutation seldom is. */
	copy = malloc(n);
	memcpy(copy, data, n);
	for (unsigned i = 0; i < 4; i++)
		copy[24 + i] = (uint8_t)(n >> (24 - 8 * i));
	walk_datagram(slice_bytes(copy, n));
	free(copy);
	return 0;
}
