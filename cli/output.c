/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/terminal.h"

/* Gives a new file the owner and the mode of the one it replaces; of none, what the umask leaves. */
static int take_after(int fd, const char *path)
{
	struct stat old, new;
	mode_t mask = umask(0);

	umask(mask);
	if (stat(path, &old) < 0)
		return fchmod(fd, 0666 & ~mask);
	if (fstat(fd, &new) < 0)
		return -1;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) && fchown(fd, old.st_uid, old.st_gid) < 0)
		return -1;
	return fchmod(fd, old.st_mode & 0777);
}

static int new_file(struct output *o)
{
	int fd = mkstemp(o->temporary), r;

	if (fd < 0) {
		r = -errno;
		free(o->temporary);	/* there is nothing to remove */
		o->temporary = NULL;
		return r;
	}
	if (take_after(fd, o->target) == 0 && (o->file = fdopen(fd, "w")))
		return 0;
	r = -errno;
	close(fd);
	return r;
}

static bool write_file(void *context, struct slice text)
{
	struct output *o = context;

	if (fwrite(text.p, 1, text.n, o->file) == text.n)
		return true;
	o->error = errno ? -errno : -EIO;
	return false;
}

int output_open(struct output *o, const char *path)
{
	struct stat there;
	int r = -ENOMEM;

	*o = (struct output){ .path = path && strcmp(path, "-") != 0 ? path : NULL };
	if (!o->path || (stat(path, &there) == 0 && !S_ISREG(there.st_mode)))	/* a device or a pipe is written to, not replaced */
		return 0;
	o->target = realpath(path, NULL);		/* a symbolic link stays one */
	if (!o->target)
		o->target = strdup(path);
	if (o->target && asprintf(&o->temporary, "%s.XXXXXX", o->target) < 0)
		o->temporary = NULL;
	if (o->temporary)
		r = new_file(o);
	if (r < 0) {
		complain("%s: %s", path, strerror(-r));
		return r;
	}
	o->text.sink = write_file;
	o->text.context = o;
	return 0;
}

static int commit_device(const struct output *o)
{
	CLEANUP(cleanup_fclose) FILE *file = NULL;

	if (!o->path)
		return write_stream(stdout, &o->text);
	file = fopen(o->path, "w");
	if (file)
		return write_stream(file, &o->text);
	complain("%s: %s", o->path, strerror(errno));
	return -errno;
}

static int commit_file(struct output *o)
{
	if (o->error || buf_failed(&o->text))
		return o->error ? o->error : -ENOMEM;
	if ((o->text.n && !write_file(o, buf_slice(&o->text))) || fflush(o->file) || fsync(fileno(o->file)) ||
	    rename(o->temporary, o->target) < 0)
		return errno ? -errno : -EIO;
	free(o->temporary);
	o->temporary = NULL;
	return 0;
}

int output_commit(struct output *o)
{
	int r;

	if (!o->file)
		return commit_device(o);
	r = commit_file(o);
	if (r < 0)
		complain("%s: %s", o->path, strerror(-r));
	return r;
}

void output_drop(struct output *o)
{
	if (o->file)
		fclose(o->file);
	if (o->temporary)
		unlink(o->temporary);
	free(o->temporary);
	free(o->target);
	buf_release(&o->text);
	*o = (struct output){ 0 };
}
