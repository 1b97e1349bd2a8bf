#!/bin/sh
# What udhcpc runs: takes the address and the route that were leased.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr replace "$ip/24" dev "$interface"
ip route replace default via "$router"
