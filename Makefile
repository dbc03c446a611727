# ipsecc: one Makefile, no configure step. Everything that is made goes below $(BUILD); generated C is never committed.
#
#   make                 both programs             make check               all tests
#   make SAN=address,undefined check               make fuzz FUZZ_SECONDS=300
#   make bench           ratios against real tools make lint                layers, headers, table contents
#   make install DESTDIR= PREFIX=/usr/local

CC       ?= cc
HOSTCC   ?= $(CC)
RE2C     ?= re2c
LEMON    ?= lemon
PREFIX   ?= /usr/local
SAN      ?=
WERROR   ?=
FUZZ_SECONDS ?= 60
BUILD    ?= build$(if $(SAN),-san)

PACKAGES := yaml-0.1 jansson libmnl libcrypto libcap-ng libseccomp
CPPFLAGS += -D_GNU_SOURCE -I. -I$(BUILD) $(shell pkg-config --cflags $(PACKAGES))
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wno-sign-conversion $(if $(WERROR),-Werror)
CFLAGS   ?= -O2 -g
OURFLAGS := -std=gnu11 -fno-omit-frame-pointer -MMD -MP $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
HARDEN   := $(if $(SAN),,-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE)
LDFLAGS  += $(if $(SAN),-fsanitize=$(SAN),-pie -Wl,-z,relro,-z,now)
LDLIBS   := $(shell pkg-config --libs $(PACKAGES)) -lunistring -pthread

# The layers, in order: each folder may use only those before it (tools/check-layers reads this list).
COMPILER_DIRS := base proto diag plan secrets compiler/source compiler/schema compiler/foreign compiler/lexer compiler/parser \
                 compiler/format compiler/resolve compiler/sema compiler/groups compiler/graph compiler/lower compiler/secrets netlink backends compare backends/xfrm \
                 backends/pfkey backends/whack backends/json apply compiler
RUNTIME_DIRS  := runtime/wire runtime/suite runtime/auth runtime/dataplane runtime/ike runtime/simulate runtime/net runtime/control runtime/daemon

sources   = $(foreach d,$(1),$(wildcard $(d)/*.c))
objects   = $(patsubst %.c,$(BUILD)/%.o,$(1))
GENERATED_C := $(addprefix $(BUILD)/gen/,rules.c keywords.c foreign.c transforms.c lexer.c grammar.c)
GENERATED_H := $(addprefix $(BUILD)/gen/,rules.h keyword_ids.h grammar.h)
COMPILER_O  := $(call objects,$(call sources,$(COMPILER_DIRS))) $(GENERATED_C:.c=.o)
RUNTIME_O   := $(call objects,$(call sources,$(RUNTIME_DIRS)))
IPSECC_O    := $(call objects,$(call sources,cli cli/ipsecc))
RUN_O       := $(call objects,$(call sources,cli cli/ipsec-run))
UNIT_TESTS  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

all: $(BUILD)/ipsecc $(BUILD)/ipsec-run

$(BUILD)/ipsecc: $(IPSECC_O) $(BUILD)/libipsecc.a
$(BUILD)/ipsec-run: $(RUN_O) $(BUILD)/libipsecrun.a $(BUILD)/libipsecc.a
$(BUILD)/ipsecc $(BUILD)/ipsec-run:
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libipsecc.a: $(COMPILER_O)
$(BUILD)/libipsecrun.a: $(RUNTIME_O)
$(BUILD)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURFLAGS) $(HARDEN) $(WARNINGS) $(CFLAGS) -c -o $@ $<

# Generated code is compiled without our warnings.
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c | $(GENERATED_H)
	$(CC) $(CPPFLAGS) $(OURFLAGS) $(HARDEN) $(CFLAGS) -w -c -o $@ $<

# --- tables and parsers -------------------------------------------------------------------------------------------------------------

$(BUILD)/host/%: tools/gen/%.c $(wildcard tools/gen/*.h)
	@mkdir -p $(@D)
	$(HOSTCC) -D_GNU_SOURCE -std=gnu11 -g -Wall -Wextra -I. -Itools/gen -o $@ $< $(shell pkg-config --cflags --libs yaml-0.1)

$(BUILD)/gen/rules.h $(BUILD)/gen/rules.c &: $(BUILD)/host/rules $(wildcard docs/rules/*.md)
	@mkdir -p $(@D)
	$< $(BUILD)/gen docs/rules

$(BUILD)/gen/keyword_ids.h $(BUILD)/gen/keywords.c &: $(BUILD)/host/keywords compiler/schema/keywords.yaml
	@mkdir -p $(@D)
	$< $(BUILD)/gen compiler/schema/keywords.yaml

$(BUILD)/gen/foreign.c: $(BUILD)/host/foreign compiler/foreign/foreign.yaml
	@mkdir -p $(@D)
	$< $(BUILD)/gen compiler/foreign/foreign.yaml

$(BUILD)/gen/transforms.c: $(BUILD)/host/transforms proto/transforms.yaml
	@mkdir -p $(@D)
	$< $(BUILD)/gen proto/transforms.yaml

$(BUILD)/gen/lexer.c: compiler/lexer/lexer.re
	@mkdir -p $(@D)
	$(RE2C) --no-generation-date --no-version -W -o $@ $<

$(BUILD)/gen/grammar.c $(BUILD)/gen/grammar.h &: compiler/parser/grammar.y
	@mkdir -p $(@D)
	$(LEMON) -q -d$(BUILD)/gen $<

# --- tests --------------------------------------------------------------------------------------------------------------------------

$(BUILD)/tests/%: tests/unit/%.c tests/unit/tap.h $(BUILD)/libipsecrun.a $(BUILD)/libipsecc.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURFLAGS) $(CFLAGS) $(LDFLAGS) $(shell pkg-config --cflags check) -o $@ $< \
		$(BUILD)/libipsecrun.a $(BUILD)/libipsecc.a $(LDLIBS) $(shell pkg-config --libs check)

# Starts the program as a user does: tests/corpus/run.
$(BUILD)/tests/corpus_runner: tests/corpus/runner.c $(BUILD)/libipsecc.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURFLAGS) $(WARNINGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libipsecc.a $(LDLIBS)

$(BUILD)/tests/corpus_verdicts: tests/differential/corpus_verdicts.c $(BUILD)/libipsecc.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURFLAGS) $(WARNINGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libipsecc.a $(LDLIBS)

# ipsecc of which an allocation fails when it is told to, with policies that a kernel refuses: tests/cli/out-of-memory.sh, tests/net/apply*.sh.
$(BUILD)/tests/ipsecc_failing: tests/cli/ipsecc_failing.c $(IPSECC_O) $(BUILD)/libipsecc.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURFLAGS) $(WARNINGS) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=xfrm_msg_policy,--wrap=pfkey_msg_policy -o $@ $^ $(LDLIBS)

unit-tests: $(UNIT_TESTS) $(addprefix $(BUILD)/tests/,corpus_runner corpus_verdicts ipsecc_failing)

update-golden: all $(BUILD)/tests/corpus_runner
	BUILD=$(BUILD) tests/corpus/run --update

# TESTS="tests/unit/test_addr.c tests/corpus/run" runs only these.
check: all unit-tests
	BUILD=$(BUILD) tests/run $(TESTS)

fuzz: $(GENERATED_H)
	BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ)

bench: all
	BUILD=$(BUILD) tests/bench/run

lint: all
	tools/check-layers
	tools/check-headers

spec-coverage:
	tools/spec-coverage

# --- install ------------------------------------------------------------------------------------------------------------------------

install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/man/man1 share/bash-completion/completions share/zsh/site-functions \
		share/fish/vendor_completions.d)
	install -m 755 $(BUILD)/ipsecc $(BUILD)/ipsec-run $(DESTDIR)$(PREFIX)/bin
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	$(BUILD)/ipsecc completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ipsecc
	$(BUILD)/ipsecc completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ipsecc
	$(BUILD)/ipsecc completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ipsecc.fish

clean:
	rm -rf build build-san build-fuzz

.PHONY: all check unit-tests update-golden fuzz bench lint spec-coverage install clean
.DELETE_ON_ERROR:
.SECONDARY:

-include $(COMPILER_O:.o=.d) $(RUNTIME_O:.o=.d) $(IPSECC_O:.o=.d) $(RUN_O:.o=.d) $(UNIT_TESTS:=.d)
