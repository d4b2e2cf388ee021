#!/bin/sh
# Downloads what the machine tests' guest is made of, while mmdebstrap still has the package lists. Installs nothing.
#
# Called by mmdebstrap with the folder of the tool chain; the packages are left in its /guest. The kernel is the
# backports' one because it has gpio-sim, which the stable one of Debian 13 lacks; its name is looked up, because
# the archive keeps only the newest.
set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
mkdir -p "$1/guest"
# apt downloads as a user of its own, who must be able to write here.
chmod 777 "$1/guest"
cd "$1/guest"
version=$(apt-cache depends linux-image-arm64:arm64/trixie-backports | sed -n 's/.* linux-image-\([^:]*\).*/\1/p' | head -n 1)
test -n "$version"
echo "$version" > kernel-version
apt-get --quiet download "linux-base-$version:arm64" "linux-binary-$version:arm64" "linux-modules-$version:arm64" \
    busybox-static:arm64 alsa-utils:arm64 wireless-regdb
# An access point, a phone's side of it, and all their libraries.
apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    hostapd:arm64 wpasupplicant:arm64 iw:arm64 dnsmasq-base:arm64 nftables:arm64 |
    grep '^[a-z0-9].*:arm64$' | sort -u > radio-packages
xargs apt-get --quiet download < radio-packages
