#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name branches/1x1 --host 192.0.2.1 --id 192.0.2.1 --client 10.1.0.0/24 --sendcert always --to --host 198.51.100.7 --id 198.51.100.7 --client 10.2.0.0/24 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --delete --name branches/1x2 --host 192.0.2.1 --id 192.0.2.1 --client 10.1.0.0/24 --sendcert always --to --host 198.51.100.7 --id 198.51.100.7 --client 10.3.0.0/16 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --delete --name branches/2x1 --host 192.0.2.1 --id 192.0.2.1 --client 10.1.8.0/24 --sendcert always --to --host 198.51.100.7 --id 198.51.100.7 --client 10.2.0.0/24 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --delete --name branches/2x2 --host 192.0.2.1 --id 192.0.2.1 --client 10.1.8.0/24 --sendcert always --to --host 198.51.100.7 --id 198.51.100.7 --client 10.3.0.0/16 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name branches/1x1 --route || status=$?
ipsec whack --name branches/1x2 --route || status=$?
ipsec whack --name branches/2x1 --route || status=$?
ipsec whack --name branches/2x2 --route || status=$?
exit $status
