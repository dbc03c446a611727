/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_project.c -- any bytes as a project file: it is followed, or its mistakes stand in its text. What holds for a file can be
 * asked for. */
#include "compiler/project.h"
#include "tests/fuzz/findings.h"
#include "tests/one_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = { (const char *)data, n };
	struct project_settings settings;
	struct project *p;

	if (project_read("site/.ipsecc.yaml", one_file_reader(&in), &p))
		return 0;
	check_findings(&p->diag, n);
	for (size_t i = 0; i < p->diag.findings.n; i++)
		if (!span_known(p->diag.findings.v[i]->span))
			abort();
	project_settings_for(p, "legacy/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.conf", &settings);
	project_free(p);
	return 0;
}
