#!/bin/sh
# ipsec whack commands for libreswan 4.10, from input.conf; safe to run twice, but SAs of the conns named here are dropped each time
status=0
ipsec whack --delete --name hq --host 192.0.2.1 --id @ulm.example --client 10.1.0.0/16 --sendcert always --to --host 198.51.100.7 --id @hq.example --client 10.2.0.0/16 --sendcert always --psk --ikev2 --encrypt --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --ike 'aes256-sha2_512;dh19' --esp aes_gcm256 --dpddelay 30 --dpdtimeout 120 --dpdaction restart --sendca none || status=$?
ipsec whack --listen || status=$?
ipsec whack --rereadsecrets || status=$?
ipsec whack --name hq --initiate --asynchronous || status=$?
exit $status
