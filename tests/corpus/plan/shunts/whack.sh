#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name printers --host 192.0.2.1 --id 192.0.2.1 --client 10.1.0.0/16 --sendcert always --to --host 192.0.2.77 --id 192.0.2.77 --client 10.99.0.0/24 --sendcert always --auth-never --pass --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --delete --name nobody --host 192.0.2.1 --id 192.0.2.1 --sendcert always --to --host 192.0.2.78 --id 192.0.2.78 --sendcert always --auth-never --drop --encaps auto --dpdaction hold --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name printers --route || status=$?
ipsec whack --name nobody --route || status=$?
exit $status
