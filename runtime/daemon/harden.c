/* SPDX-License-Identifier: Apache-2.0 */
#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>

#include "runtime/daemon/state.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECKED_BUILD 1		/* its library traces the process at the end, which the filter is to prevent */
#else
#define CHECKED_BUILD 0
#endif

/* What the loop, the data planes, the log and OpenSSL ask the kernel for from the start of the loop to the end of the process: nothing
 * that starts a program or another process, traces one, changes an identity, mounts, or loads code into the kernel. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fcntl),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(ioctl), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(umask), SCMP_SYS(chdir), SCMP_SYS(getcwd),
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept4), SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock),
	SCMP_SYS(mlock2), SCMP_SYS(munlock),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(futex), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* A call that is not in the list fails with EPERM and leaves a line in the kernel's log: the daemon says what did not work, and peers
 * do not lose their tunnels over it. */
static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) && !r; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!r)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);	/* where the kernel can; not worth ending for */
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

/* I-348: netlink, TUN and socket options need CAP_NET_ADMIN for as long as SAs come and go; ports are bound already. */
void daemon_harden(struct daemon *d)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL, "cannot give up new privileges: %s", strerror(errno));
	capng_clear(CAPNG_SELECT_BOTH);
	if (d->dataplane_ops != &dataplane_dry)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_BOTH) < 0)
		DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL, "cannot drop capabilities");
	r = CHECKED_BUILD ? 0 : filter_calls();
	if (r)
		DAEMON_LOG(d, IKE_LOG_WARNING, RULE_COUNT, NULL, "cannot limit the calls into the kernel: %s", strerror(-r));
}
