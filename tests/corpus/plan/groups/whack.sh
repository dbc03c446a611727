#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name clear --host 192.0.2.1 --id 192.0.2.1 --client 192.0.2.1/32 --sendcert always --to --host %group --sendcert always --auth-never --pass --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name clear --route || status=$?
ipsec whack --name private --route || status=$?
exit $status
