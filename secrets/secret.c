/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for keys: OpenSSL's secure heap (locked, MADV_DONTDUMP, guard pages; I-344). */
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "secrets/secrets.h"

/* Private keys of OpenSSL live in the same heap, and OpenSSL fails when it is full; so ours take half of it at most. What is large (the
 * text of a file) has pages of its own; the many small ones that are left go to the ordinary heap, where they are wiped all the same. */
#define HEAP_BYTES	(1024 * 1024)
#define HEAP_UNIT	32

struct header {
	size_t n;
	size_t mapped;		/* bytes of pages of its own; 0: none */
	max_align_t data[];
};

static struct header *map_pages(size_t size)
{
	struct header *h = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (h == MAP_FAILED)
		return NULL;
	madvise(h, size, MADV_DONTDUMP);
	mlock(h, size);			/* as far as the limit allows */
	h->mapped = size;
	return h;
}

/* Configurations are checked in several threads, and OpenSSL leaves it to its users that this happens once. */
static pthread_once_t heap_once = PTHREAD_ONCE_INIT;

/* Without success OPENSSL_secure_zalloc() is the ordinary one. */
static void make_heap(void)
{
	if (!CRYPTO_secure_malloc_initialized())
		CRYPTO_secure_malloc_init(HEAP_BYTES, HEAP_UNIT);
}

void secrets_protect(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
#ifndef __SANITIZE_ADDRESS__	/* the leak check of the sanitizer is a debugger */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

void *secret_alloc(size_t n)
{
	struct header *h = NULL;
	size_t size;

	if (__builtin_add_overflow(n, sizeof *h, &size))
		return NULL;
	pthread_once(&heap_once, make_heap);
	if (size >= HEAP_BYTES / 8)
		h = map_pages(size);
	else if (CRYPTO_secure_used() + size < HEAP_BYTES / 2)
		h = OPENSSL_secure_zalloc(size);
	if (!h)
		h = OPENSSL_zalloc(size);
	if (!h)
		return NULL;
	h->n = n;
	return h->data;
}

void secret_free(void *p)
{
	struct header *h;

	if (!p)
		return;
	h = (struct header *)((char *)p - offsetof(struct header, data));
	OPENSSL_cleanse(p, h->n);
	if (h->mapped)
		munmap(h, h->mapped);
	else
		OPENSSL_secure_free(h);		/* knows which heap it came from */
}

int secret_set(struct secret *s, const void *bytes, size_t n)
{
	uint8_t *copy = secret_alloc(n);

	if (!copy)
		return -ENOMEM;
	if (n)
		memcpy(copy, bytes, n);
	secret_release(s);
	*s = (struct secret){ copy, n };
	return 0;
}

void secret_release(struct secret *s)
{
	secret_free(s->bytes);
	*s = (struct secret){ 0 };
}
