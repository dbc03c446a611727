/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of an ipsec.conf (lexical-grammar sections 3 and 12), the wrong ones that people write included: each has a form of
 * its own here, so that its finding can say what is wrong with it. What is left over ends at `line ::= error EOL`, and the next
 * line is read.
 *
 * Which section a parameter belongs to is not grammar: an include may stand in between (L-068).
 */
%token_prefix	TOKEN_
%token		VERSION CONFIG CONN INCLUDE SECTION_WORD INDENT KEY USER_KEY EQUALS WORD QUOTED BRACED RAW EXTRA BAD EOL.
%token_type	{ struct token }
%default_type	{ struct token }
%extra_argument	{ struct parser *p }
%type line	{ struct written }
%type statement	{ struct written }
%type parameter	{ struct written }

%include {
#include <assert.h>

#include "compiler/parser/parse.h"
}

%syntax_error		{ parse_syntax_error(p, &TOKEN); }
%stack_overflow		{ parse_syntax_error(p, NULL); }

file ::= lines.
lines ::= .
lines ::= lines line.

line ::= statement EOL.
/* lemon stays silent for three tokens after an error; here the next line is a new start */
line ::= error EOL.				{ yypParser->yyerrcnt = -1; }

/* Actions run when EOL is seen and before it is taken: an include then comes in between two lines, and the last line of an
 * included file still belongs to that file. */
statement ::= INDENT parameter(P).		{ parse_parameter(p, &P, true); }
statement ::= parameter(P).			{ parse_parameter(p, &P, false); }
statement(S) ::= VERSION(H) value(V) extra(X).	{ S = (struct written){ .head = H, .value = V, .extra = X }; parse_version(p, &S); }
statement(S) ::= VERSION(H).			{ S = (struct written){ .head = H }; parse_version(p, &S); }
statement(S) ::= CONFIG(H) value(V) extra(X).	{ S = (struct written){ .head = H, .value = V, .extra = X }; parse_config(p, &S); }
statement(S) ::= CONFIG(H).			{ S = (struct written){ .head = H }; parse_config(p, &S); }
statement(S) ::= CONN(H) value(V) extra(X).	{ S = (struct written){ .head = H, .value = V, .extra = X }; parse_conn(p, &S); }
statement(S) ::= CONN(H).			{ S = (struct written){ .head = H }; parse_conn(p, &S); }
statement(S) ::= INCLUDE(H) value(V) extra(X).	{ S = (struct written){ .head = H, .value = V, .extra = X }; parse_include(p, &S); }
statement(S) ::= INCLUDE(H).			{ S = (struct written){ .head = H }; parse_include(p, &S); }
statement(S) ::= SECTION_WORD(H) value(V) extra(X).
			{ S = (struct written){ .head = H, .value = V, .extra = X }; parse_section_word(p, &S); }
statement(S) ::= SECTION_WORD(H).		{ S = (struct written){ .head = H }; parse_section_word(p, &S); }

parameter(P) ::= KEY(H) EQUALS(E) value(V) extra(X). { P = (struct written){ .head = H, .equals = E, .value = V, .extra = X }; }
parameter(P) ::= KEY(H) EQUALS(E).		{ P = (struct written){ .head = H, .equals = E }; }
parameter(P) ::= KEY(H) value(V) extra(X).	{ P = (struct written){ .head = H, .value = V, .extra = X }; }
parameter(P) ::= KEY(H).			{ P = (struct written){ .head = H }; }
parameter(P) ::= EQUALS(E) value(V) extra(X).	{ P = (struct written){ .equals = E, .value = V, .extra = X }; }
parameter(P) ::= EQUALS(E).			{ P = (struct written){ .equals = E }; }
parameter(P) ::= USER_KEY(H) EQUALS(E) RAW(V).	{ P = (struct written){ .head = H, .equals = E, .value = V }; }
parameter(P) ::= USER_KEY(H) EQUALS(E).		{ P = (struct written){ .head = H, .equals = E }; }
parameter(P) ::= USER_KEY(H) value(V) extra(X).	{ P = (struct written){ .head = H, .value = V, .extra = X }; }
parameter(P) ::= USER_KEY(H).			{ P = (struct written){ .head = H }; }

value(R) ::= WORD(V).		{ R = V; }
value(R) ::= QUOTED(V).		{ R = V; }
value(R) ::= BRACED(V).		{ R = V; }

extra(R) ::= .			{ R = (struct token){ 0 }; }
extra(R) ::= EXTRA(X).		{ R = X; }

%code {
struct grammar {
	yyParser lemon;
};

struct grammar *grammar_new(struct parser *p)
{
	struct grammar *g = arena_new(p->arena, struct grammar);

	ParseInit(&g->lemon);
	return g;
}

void grammar_take(struct grammar *g, struct parser *p, const struct token *token)
{
	Parse(&g->lemon, token->kind, *token, p);
}

void grammar_end(struct grammar *g)
{
	ParseFinalize(&g->lemon);
}
}
