#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name l2tp --host 192.0.2.1 --id 192.0.2.1 --clientprotoport 17/1701 --sendcert always --to --host 198.51.100.7 --id 198.51.100.7 --clientprotoport 17/1701 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name l2tp --route || status=$?
exit $status
