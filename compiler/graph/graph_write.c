/* SPDX-License-Identifier: Apache-2.0 */
/* The drawing in the languages of programs that lay it out. Names come from the file: each writer makes any byte of them harmless. */
#include "base/cleanup.h"
#include "compiler/graph/graph.h"

/* Readable in colour, in grey and by the blind to colour: each differs in its line, too. */
static const struct link_style {
	const char *dot, *mermaid_link, *mermaid_style;
} styles[GRAPH_LINK_KINDS] = {
	[GRAPH_BEHIND] = { "color=\"#8c959f\" dir=none", "---", "stroke:#8c959f" },
	[GRAPH_PROTECTED] = { "color=\"#1a7f37\" fontcolor=\"#1a7f37\" penwidth=2 dir=both arrowsize=0.6", "<-->", "stroke:#1a7f37,stroke-width:2px" },
	[GRAPH_WEAK] = { "color=\"#b35900\" fontcolor=\"#b35900\" penwidth=2 style=dashed dir=both arrowsize=0.6", "<-.->", "stroke:#b35900,stroke-width:2px" },
	[GRAPH_CLEAR] = { "color=\"#0969da\" fontcolor=\"#0969da\" style=dotted penwidth=2 dir=both arrowsize=0.6", "<-.->", "stroke:#0969da,stroke-width:2px" },
	[GRAPH_BLOCKED] = { "color=\"#24292f\" dir=both arrowhead=tee arrowtail=tee penwidth=2", "x--x", "stroke:#24292f,stroke-width:2px" },
	[GRAPH_REFUSED] = { "color=\"#cf222e\" fontcolor=\"#cf222e\" style=dashed dir=none", "-.-", "stroke:#cf222e" },
	[GRAPH_UNCERTAIN] = { "color=\"#6e7781\" fontcolor=\"#6e7781\" style=dashed dir=both arrowsize=0.6", "<-.->", "stroke:#6e7781" },
};

/* A label in quotes: each line as a terminal may show it, byte by byte as the language takes it. */
static void add_label(struct buf *out, const char *text, const char *line_end, void (*add_char)(struct buf *out, char c))
{
	struct slice rest = slice_of(text), line;
	CLEANUP(buf_release) struct buf visible = { 0 };

	buf_add_char(out, '"');
	for (const char *separator = ""; slice_split(&rest, "\n", &line); separator = line_end) {
		buf_add_str(out, separator);
		buf_clear(&visible);
		diag_add_visible(&visible, line, false);
		for (size_t i = 0; i < visible.n; i++)
			add_char(out, visible.p[i]);
	}
	buf_add_char(out, '"');
	out->failed |= visible.failed;
}

/* --- dot ---------------------------------------------------------------------------------------------------------------------- */

/* A quoted string of dot, in which a backslash escapes and '&' begins an entity. */
static void add_dot_char(struct buf *out, char c)
{
	if (c == '"' || c == '\\')
		buf_add_char(out, '\\');
	if (c == '&')
		buf_add_str(out, "&amp;");
	else
		buf_add_char(out, c);
}

static void add_dot_string(struct buf *out, const char *text)
{
	add_label(out, text, "\\n", add_dot_char);
}

static void add_dot_node(struct buf *out, const struct graph_node *n)
{
	static const char *const looks[] = {
		[GRAPH_GATEWAY] = "shape=box style=\"rounded,filled\" fillcolor=\"#f6f8fa\" color=\"#57606a\"",
		[GRAPH_HERE] = "shape=box style=\"rounded,filled\" fillcolor=\"#ddf4ff\" color=\"#0969da\" penwidth=2",
		[GRAPH_ANYBODY] = "shape=box style=\"rounded,dashed\" color=\"#57606a\"",
		[GRAPH_NETWORK] = "shape=ellipse style=filled fillcolor=\"#ffffff\" color=\"#8c959f\"",
	};

	buf_printf(out, "\tn%zu [%s label=", n->number, looks[n->kind]);
	add_dot_string(out, n->label);
	buf_add_str(out, "]\n");
}

static void add_dot_link(struct buf *out, const struct graph_link *l)
{
	buf_printf(out, "\tn%zu -> n%zu [%s", l->from->number, l->to->number, styles[l->kind].dot);
	if (l->label) {
		buf_add_str(out, " label=");
		add_dot_string(out, l->label);
	}
	if (l->place) {
		buf_add_str(out, " tooltip=");
		add_dot_string(out, l->place);
		buf_add_str(out, " labeltooltip=");
		add_dot_string(out, l->place);
	}
	buf_add_str(out, "]\n");
}

void graph_write_dot(const struct graph *g, struct buf *out)
{
	buf_add_str(out, "digraph ipsec {\n\tcharset=\"UTF-8\" rankdir=LR ranksep=0.8 nodesep=0.3 bgcolor=\"#ffffff\"\n"
			 "\tnode [fontname=\"Helvetica,Arial,sans-serif\" fontsize=11]\n"
			 "\tedge [fontname=\"Helvetica,Arial,sans-serif\" fontsize=10]\n");
	for (size_t i = 0; i < g->nodes.n; i++)
		add_dot_node(out, g->nodes.v[i]);
	for (size_t i = 0; i < g->links.n; i++)
		add_dot_link(out, &g->links.v[i]);
	buf_add_str(out, "}\n");
}

/* --- Mermaid ------------------------------------------------------------------------------------------------------------------ */

/* What means something in a quoted label, in Markdown or in HTML is written as a numbered entity, "#35;". */
static void add_mermaid_char(struct buf *out, char c)
{
	if (strchr("\"#&<>`*_\\;~[](){}|%@", c))
		buf_printf(out, "#%d;", c);
	else
		buf_add_char(out, c);
}

static void add_mermaid_string(struct buf *out, const char *text)
{
	add_label(out, text, "<br>", add_mermaid_char);
}

static void add_mermaid_node(struct buf *out, const struct graph_node *n)
{
	static const char *const open[] = { [GRAPH_GATEWAY] = "[", [GRAPH_HERE] = "[", [GRAPH_ANYBODY] = "[", [GRAPH_NETWORK] = "([" };
	static const char *const close[] = {
		[GRAPH_GATEWAY] = "]", [GRAPH_HERE] = "]:::here", [GRAPH_ANYBODY] = "]:::anybody", [GRAPH_NETWORK] = "])",
	};

	buf_printf(out, "\tn%zu%s", n->number, open[n->kind]);
	add_mermaid_string(out, n->label);
	buf_printf(out, "%s\n", close[n->kind]);
}

void graph_write_mermaid(const struct graph *g, struct buf *out)
{
	buf_add_str(out, "flowchart LR\n\tclassDef here fill:#ddf4ff,stroke:#0969da,stroke-width:2px\n\tclassDef anybody stroke-dasharray:4 3\n");
	for (size_t i = 0; i < g->nodes.n; i++)
		add_mermaid_node(out, g->nodes.v[i]);
	for (size_t i = 0; i < g->links.n; i++) {
		const struct graph_link *l = &g->links.v[i];

		buf_printf(out, "\tn%zu %s", l->from->number, styles[l->kind].mermaid_link);
		if (l->label) {
			buf_add_char(out, '|');
			add_mermaid_string(out, l->label);
			buf_add_char(out, '|');
		}
		buf_printf(out, " n%zu\n", l->to->number);
	}
	for (size_t i = 0; i < g->links.n; i++)
		buf_printf(out, "\tlinkStyle %zu %s\n", i, styles[g->links.v[i].kind].mermaid_style);
}
