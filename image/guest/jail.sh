#!/bin/sh
# Runs a command inside the tool chain's folder: sh jail.sh TOOLS [FROM TO ro|rw]... -- [VARIABLE=VALUE]... COMMAND...
#
# Called in a mount namespace of its own, so that no mount outlives it or is seen outside.
set -eu
tools=$1
shift
while [ "$1" != -- ]; do
    mkdir -p "$tools$2"
    mount --bind "$1" "$tools$2"
    test "$3" = rw || mount -o remount,bind,ro "$tools$2"
    shift 3
done
shift
mount --rbind /dev "$tools/dev"
mount -t proc proc "$tools/proc"
exec chroot "$tools" env -i PATH=/usr/sbin:/usr/bin HOME=/tmp LC_ALL=C "$@"
