#!/bin/sh
# Makes plain.img, vmlinuz and initrd.img in the folder $1: Debian for arm64 as its own tools make it, with the program $2 as a
# service. Needs root, and an entry in binfmt_misc for programs of arm64 (qemu-user-static).
set -eu
out=$1
program=$2
root=$out/root
rm -rf "$root"
mmdebstrap --mode=root --variant=minbase --architectures=arm64 --skip=check/qemu \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --include=systemd-sysv,systemd-resolved,udev,dbus,kmod,iproute2,e2fsprogs,login,initramfs-tools,linux-image-arm64,libasound2t64 \
    trixie "$root" 'deb http://deb.debian.org/debian trixie main'
install -m 755 "$program" "$root/usr/bin/partybox"
cat > "$root/etc/systemd/system/partybox.service" <<EOF
[Unit]
Description=Partybox
After=network.target
[Service]
Type=notify
ExecStart=/usr/bin/partybox --listen 0.0.0.0:80 --board none --host-from 10.0.2.0/24
[Install]
WantedBy=multi-user.target
EOF
printf '[Match]\nType=ether\n[Network]\nDHCP=yes\n' > "$root/etc/systemd/network/cable.network"
echo '/dev/vda / ext4 defaults 0 1' > "$root/etc/fstab"
: > "$root/etc/machine-id"
systemctl --root="$root" enable partybox.service systemd-networkd.service
cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
cp "$root"/boot/initrd.img-* "$out/initrd.img"
rm -f "$out/plain.img"
truncate -s 3G "$out/plain.img"
mke2fs -q -t ext4 -d "$root" "$out/plain.img"
rm -rf "$root"
