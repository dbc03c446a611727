# shellcheck shell=bash
# pki.bash -- a CA and certificates for the network tests, made on the spot: $work/pki/{ca,other-ca,NAME}.{pem,key}.

pki=$work/pki

pki_key() {	# FILE ALGORITHM
	case $2 in
	rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
	p256 | p384 | p521) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:P-${2#p}" -out "$1" ;;
	ed25519) openssl genpkey -algorithm ED25519 -out "$1" ;;
	esac 2>>"$work/pki.txt"
}

pki_ca() {	# NAME [ISSUER]
	local issuer=()
	[ $# = 1 ] || issuer=(-CA "$pki/$2.pem" -CAkey "$pki/$2.key")
	mkdir -p "$pki"
	pki_key "$pki/$1.key" p256
	openssl req -x509 -new -key "$pki/$1.key" -subj "/O=Lab/CN=$1" -days 30 -out "$pki/$1.pem" ${issuer[@]+"${issuer[@]}"} \
		-addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign 2>>"$work/pki.txt"
}

pki_cert() {	# NAME ALGORITHM CA [EXTENSION...]: subject O=Lab, CN=NAME; by default with the subjectAltName DNS:NAME.example
	local name=$1 ca=$3
	pki_key "$pki/$name.key" "$2"
	shift 3
	[ $# -gt 0 ] || set -- "subjectAltName=DNS:$name.example"
	printf '%s\n' "$@" keyUsage=digitalSignature >"$pki/extensions"
	openssl req -new -key "$pki/$name.key" -subj "/O=Lab/CN=$name" -out "$pki/request" 2>>"$work/pki.txt" &&
		openssl x509 -req -in "$pki/request" -CA "$pki/$ca.pem" -CAkey "$pki/$ca.key" -CAcreateserial -days 30 \
			-extfile "$pki/extensions" -out "$pki/$name.pem" 2>>"$work/pki.txt"
}

# The directory of --certs: our certificates with keys, and a CA.
pki_ours() {	# DIR CA NAME...
	local dir=$1 ca=$2 name
	shift 2
	mkdir -p "$dir"/{certs,private,cacerts,crls}
	cp "$pki/$ca.pem" "$dir/cacerts"
	for name; do
		cp "$pki/$name.pem" "$dir/certs"
		(umask 077; cp "$pki/$name.key" "$dir/private")
	done
}

# The same for charon.
pki_charon() {	# DIR CA NAME...
	local dir=$1 ca=$2 name
	shift 2
	mkdir -p "$dir"/{x509,private,x509ca}
	cp "$pki/$ca.pem" "$dir/x509ca"
	for name; do
		cp "$pki/$name.pem" "$dir/x509"
		cp "$pki/$name.key" "$dir/private"
	done
}

# For pluto's NSS database; the nickname is NAME.
pki_p12() {	# NAME CA
	openssl pkcs12 -export -in "$pki/$1.pem" -inkey "$pki/$1.key" -certfile "$pki/$2.pem" -name "$1" -passout pass: \
		-out "$pki/$1.p12" 2>>"$work/pki.txt"
}
