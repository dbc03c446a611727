/* SPDX-License-Identifier: Apache-2.0 */
/* certs.c -- certificates, keys and CRLs from files: DIR/certs, private, cacerts, crls, where Libreswan has an NSS database. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/ipsec-run/run.h"

static bool needs_certificates(const struct plan *plan)
{
	for (size_t i = 0; i < plan->peers.n; i++)
		if (plan_auth_signs(plan->peers.v[i].local.auth) || plan_auth_signs(plan->peers.v[i].remote.auth) ||
		    plan->peers.v[i].local.id.type == IDENT_FROM_CERT)
			return true;
	return false;
}

/* -EINVAL: it is not what it should be; the others speak for themselves. */
static void tell(struct run_input *in, const char *path, const char *what, int error)
{
	if (error == -ENOKEY)
		diag_report(&in->diag, RULE_CERTIFICATE_FILE_UNUSABLE, (struct span){ 0, 0 },
			    "'%s': the private key is protected by a passphrase", path);
	else if (error == -EINVAL)
		diag_report(&in->diag, RULE_CERTIFICATE_FILE_UNUSABLE, (struct span){ 0, 0 }, "'%s' holds no %s, in PEM or DER", path,
			    what);
	else
		diag_report(&in->diag, RULE_CERTIFICATE_FILE_UNUSABLE, (struct span){ 0, 0 }, "'%s': %s", path, strerror(-error));
}

/* The text in memory for keys: most of it is none, but this is one way for all. */
static int read_file(const char *path, struct secret *ret)
{
	struct source_id id;
	char *text = NULL;
	size_t size = 0;
	int r = source_reader_system.read(NULL, path, LIMIT_CERTIFICATE_FILE, &text, &size, &id);

	if (r == 0)
		r = secret_set(ret, text, size);
	if (text)
		explicit_bzero(text, size);
	free(text);
	return r;
}

static int add_anchors(struct run_input *in, const char *path)
{
	CLEANUP(secret_release) struct secret text = { 0 };
	int r = read_file(path, &text);

	return r < 0 ? r : credentials_add_anchors(in->credentials, secret_slice(&text));
}

static int add_crls(struct run_input *in, const char *path)
{
	CLEANUP(secret_release) struct secret text = { 0 };
	int r = read_file(path, &text);

	return r < 0 ? r : credentials_add_crls(in->credentials, secret_slice(&text));
}

static int add_key(struct run_input *in, const char *path)
{
	CLEANUP(secret_release) struct secret text = { 0 };
	int r = run_file_is_private(in, path) ? read_file(path, &text) : -EACCES;

	return r < 0 ? r : credentials_add_key(in->credentials, secret_slice(&text));
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void free_entries(struct dirent **list, int n)
{
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

/* Each file of DIR/SUB, in the order of names. A missing directory is an empty one. */
static void each_file(struct run_input *in, const char *dir, const char *sub, const char *what,
		      int (*add)(struct run_input *in, const char *path))
{
	const char *path = arena_printf(&in->arena, "%s/%s", dir, sub);
	struct dirent **list = NULL;
	int n = scandir(path, &list, visible, alphasort);
	struct stat st;

	for (int i = 0; i < n && i < (int)LIMIT_FILES; i++) {
		const char *file = arena_printf(&in->arena, "%s/%s", path, list[i]->d_name);
		int r = stat(file, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : add(in, file);

		if (r < 0)
			tell(in, file, what, r);
	}
	if (n >= 0)
		free_entries(list, n);
}

/* Keys that the secrets name by file; a nickname of NSS is no file, and nothing. */
static void add_named_keys(struct run_input *in, const char *dir)
{
	for (size_t i = 0; i < in->secrets.entries.n; i++) {
		const struct secret_entry *e = &in->secrets.entries.v[i];
		const char *path;
		int r;

		if (e->kind != SECRET_RSA || !e->reference)
			continue;
		path = *e->reference == '/' ? e->reference : arena_printf(&in->arena, "%s/private/%s", dir, e->reference);
		r = access(path, F_OK) ? 0 : add_key(in, path);
		if (r < 0)
			tell(in, path, "private key", r);
	}
}

/* The engine says which conn lacks a certificate that is not there. */
static void add_certificate(struct run_input *in, const char *dir, const char *name)
{
	static const char *const ends[] = { "", ".pem", ".crt", ".cer", ".der" };
	CLEANUP(secret_release) struct secret text = { 0 };
	const char *path = name;
	int r = -ENOENT;

	if (!name || credentials_find(in->credentials, name) || (*name != '/' && strchr(name, '/')))
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends) && r == -ENOENT; i++) {
		path = *name == '/' ? name : arena_printf(&in->arena, "%s/certs/%s%s", dir, name, ends[i]);
		r = read_file(path, &text);
	}
	if (r == -ENOENT)
		return;
	if (r == 0)
		r = credentials_add_certificate(in->credentials, name, secret_slice(&text));
	if (r < 0)
		tell(in, path, "certificate", r);
}

int run_load_credentials(struct run_input *in, const struct run_arguments *args)
{
	const char *dir = args->certs ? args->certs : DEFAULT_CERTS;
	const struct plan *plan = in->plan;

	if (!needs_certificates(plan))
		return 0;
	in->credentials = credentials_new(dir);
	if (!in->credentials) {
		complain("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	each_file(in, dir, "cacerts", "certificate", add_anchors);
	each_file(in, dir, "crls", "CRL", add_crls);
	each_file(in, dir, "private", "private key", add_key);
	add_named_keys(in, dir);
	for (size_t i = 0; i < plan->peers.n; i++) {
		add_certificate(in, dir, plan->peers.v[i].local.cert);
		add_certificate(in, dir, plan->peers.v[i].remote.cert);
	}
	run_show_findings(&in->diag);
	return 0;
}
