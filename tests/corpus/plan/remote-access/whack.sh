#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name client --host 192.0.2.1 --id @laptop.example --client 192.0.2.1/32 --modecfgclient --sendcert always --to --host 198.51.100.2 --id @gw.example --client 10.9.0.0/16 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name client --route || status=$?
exit $status
