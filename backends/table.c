/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/backend.h"

/* Declared here and not by including their headers: backends stand above this folder. */
#define BACKEND(name) extern const struct backend name##_backend;
#include "backends/backends.def"
#undef BACKEND

const struct backend *const backend_table[] = {
#define BACKEND(name) &name##_backend,
#include "backends/backends.def"
#undef BACKEND
	NULL,
};
