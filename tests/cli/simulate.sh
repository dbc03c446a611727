#!/bin/bash
# ipsec-run --simulate: both ends in one process, without network, root or keys; verdicts, and the lines that disagree.
. "$(dirname "$0")/lib.bash"

cat >hq.conf <<'END'
conn hq
	left=192.0.2.1
	leftid=@hq
	leftsubnet=10.1.0.0/16
	right=198.51.100.7
	rightid=@branch
	rightsubnet=10.2.0.0/16
	authby=secret
	ikev2=insist
	ike=aes256-sha2_512;dh31
	esp=aes_gcm256
	auto=start
END
# of the other end, with left and right changed over; lines are added at its end, and some taken out
cat >ok.conf <<'END'
conn office
	left=198.51.100.7
	leftid=@branch
	leftsubnet=10.2.0.0/16
	right=192.0.2.1
	rightid=@hq
	rightsubnet=10.1.0.0/16
	authby=secret
	ikev2=insist
	ike=aes256-sha2_512;dh31
	esp=aes_gcm256
	auto=add
END

# simulate ARGUMENT...: out, err and status
simulate() { timeout 60 "$ipsec_run" --simulate "$@" >out 2>err </dev/null; status=$?; out=$(cat out); err=$(cat err); }
# branch SED-SCRIPT: branch.conf made of ok.conf
branch() { sed "$1" ok.conf >branch.conf; }
verdict() { grep '^conn ' out; }

# --- it comes up ------------------------------------------------------------------------------------------------------------------------

cp ok.conf branch.conf
simulate hq.conf branch.conf
is 'two ends that agree: status 0' 0 $status
like 'established, and both SAs rekeyed' '^conn hq \(office of branch\): established'$'\n''.*10\.1\.0\.0/16 <-> 10\.2\.0\.0/16' "$(sed -n '/^conn/,$p' out)"
like 'when each is rekeyed' 'child rekeyed after 7h[0-9]+m[0-9]+s, IKE rekeyed after 7h' "$out"
like 'the exchange as arrows, with type, number and payloads' \
	$'hq -> branch  IKE_AUTH          1  IDi IDr AUTH SA\\(aes_gcm_16_256-esn\\?\\) TSi\\(10.1.0.0/16\\) TSr\\(10.2.0.0/16\\)\n.*hq <- branch  IKE_AUTH          1  IDr' "$out"
has 'which hosts they are is told' 'hq is 192.0.2.1 and branch is 198.51.100.7, read off the files' "$err"
has 'that no keys are read is told' 'no keys are read: both ends are taken to have the right ones' "$err"
is 'no terminal, no colour' 0 "$(grep -c $'\033' out)"
simulate hq.conf hq.conf
is 'the same file twice: its left and its right end' '0:conn hq: established' "$status:$(verdict)"
has 'the same file twice: they are called so' 'left -> right  IKE_SA_INIT' "$out"
mkdir -p a b
cp hq.conf a/ipsec.conf
cp branch.conf b/ipsec.conf
simulate a/ipsec.conf b/ipsec.conf
has 'two files of one name are called by their directories' ' a -> b  IKE_SA_INIT' "$out"

# plans instead of configurations
"$ipsecc" compile -q --target=json --host-facts="$facts" hq.conf -o hq.json
simulate hq.json branch.conf
is 'a plan and a configuration' '0:conn hq (office of branch): established' "$status:$(verdict)"
simulate branch.conf hq.json
is 'a configuration and a plan' '0:conn office (hq of hq): established' "$status:$(verdict)"

# --- it does not: why, and where ----------------------------------------------------------------------------------------------------------

branch 's/dh31/dh14/'
simulate hq.conf branch.conf
is 'IKE proposals: status 1' 1 $status
has 'IKE proposals: the notify, its sender and its exchange' 'conn hq (office of branch): fails: branch says NO_PROPOSAL_CHOSEN in IKE_SA_INIT' "$(verdict)"
is 'IKE proposals: both lines' '   IKE proposals: no common group:
   hq.conf:10:6       ike=aes256-sha2_512;dh31
   branch.conf:10:6   ike=aes256-sha2_512;dh14' "$(grep -A2 'IKE proposals:' out)"
like 'repeated messages are counted, not shown' '\.\.\. [0-9]+ more of the same, until ' "$out"

branch 's/aes_gcm256/aes_gcm128/'
simulate hq.conf branch.conf
has 'ESP proposals' 'branch says NO_PROPOSAL_CHOSEN in IKE_AUTH' "$(verdict)"
has 'ESP proposals: the first line' 'hq.conf:11:6       esp=aes_gcm256' "$out"
has 'ESP proposals: the other line' 'branch.conf:11:6   esp=aes_gcm128' "$out"

branch 's/rightid=@hq/rightid=@headquarters/'
simulate hq.conf branch.conf
has 'identity' 'branch says AUTHENTICATION_FAILED in IKE_AUTH' "$(verdict)"
is 'identity: both lines' '   hq.conf:3:9        leftid=@hq
   branch.conf:6:10   rightid=@headquarters' "$(grep -A2 '   identity:' out | tail -n 2)"

branch 's/rightsubnet=.*/rightsubnet=10.7.0.0\/16/'
simulate hq.conf branch.conf
has 'selectors' 'branch says TS_UNACCEPTABLE in IKE_AUTH' "$(verdict)"
has 'selectors: the first line' 'hq.conf:4:13       leftsubnet=10.1.0.0/16' "$out"
has 'selectors: the other line' 'branch.conf:7:14   rightsubnet=10.7.0.0/16' "$out"

branch 's/rightsubnet=.*/rightsubnet=10.1.0.0\/24\n\tnarrowing=yes/'
simulate hq.conf branch.conf
is 'narrowed: status 0, and to what' '0:conn hq (office of branch): narrowed to 10.1.0.0/24 <-> 10.2.0.0/16' "$status:$(verdict)"
has 'narrowed: the line that is wider' 'hq.conf:4:13       leftsubnet=10.1.0.0/16' "$out"

branch 's/authby=secret/authby=rsasig\n\tleftcert=branch/'
simulate hq.conf branch.conf
is 'authentication: an assumed key does not hide it' '1:conn hq (office of branch): fails' "$status:$(verdict)"
has 'authentication: the other line' 'branch.conf:8:9   authby=rsasig' "$out"

branch 's/auto=add/pfs=no/'
echo '	auto=add' >>branch.conf
simulate hq.conf branch.conf
like 'PFS: it fails at the rekey, hours later' '^conn hq \(office of branch\): fails later, at the rekey after 7h[0-9]+m[0-9]+s: hq says NO_PROPOSAL_CHOSEN in CREATE_CHILD_SA' "$(verdict)"
has 'PFS: what is not written stands with its conn' 'hq.conf:1:6        conn hq   (pfs=yes, ' "$out"
has 'PFS: what is written' 'branch.conf:12:6   pfs=no' "$out"
simulate --until=1h hq.conf branch.conf
is 'PFS: before the rekey nobody notices' '0:conn hq (office of branch): established' "$status:$(verdict)"

branch 's/auto=add/auto=ignore/'
simulate hq.conf branch.conf
is 'auto=ignore at one end' '1:conn hq: is alone: branch has no conn that would meet it' "$status:$(verdict)"
has 'auto=ignore: its line' 'branch.conf:12:7   auto=ignore' "$out"

simulate hq.conf branch.conf hq office
is 'auto=ignore, but named' '0:conn hq (office of branch): established' "$status:$(verdict)"

{ printf 'config setup\n\tikev1-policy=accept\n'; sed 's/ikev2=insist/ikev2=no/; /ike=/d; /esp=/d' ok.conf; } >branch.conf
simulate hq.conf branch.conf
is 'IKEv1 is refused' '1:conn hq (office of branch): cannot run' "$status:$(verdict)"
has 'IKEv1: its line' 'branch.conf:11:8   ikev2=no' "$out"

# --- keys ---------------------------------------------------------------------------------------------------------------------------------

cp ok.conf branch.conf
echo '@hq @branch : PSK "a lab secret, not a real one"' >hq.secrets
echo '@hq @branch : PSK "another lab secret, not real"' >branch.secrets
echo '@x @y : PSK "a lab secret, not a real one"' >none.secrets
chmod 600 ./*.secrets
simulate --secrets=hq.secrets --peer-secrets=hq.secrets hq.conf branch.conf
is 'keys that are equal' '0:conn hq (office of branch): established' "$status:$(verdict)"
is 'keys that are read: nothing is assumed' 0 "$(grep -c 'no keys are read' err)"
simulate --secrets=hq.secrets --peer-secrets=branch.secrets hq.conf branch.conf
has 'keys that differ' 'says AUTHENTICATION_FAILED in IKE_AUTH' "$(verdict)"
has 'keys that differ: that is said' 'shared key: the two ends have different keys' "$out"
like 'keys that differ: both places' 'hq.secrets:1:1 .*branch.secrets:1:1 ' "$(tr '\n' ' ' <out)"
is 'keys never are in the output' 0 "$(cat out err | grep -c 'lab secret')"
simulate --secrets=hq.secrets --peer-secrets=none.secrets hq.conf branch.conf
has 'a key that is missing' 'no shared key in the secrets' "$out"
is 'a key that is missing: status 1' 1 $status
simulate --secrets=hq.secrets hq.conf branch.conf
is 'keys of one end only: status 2' "2:ipsec-run: branch.conf: its keys are not known; give --peer-secrets and --peer-certs, or --assume-secrets" "$status:$err"

# certificates: two CAs, one for each end's own certificate
if command -v openssl >/dev/null; then
	for end in hq branch; do
		mkdir -p pki-$end/{certs,private,cacerts}
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca-$end.key -out ca-$end.pem -subj "/CN=CA of $end" \
			-days 30 -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pki-$end/private/$end.pem -out request -subj "/CN=$end" 2>/dev/null
		printf 'subjectAltName=DNS:%s\nkeyUsage=digitalSignature\n' $end >extensions
		openssl x509 -req -in request -CA ca-$end.pem -CAkey ca-$end.key -CAcreateserial -days 30 -extfile extensions \
			-out pki-$end/certs/$end.pem 2>/dev/null
		chmod 600 pki-$end/private/$end.pem
	done
	cp ca-hq.pem pki-branch/cacerts/
	cp ca-branch.pem pki-hq/cacerts/
	sed 's/authby=secret/authby=ecdsa\n\tleftcert=hq/' hq.conf >signs.conf
	branch 's/authby=secret/authby=ecdsa\n\tleftcert=branch/'
	simulate --certs=pki-hq --peer-certs=pki-branch signs.conf branch.conf
	is 'certificates' '0:conn hq (office of branch): established' "$status:$(verdict)"
	has 'certificates are sent' ' IDi CERT ' "$out"
	cp ca-hq.pem pki-hq/cacerts/
	rm pki-hq/cacerts/ca-branch.pem
	simulate --certs=pki-hq --peer-certs=pki-branch signs.conf branch.conf
	is "a CA that one end does not know" '1:conn hq (office of branch): fails' "$status:$(verdict | cut -d: -f1,2)"
	simulate signs.conf branch.conf
	is 'certificates that are not at hand' '0:conn hq (office of branch): established' "$status:$(verdict)"
	has 'certificates that are not at hand: that is told' 'a shared key stands for certificates' "$err"
	cp ok.conf branch.conf
else
	skip certificates 'no openssl'
fi

# --- the network --------------------------------------------------------------------------------------------------------------------------

simulate --loss=30 --reorder=20 --duplicate=10 --seed=3 hq.conf branch.conf
is 'with loss it still comes up' '0:conn hq (office of branch): established' "$status:$(verdict)"
has 'what is lost is said' 'lost)' "$out"
cp out first
simulate --loss=30 --reorder=20 --duplicate=10 --seed=3 hq.conf branch.conf
is 'the same seed: the same run' "$(cat first)" "$out"
simulate --loss=30 --reorder=20 --duplicate=10 --seed=4 hq.conf branch.conf
is 'another seed: another one' 1 "$(cmp -s first out; echo $?)"
simulate --loss=100 hq.conf branch.conf
is 'nothing gets through' '1:conn hq (office of branch): fails' "$status:$(verdict)"
has 'nothing gets through: in words' 'no answer to IKE_SA_INIT' "$out"
simulate --nat=second hq.conf branch.conf
is 'the end behind a NAT begins' 0 "$status"
has 'the end behind a NAT begins: the first message' ' 0.000 s  hq <- branch  IKE_SA_INIT' "$out"
simulate --nat=second --initiator=first hq.conf branch.conf
has 'nobody calls an end behind a NAT' '(stopped by the NAT)' "$out"
simulate --initiator=second hq.conf branch.conf
has 'the other end may begin' ' 0.000 s  hq <- branch  IKE_SA_INIT' "$out"

# --- which conns ----------------------------------------------------------------------------------------------------------------------------

{ cat hq.conf; sed 's/conn hq/conn other/; s/198.51.100.7/198.51.100.8/; s/10\.2/10.3/; s/@branch/@other/' hq.conf; } >two.conf
simulate two.conf branch.conf
is 'conns with others are counted, and no failure' '0:conn hq (office of branch): established' "$status:$(verdict)"
has 'conns with others are counted' '1 conn: 1 established; 1 more are with others' "$out"
simulate two.conf two.conf
is 'a hub against all its branches' '0:2 conns: 2 established' "$status:$(tail -n 1 out | cut -d' ' -f1-4)"
simulate two.conf two.conf other
is 'only what was asked for' 'conn other: established' "$(verdict)"
simulate two.conf two.conf nosuch
is 'a conn that is not there: status 2' "2:ipsec-run: conn 'nosuch' is in neither of the two" "$status:$err"
{ cat hq.conf; sed 's/conn hq/conn second/; s/10\.2/10.3/' hq.conf; } >pair.conf
simulate pair.conf pair.conf
is 'two conns between the same two hosts' '0:2 conns: 2 established' "$status:$(tail -n 1 out | cut -d' ' -f1-4)"
sed 's/198.51.100.7/203.0.113.1/; s/192.0.2.1/203.0.113.2/' ok.conf >far.conf
simulate hq.conf far.conf
has 'nothing between the two: status 1' 'no conn of the two is between them' "$err"
is 'nothing between the two' 1 $status
sed 's/left=192.0.2.1/left=%any/' hq.conf | sed 's/^\tleft=/\tright_=/; s/^\tright=/\tleft_=/; s/_=/=/' >any.conf
sed 's/right=192.0.2.1/right=%any/' ok.conf >answer.conf
simulate hq.conf answer.conf
is 'a peer at %any' '0:conn hq (office of answer): established' "$status:$(verdict)"
sed 's/left=192.0.2.1/left=%defaultroute/' hq.conf >roadwarrior.conf
simulate roadwarrior.conf answer.conf
is '%defaultroute' '0:conn hq (office of answer): established' "$status:$(verdict)"

# --- JSON, and the command line --------------------------------------------------------------------------------------------------------------

simulate --format=json hq.conf branch.conf
is 'JSON: the verdict' '1 ipsec-run-simulation established true' \
	"$(jq -r '"\(.version) \(.kind) \(.conns[0].verdict) \(.summary.good)"' out)"
while IFS='|' read -r arguments message; do
	# shellcheck disable=SC2086
	err=$("$ipsec_run" $arguments 2>&1 >out </dev/null)
	is "ipsec-run $arguments" "2:ipsec-run: $message" "$?:$(head -n 1 <<<"$err")"
done <<'END'
--simulate hq.conf|--simulate needs two files, one of each end; the same file may stand twice
--simulate --loss=101 hq.conf branch.conf|'101' is no percentage, a number from 0 to 100
--simulate --until=soon hq.conf branch.conf|'soon' is no time: write 90s, 10m, 8h or 1d
--simulate --nat=left hq.conf branch.conf|--nat is first or second, not 'left'
--simulate --format=yaml hq.conf branch.conf|--format is text or json, not 'yaml'
--simulate --assume-secrets --secrets=x hq.conf branch.conf|--assume-secrets reads no keys, but some are given
--simulate -f hq.conf branch.conf|--simulate needs two files, one of each end; the same file may stand twice
--seed=1 hq.conf|--seed is for --simulate
--simulate nosuch.conf hq.conf|nosuch.conf: No such file or directory
END

# --- many conns ------------------------------------------------------------------------------------------------------------------------------

{
	printf 'conn %%default\n\tauthby=secret\n\tikev2=insist\n\tauto=add\n\tike=aes256-sha2_512;dh31\n\tesp=aes_gcm256\n'
	for ((i = 0; i < 1000; i++)); do
		printf 'conn c%d\n\tleft=192.0.2.1\n\tright=198.18.%d.%d\n\trightsubnet=10.%d.%d.0/24\n' $i $((i / 200)) $((i % 200 + 1)) $((i / 200)) $((i % 200))
	done
} >many.conf
simulate many.conf many.conf
is '1000 conns in less than a minute' '0:1000 conns: 1000 established' "$status:$(tail -n 1 out | cut -d' ' -f1-4)"
has '1000 conns: a few lines' 'are established and not shown' "$out"

# --- what docs/simulate.md shows ---------------------------------------------------------------------------------------------------------------

page=$root/docs/simulate.md
for name in hq branch; do
	awk -v name="\`$name.conf\`:" '$0 == name { n = 1 } n && /^```$/ { n++; next } n == 2' "$page" >$name.conf
done
simulate hq.conf branch.conf
is 'docs/simulate.md shows what is printed' "$(sed -n '/^\$ ipsec-run --simulate hq.conf branch.conf/,/^```$/p' "$page" | sed '1d;$d')" "$(cat err out)"
finish
