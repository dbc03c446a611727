#!/bin/bash
# The generators of the tables refuse a mistake where it is made: with the name of the file, of the entry, and what is wrong.
. "$(dirname "$0")/lib.bash"
host=$build/host

# said PROGRAM INPUT: what it says about its input, "taken" when nothing is wrong
said() { if "$host/$1" "$dir" "$2" 2>&1; then echo taken; fi; }

# refuses NAME PROGRAM MESSAGE: the program refuses the table on standard input with just this message.
refuses() {
	cat >table.yaml
	is "$1" "$dir/table.yaml: $3" "$(said "$2" "$dir/table.yaml")"
}

keyword='
- name: rekey
  section: conn
  type: bool
  default: yes
  releases: 3.18-5.4
  doc: Whether this end renews.
'

printf '%s\n' "$keyword" >table.yaml
is 'a keyword without a mistake is taken' "taken 1" "$(said keywords table.yaml) $(grep -c 'KW_REKEY,' keyword_ids.h)"

refuses 'a keyword twice' keywords "rekey: gets the same id as 'rekey'" <<<"$keyword$keyword"
refuses 'a spelling twice' keywords "leftx: 'rightx' is also a spelling of 'rightx'" <<<"$keyword
- name: rightx
  section: conn
  type: bool
  releases: 5.4
  doc: Not sided.
- name: leftx
  sided: yes
  section: conn
  type: bool
  releases: 5.4
  doc: Sided."
refuses 'an alias without target' keywords "rekye: is an alias of 'rekay', which does not exist" <<<"$keyword
- name: rekye
  alias_of: rekay
  releases: 3.18
  doc: Older spelling."
refuses 'a default that is no word of a bool' keywords "rekey: its default 'maybe' is no bool" \
	<<<"${keyword/default: yes/default: maybe}"
refuses 'a default that is no time' keywords "rekeymargin: its default '9 minutes' is no time" <<<"
- name: rekeymargin
  section: conn
  type: time
  default: 9 minutes
  releases: 3.18-5.4
  doc: How long before."
refuses 'a default over the limit' keywords "reqid: its default '70000' is no integer" <<<"
- name: reqid
  section: conn
  type: integer
  max: 16383
  default: 70000
  releases: 3.18-5.4
  doc: A number."
refuses 'a default that is no word of its enum' keywords "type: its default 'bridge' is no enum" <<<"
- name: type
  section: conn
  type: enum
  values: [tunnel, transport]
  default: bridge
  releases: 3.18-5.4
  doc: Tunnel or transport."
refuses 'a word that means nothing' keywords "type: word 'pass' means 'passthrough', which is none of its words" <<<"
- name: type
  section: conn
  type: enum
  values: [tunnel, pass = passthrough]
  releases: 3.18-5.4
  doc: Tunnel or not."
refuses 'a keyword without a sentence' keywords "rekey: line 2: has no 'doc'" <<<"${keyword/  doc:*/}"
refuses 'a misspelt field' keywords "rekey: line 5: field 'defualt' is unknown" <<<"${keyword/default/defualt}"
refuses 'an unknown release' keywords "rekey: '5.5' is no release of proto/release.h" <<<"${keyword/3.18-5.4/3.18-5.5}"

transform='
- name: AES_CBC
  type: encr
  aliases: [aes]
  ikev2: 12
  keys: 128 256
  key_attribute: yes
  doc: A cipher.'

refuses 'two algorithms of one number' transforms "AES: has the same ikev2 as AES_CBC" <<<"$transform
- name: AES
  type: encr
  ikev2: 12
  doc: Another cipher."
refuses 'two algorithms of one name' transforms "AES: alias 'aes' is also one of AES_CBC" <<<"$transform
- name: AES
  type: encr
  aliases: [aes 5.4]
  doc: Another cipher."
refuses 'a key size that does not exist' transforms "AES_CBC: key_default 192 is none of its keys" \
	<<<"${transform/keys:/key_default: 192
  keys:}"
refuses 'sizes that nobody tells the peer' transforms "AES_CBC: has several key sizes and does not send which" \
	<<<"${transform/key_attribute: yes/key_attribute: no}"

# page FILE: standard input becomes a page of rules. rules_refuse NAME MESSAGE: the pages so far are refused, and forgotten.
page() {
	mkdir -p rules
	cat >"rules/$1"
}
rules_refuse() {
	is "$1" "rules: $2" "$(said rules "$dir/rules")"
	rm -rf rules
}
rule='---
id: IC2003
name: duplicate-keyword
severity: error
summary: a keyword is set twice
---
Why.

## Fires

    conn a

## Silent

    conn b
'

page IC2003-duplicate-keyword.md <<<"${rule/error/fatal}"
rules_refuse 'a severity that does not exist' \
	"$dir/rules/IC2003-duplicate-keyword.md: severity is error, warning or note, not 'fatal'"
page IC2003-duplicate-keyword.md <<<"${rule/severity: error$'\n'/}"
rules_refuse 'a page without a field' "$dir/rules/IC2003-duplicate-keyword.md: needs id, name, severity and summary"
page IC2004-duplicate-keyword.md <<<"$rule"
rules_refuse 'a page under another name' "$dir/rules/IC2004-duplicate-keyword.md: should be called IC2003-duplicate-keyword.md"
page IC2003-duplicate-keyword.md <<<"${rule/Silent/Quiet}"
rules_refuse 'a page without snippets' \
	"$dir/rules/IC2003-duplicate-keyword.md: needs the sections '## Fires' and '## Silent', or 'snippets: none' with 'why:'"
page IC2003-duplicate-keyword.md <<<"${rule/summary/snippets: none$'\n'summary}"
rules_refuse 'a page that does not say why it has no snippets' \
	"$dir/rules/IC2003-duplicate-keyword.md: 'snippets: none' goes with 'why:'"
page IC2003-duplicate-keyword.md <<<"$rule"
page IC2009-duplicate-keyword.md <<<"${rule/IC2003/IC2009}"
rules_refuse 'two rules of one name' \
	"$dir/rules/IC2009-duplicate-keyword.md and $dir/rules/IC2003-duplicate-keyword.md share an id or a name"

finish
