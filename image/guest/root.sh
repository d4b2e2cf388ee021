#!/bin/sh
# Makes the machine tests' guest from the packages in /guest: $1/kernel and $1/root.cpio. Runs inside the tool chain.
#
# Not in it: our own programs and `init`, which change more often and go into a second archive behind this one.
set -eu
out=$1
# Virtio is how the guest reaches the host, configfs how gpio-sim is told its chips.
# mac80211_hwsim are radios without air; the ciphers are what they encrypt with; nft's rules ask for what follows; the last
# is a card reader.
modules="virtio_mmio virtio_net virtio_console virtio_blk ext4 configfs gpio-sim snd-aloop mac80211_hwsim ccm cmac gcm \
    nf_tables nft_ct nft_fib_inet nft_reject_inet nft_masq nft_nat nft_chain_nat sdhci-pci"
programs="usr/bin/aplay usr/sbin/hostapd usr/sbin/wpa_supplicant usr/sbin/iw usr/sbin/dnsmasq usr/sbin/nft"
# The box's own program is linked with these; what the programs above need is found out.
libraries="ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libgcc_s.so.1 libasound.so.2"

version=$(echo /guest/linux-modules-*)
version=${version#*/linux-modules-}
version=${version%%_*}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=$work/packages
root=$work/root
for package in /guest/*.deb; do
    dpkg-deb -x "$package" "$packages"
done
for top in "$packages" "$root"; do
    mkdir -p "$top/usr/lib" "$top/usr/bin"
    test -e "$top/lib" || ln -s usr/lib "$top/lib"
    test -e "$top/bin" || ln -s usr/bin "$top/bin"
done

# Modules with all that they need, unpacked: the guest's modprobe need not know how they were packed.
depmod -b "$packages" "$version"
for module in $modules; do
    # Says `builtin` of what is part of the kernel itself, and fails for what does not exist.
    modprobe -d "$packages" -S "$version" --show-depends "$module" >> "$work/needed"
done
sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/needed" | sort -u > "$work/files"
while read -r file; do
    target=$root/${file#"$packages/"}
    mkdir -p "${target%/*}"
    case $file in
        *.xz) xz --decompress --stdout "$file" > "${target%.xz}" ;;
        *) cp "$file" "$target" ;;
    esac
done < "$work/files"
depmod -b "$root" "$version"

mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/run" "$root/usr/share" "$root/usr/lib/aarch64-linux-gnu"
# The kernel needs it before anybody could make it: the console of process 1.
mknod "$root/dev/console" c 5 1
cp "$packages/usr/bin/busybox" "$root/usr/bin/"
ln -s busybox "$root/usr/bin/sh"
for program in $programs; do
    cp "$packages/$program" "$root/usr/bin/"
done
needed_by() {
    aarch64-linux-gnu-readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}
add() {
    test ! -e "$root/usr/lib/aarch64-linux-gnu/$1" || return 0
    for folder in "$packages/usr/lib/aarch64-linux-gnu" /usr/lib/aarch64-linux-gnu; do
        test ! -e "$folder/$1" || break
    done
    cp -L "$folder/$1" "$root/usr/lib/aarch64-linux-gnu/"
    for next in $(needed_by "$folder/$1"); do
        add "$next"
    done
}
for library in $libraries $(for program in $programs; do needed_by "$packages/$program"; done); do
    add "$library"
done
mkdir -p "$root/usr/lib/firmware"
for file in regulatory.db regulatory.db.p7s; do
    cp "$packages/usr/lib/firmware/$file-debian" "$root/usr/lib/firmware/$file"
done
ln -s aarch64-linux-gnu/ld-linux-aarch64.so.1 "$root/usr/lib/"
cp -r /usr/share/alsa "$root/usr/share/"

mkdir -p "$out"
cp "$packages/usr/lib/modules/$version/vmlinuz" "$out/kernel"
cd "$root"
find . | LC_ALL=C sort | cpio --quiet --create --format=newc --owner=0:0 --reproducible > "$out/root.cpio"
