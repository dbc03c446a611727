#!/bin/bash
# pool.sh -- inner addresses: our server gives them to our client and to charon, and charon's server gives one to us.
cd "$(dirname "$0")/../.." || exit 2
. tests/net/lib.bash
what='inner addresses from a pool, over TUN'
tun_lab "$what" tcpdump

server() {	# FILE: the left end gives addresses, two in all
	configuration "$1" rightaddresspool=10.77.0.10-10.77.0.11
	sed -i 's/right=192.*/right=%any/; /rightsubnet/d; /rightsourceip/d' "$1"
}
client() {	# FILE: the right end asks for one
	configuration "$1" rightmodecfgclient=yes
	sed -i '/rightsubnet/d; /rightsourceip/d' "$1"
}
ping_lease() { "$1" ping -c 3 -i 0.2 -W 2 -p 636c656172746578740a -I "$2" "$3"; }	# SIDE FROM TO

server "$work/left.conf"
client "$work/right.conf"
check 'the server compiles' compile left "$work/left.conf"
check 'the client compiles' compile right "$work/right.conf"
check 'the server starts' ours_start left --dataplane=tun
check 'the client starts' ours_start right --dataplane=tun
capture left "$work/left.pcap"
check 'the client calls' ours right up net
if right ip -br addr show | grep -q '10\.77\.0\.10/32'; then ok 'it has the first address of the pool'
else right ip -br addr show >"$work/out"; not_ok 'it has the first address of the pool' "$work/out" "$work/right.log"; fi
check 'ping from the client' ping_lease right 10.77.0.10 10.1.0.1
check 'ping to the client' ping_lease left 10.1.0.1 10.77.0.10
check 'the IKE SA is rekeyed' ours right rekey-ike net
check 'so is the child SA' ours left rekey net
check 'ping with the same address' ping_lease right 10.77.0.10 10.1.0.1
check 'the client goes' ours right down net
if right ip -br addr show | grep -q '10\.77\.'; then right ip -br addr show >"$work/out"; not_ok 'and its address with it' "$work/out"
else ok 'and its address with it'; fi
check 'it comes again' ours right up net
check 'and has the address that it had' ping_lease right 10.77.0.10 10.1.0.1
check 'stop of the client' ours right stop
end_captures
check 'no clear text left the server' no_clear_text "$work/left.pcap"

need_tools 'charon and pools'
swanctl() {	# POOLS VIPS LOCAL_TS REMOTE_TS
	cat <<-END
	connections { gw {
	  version = 2
	  local_addrs = 192.0.2.2
	  remote_addrs = 192.0.2.1
	  proposals = aes128-sha256-ecp256
	  $1
	  $2
	  local  { auth = psk
	           id = right.example }
	  remote { auth = psk
	           id = left.example }
	  children { net {
	    $3
	    $4
	    esp_proposals = aes128gcm16-ecp256,aes128gcm16
	    mode = tunnel } } } }
	secrets { ike-1 { id-1 = left.example
	                  id-2 = right.example
	                  secret = "a lab secret, not a real one" } }
	pools { inner { addrs = 10.88.0.0/24 } }
	END
}

swanctl '' 'vips = 0.0.0.0' '' 'remote_ts = 10.1.0.0/24' >"$work/swanctl.conf"
charon start -c "$work/swanctl.conf" >"$work/charon.log" 2>&1
case $? in
0) ;;
77) skip_all 'charon and pools' "charon: $(tail -n 1 "$work/charon.log")" ;;
*) not_ok 'charon starts' "$work/charon.log"; finish ;;
esac
check 'charon calls our server' charon initiate net
lease=$(right ip -4 -o addr show | sed -n 's/.*inet \(10\.77\.0\.1[01]\).*/\1/p' | head -n 1)
if [ -n "$lease" ]; then ok 'and has an address of the pool'; else right ip -br addr >"$work/out"; not_ok 'and has an address of the pool' "$work/out" "$work/left.log"; fi
check 'ping from charon' ping_lease right "$lease" 10.1.0.1
check 'ping to charon' ping_lease left 10.1.0.1 "$lease"
charon stop >/dev/null 2>&1
check 'stop' ours left stop

swanctl 'pools = inner' '' 'local_ts = 10.2.0.0/24' '' >"$work/swanctl.conf"
check 'charon starts as a server' charon start -c "$work/swanctl.conf"
configuration "$work/left.conf" leftmodecfgclient=yes
sed -i '/leftsubnet/d; /leftsourceip/d' "$work/left.conf"
check 'our client compiles' compile left "$work/left.conf"
check 'our client starts' ours_start left --dataplane=tun
check 'it calls charon' ours left up net
check 'ping from our client' ping_lease left 10.88.0.1 10.2.0.1
check 'ping to our client' ping_lease right 10.2.0.1 10.88.0.1
check 'rekey by charon' charon swanctl --rekey --child net
sleep 0.5
check 'ping after it' ping_lease left 10.88.0.1 10.2.0.1
check 'down' ours left down net
charon stop >/dev/null 2>&1
check 'stop' ours left stop
finish
