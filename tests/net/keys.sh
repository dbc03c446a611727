#!/bin/bash
# keys.sh -- ipsec-run against strongSwan's charon, over TUN: raw public keys, post-quantum preshared keys (RFC 8784; I-070, I-090, I-091), and the
# algorithms that few use. Each conn is brought up from either side and carries a ping.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
. tests/net/pki.bash
what='raw keys, PPKs and rare algorithms against charon'
need_tools "$what"
tun_lab "$what" openssl

mkdir -p "$pki" "$work"/certs/{certs,private,cacerts,crls} "$work"/charon/{pubkey,private}
for kind in rsa p256 ed25519; do
	for side in left right; do
		pki_key "$pki/$side-$kind.key" $kind
		openssl pkey -in "$pki/$side-$kind.key" -pubout -out "$work/charon/pubkey/$side-$kind.pem"
	done
	(umask 077; cp "$pki/left-$kind.key" "$work/certs/private")
	cp "$pki/right-$kind.key" "$work/charon/private"
done
der64() { openssl pkey -in "$pki/$1.key" -pubout -outform DER | base64 -w 0; }
rfc3110() {	# NAME: exponent 65537 in one byte of length, and the modulus
	{ printf '\003\001\000\001'; openssl rsa -in "$pki/$1.key" -noout -modulus 2>/dev/null | sed 's/.*=//' | xxd -r -p; } | base64 -w 0
}

: >"$work/ipsec.secrets"
chmod 600 "$work/ipsec.secrets"
printf 'config setup\n\n' >"$work/both.conf"
printf 'connections {\n' >"$work/swanctl.conf"
n=0
names=()
secrets=
conn() {	# NAME CHARON-CONN CHARON-LOCAL CHARON-REMOTE IKE ESP CHARON-IKE CHARON-ESP [LINE...]
	{
		echo "conn $1"
		printf '    %s\n' left=192.0.2.1 "leftid=@left-$1.example" "leftsubnet=10.1.$n.1/32" "leftsourceip=10.1.$n.1" right=192.0.2.2 "rightid=@right-$1.example" \
			"rightsubnet=10.2.$n.1/32" ikev2=insist "ike=$5" "esp=$6" auto=add "${@:9}"
	} >>"$work/both.conf"
	cat >>"$work/swanctl.conf" <<-END
	$1 { version = 2
	  local_addrs = 192.0.2.2
	  remote_addrs = 192.0.2.1
	  proposals = $7
	  $2
	  local { $3
	    id = right-$1.example }
	  remote { $4
	    id = left-$1.example }
	  children { $1 { local_ts = 10.2.$n.1/32
	                  remote_ts = 10.1.$n.1/32
	                  esp_proposals = $8 } } }
	END
	ip -n "$lab-left" addr add "10.1.$n.1/32" dev lo 2>/dev/null
	ip -n "$lab-right" addr add "10.2.$n.1/32" dev lo 2>/dev/null
	echo "@left-$1.example @right-$1.example : PSK \"a lab secret for $1\"" >>"$work/ipsec.secrets"
	secrets+=" ike-$n { id-1 = left-$1.example
		id-2 = right-$1.example
		secret = \"a lab secret for $1\" }"
	names+=("$1:$n")
	n=$((n + 1))
}
usual=(aes128-sha2_256-dh19 aes_gcm128-null aes128-sha256-ecp256 aes128gcm16)
psk='auth = psk'
raw() {	# KIND AUTHBY LEFT-KEY-LINE
	conn "raw-$1" '' "auth = pubkey
	    pubkeys = right-$1.pem" "auth = pubkey
	    pubkeys = left-$1.pem" "${usual[@]}" "authby=$2" "$3" "rightpubkey=$(der64 "right-$1")"
}
raw rsa rsasig "leftrsasigkey=0s$(rfc3110 left-rsa)"
raw p256 ecdsa "leftpubkey=$(der64 left-p256)"
raw ed25519 eddsa "leftpubkey=$(der64 left-ed25519)"
conn ppk-both 'ppk_id = lab-ppk
	  ppk_required = yes' "$psk" "$psk" "${usual[@]}" authby=secret ppk=insist
conn ppk-without '' "$psk" "$psk" "${usual[@]}" authby=secret ppk=propose
conn ppk-missing '' "$psk" "$psk" "${usual[@]}" authby=secret ppk=insist
suite() { conn "$1" '' "$psk" "$psk" "${@:2}" authby=secret; }
suite ccm aes128-sha2_256-dh19 aes_ccm128-null aes128-sha256-ecp256 aes128ccm16
suite ctr aes_ctr128-sha2_256-dh19 aes_ctr128-sha2_256 aes128ctr-sha256-ecp256 aes128ctr-sha256
suite camellia camellia256-sha2_512-dh21 camellia256-sha2_512 camellia256-sha512-ecp521 camellia256-sha512
suite triple-des 3des-sha1-modp1536 3des-sha1 3des-sha1-modp1536 3des-sha1
suite cmac aes256-sha2_384-dh31 aes128-aes_cmac aes256-sha384-curve25519 aes128-aescmac
cat >>"$work/swanctl.conf" <<-END
	}
	secrets { $secrets
	          ppk-1 { id-1 = lab-ppk
	                  secret = "another lab secret, of thirty-two bytes" } }
END

cat >>"$work/ipsec.secrets" <<-'END'
	@left-ppk-both.example @right-ppk-both.example : PPKS "lab-ppk" "another lab secret, of thirty-two bytes"
	@left-ppk-without.example @right-ppk-without.example : PPKS "unknown" "a lab secret that the peer does not have"
	@left-ppk-missing.example @right-ppk-missing.example : PPKS "unknown" "a lab secret that the peer does not have"
END

check 'the configuration compiles' compile left --dialect=5.4 "$work/both.conf"
charon start -c "$work/swanctl.conf" -C "$work/charon" --libipsec -l 'curve25519' >"$work/charon.log" 2>&1
started 'charon starts' $? "$work/charon.log"
check 'ipsec-run starts' ours_start left --dataplane=tun --certs="$work/certs"

ping_of() { left ping -c 2 -i 0.2 -W 2 -I "10.1.$1.1" "10.2.$1.1"; }	# NUMBER
for entry in "${names[@]}"; do
	name=${entry%:*} number=${entry#*:}
	if [ "$name" = ppk-missing ]; then
		if ours left up "$name" >"$work/out" 2>&1; then not_ok 'a PPK that is demanded is not left out'
		else ok 'a PPK that is demanded is not left out'; fi
		continue
	fi
	check "$name: ours initiates" ours left up "$name"
	check "$name: ping" ping_of "$number"
	check "$name: ours ends it" ours left down "$name"
	sleep 0.2
	check "$name: charon initiates" charon initiate "$name"
	check "$name: ping" ping_of "$number"
	check "$name: charon ends it" charon terminate "$name"
	sleep 0.1
done
check 'with the PPK in the keys' grep -q "'ppk-both'.*IKE SA established.*with PPK" "$work/left.log"
if grep "'ppk-without'.*IKE SA established" "$work/left.log" | grep -q 'with PPK'; then not_ok 'without it for a peer that has none'
else ok 'without it for a peer that has none'; fi
check 'stop' ours left stop
finish
