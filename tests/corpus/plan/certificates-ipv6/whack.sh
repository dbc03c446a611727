#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name six --ipv6 --host 2001:db8::1 --id %fromcert --client 2001:db8:1::/48 --cert ulm --sendcert always --to --host 2001:db8::2 --id 'C=DE, O=Example, CN=hq' --client 2001:db8:2::/48 --sendcert always --rsasig --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name six --initiate --asynchronous || status=$?
exit $status
