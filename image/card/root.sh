#!/bin/sh
# Makes a slot's tree, /out/root, and the first file system's, /out/first, from unpacked packages. Runs inside the tool chain.
#
# Sees /debs (packages), /plan/files (package, +pattern or -pattern), /plan/modules (marks, name), /card (this folder),
# /overlay (our own files), /program/partybox, /keyring (whose updates are taken), /firmware (more of radios). Told by the environment: VERSION, BOARD, EPOCH. Runs no program of arm64.
set -eu
export LC_ALL=C
root=/out/root
first=/out/first
all=/out/packages
rm -rf "$root" "$first" "$all"
mkdir -p "$root" "$first" "$all"

for package in /debs/*.deb; do
    name=${package##*/}
    mkdir -p "$all/${name%%_*}"
    dpkg-deb -x "$package" "$all/${name%%_*}"
done

# One package's files after the other: first what is taken, then what of it is left out again.
take() {
    cd "$all/$1"
    for match in $2; do
        test -e "$match" || test -L "$match" || { echo "$1 has no $2" >&2; exit 1; }
        cp --archive --parents "$match" "$root/"
    done
}
drop() {
    cd "$root"
    # What is left out may have been in no folder that was taken: that is a mistake in the list.
    for match in $2; do
        test -e "$match" || test -L "$match" || { echo "$1: nothing to leave out as $2" >&2; exit 1; }
        rm -rf "./$match"
    done
}
while read -r package pattern; do
    case $pattern in
        +*) take "$package" "${pattern#+}" ;;
        -*) drop "$package" "${pattern#-}" ;;
    esac
done < /plan/files

# The kernel: its modules with all that they need, unpacked, because the update's own compression does it better.
kernel=$(echo "$all"/linux-*/usr/lib/modules/*/modules.builtin)
version=$(basename "$(dirname "$kernel")")
merged=$all/merged
mkdir -p "$merged/usr/lib"
ln -s usr/lib "$merged/lib"
for part in "$all"/linux-*; do
    cp -al "$part/." "$merged/"
done
depmod -b "$merged" "$version"
: > /out/modules
: > /out/modules-first
while read -r marks name; do
    if ! modprobe -d "$merged" -S "$version" --show-depends "$name" > /out/shown 2>/dev/null; then
        case $marks in *\?*) continue ;; esac
        echo "the kernel $version has no module $name" >&2
        exit 1
    fi
    sed -n 's/^insmod \([^ ]*\).*/\1/p' /out/shown >> /out/modules
    case $marks in *+*) sed -n 's/^insmod \([^ ]*\).*/\1/p' /out/shown >> /out/modules-first ;; esac
done < /plan/modules
modules() {
    mkdir -p "$2/usr/lib/modules/$version"
    test -e "$2/lib" || ln -s usr/lib "$2/lib"
    sort -u "$1" | while read -r file; do
        target=$2/${file#"$merged/"}
        mkdir -p "${target%/*}"
        case $file in
            *.xz) xz --decompress --stdout "$file" > "${target%.xz}" ;;
            *) cp "$file" "$target" ;;
        esac
        # Types for programs that look into the kernel (BPF), of which there are none here; a seventh of all modules. Their signatures
        # go with it, which nothing here asks for: every byte of the slot is checked as it is read (dm-verity). Those that offer
        # such programs something would complain.
        aarch64-linux-gnu-nm --undefined-only "${target%.xz}" | grep -q register_btf_kfunc_id_set ||
            aarch64-linux-gnu-objcopy --remove-section=.BTF --remove-section=.BTF.base "${target%.xz}"
    done
    cp "$merged/usr/lib/modules/$version/modules.builtin" "$merged/usr/lib/modules/$version/modules.order" \
        "$merged/usr/lib/modules/$version/modules.builtin.modinfo" "$2/usr/lib/modules/$version/"
    depmod -b "$2" "$version"
    # What only depmod reads.
    rm -f "$2/usr/lib/modules/$version"/modules.builtin "$2/usr/lib/modules/$version"/modules.builtin.modinfo \
        "$2/usr/lib/modules/$version"/modules.order
}
modules /out/modules "$root"

# The usual folders.
cd "$root"
mkdir -p data dev proc sys run tmp var/lib var/log var/cache etc/systemd root usr/bin usr/sbin boot
chmod 1777 tmp
chmod 700 root
ln -s ../run var/run
# An empty one: every start is a start of its own, and none is the first.
: > etc/machine-id
ln -s /run/systemd/resolve/resolv.conf etc/resolv.conf
ln -s ../usr/share/zoneinfo/Etc/UTC etc/localtime
mkdir -p usr/share/zoneinfo/Etc
cp "$all/tzdata/usr/share/zoneinfo/Etc/UTC" usr/share/zoneinfo/Etc/
cp -a /overlay/. "$root/"
install -m 755 /program/partybox usr/bin/partybox
cp usr/share/base-passwd/passwd.master etc/passwd
cp usr/share/base-passwd/group.master etc/group
rm -r usr/share/base-passwd
# Nobody has a shell to log in to, and no password fits.
sed -i 's|:/bin/[a-z]*$|:/usr/sbin/nologin|' etc/passwd
# sysusers dates what it writes; days since 1970 of this version.
SOURCE_DATE_EPOCH=$EPOCH systemd-sysusers --root="$root" 2>/dev/null
rm -f etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/.pwd.lock
cat >> usr/lib/os-release <<EOF
IMAGE_ID=partybox
IMAGE_VERSION=$VERSION
EOF
echo "$BOARD" > etc/partybox-board
sed -i "s/@BOARD@/$BOARD/; s/@VERSION@/$VERSION/" etc/rauc/system.conf
cp /keyring/keyring.pem etc/rauc/keyring.pem
echo partybox > etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 partybox\n' > etc/hosts
# Files of radios that Debian does not have, given by whoever makes the card.
cp -R --no-preserve=all /firmware/. usr/lib/firmware/
cd usr/lib/firmware
ln -s regulatory.db-debian regulatory.db
ln -s regulatory.db.p7s-debian regulatory.db.p7s
cd "$root"
while read -r applet; do
    case $applet in ''|'#'*) ;; *) test -e "usr/bin/$applet" || ln -s busybox "usr/bin/$applet" ;; esac
done < /card/applets.list

# Our own in place of a library of which a program needs nothing.
stand_in() { # WHICH LIBRARY VERSION PROGRAM PREFIX
    printf '%s { global: %s*; local: *; };\n' "$3" "$5" > /out/symbols.map
    aarch64-linux-gnu-gcc "-D$1" -Os -Wall -Werror -fPIC -shared -nostdlib -Wl,--build-id=none,-soname,"$2" \
        -Wl,--version-script,/out/symbols.map -o "usr/lib/aarch64-linux-gnu/$2" /card/stand-ins.c
    aarch64-linux-gnu-strip "usr/lib/aarch64-linux-gnu/$2"
    for function in $(readelf --wide --dyn-syms "$4" | sed -n "s/.* \\($5[a-z0-9_]*\\)@.*/\\1/p"); do
        readelf --wide --dyn-syms "usr/lib/aarch64-linux-gnu/$2" | grep -q " $function@@$3" ||
            { echo "$4 asks for $function, which stand-ins.c has not" >&2; exit 1; }
    done
    rm /out/symbols.map
}
stand_in CURL libcurl-gnutls.so.4 CURL_GNUTLS_3 usr/bin/rauc curl_
stand_in IDN libidn2.so.0 IDN2_0.0.0 usr/sbin/dnsmasq idn2_

# Every library that a program names is there.
find . -type f \( -perm -100 -o -name '*.so*' \) ! -name '*.ko' | sort > /out/programs
missing=0
while read -r file; do
    for library in $(readelf -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        found=no
        for place in usr/lib/aarch64-linux-gnu usr/lib/aarch64-linux-gnu/systemd usr/lib; do
            test -e "$place/$library" && found=yes
        done
        test $found = yes || { echo "$file needs $library, which is in no package of the list" >&2; missing=1; }
    done
done < /out/programs
test $missing = 0
# Nobody takes another user's rights by starting a program: mount and umount are for systemd, who has them.
find . -type f -perm /6000 -exec chmod a-s {} +

# What is read before anything else is started, so that a damaged slot is found while another can still be chosen:
# every program and library, and what systemd reads.
{ sed 's|^\./||' /out/programs; find etc usr/lib/systemd/system usr/lib/udev usr/share/dbus-1 -type f; } | sort > boot/early

# The first file system.
mkdir -p "$first/usr/bin" "$first/usr/sbin" "$first/usr/lib/aarch64-linux-gnu" "$first/proc" "$first/sys" "$first/dev" \
    "$first/run" "$first/slot" "$first/memory"
ln -s usr/bin "$first/bin"
ln -s usr/sbin "$first/sbin"
modules /out/modules-first "$first"
cp usr/bin/busybox "$first/usr/bin/"
ln -s busybox "$first/usr/bin/sh"
cp usr/sbin/dmsetup "$first/usr/sbin/"
for file in ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libdevmapper.so.1.02.1 libselinux.so.1 libpcre2-8.so.0 libudev.so.1 libcap.so.2; do
    cp -L "usr/lib/aarch64-linux-gnu/$file" "$first/usr/lib/aarch64-linux-gnu/$file"
done
ln -s aarch64-linux-gnu/ld-linux-aarch64.so.1 "$first/usr/lib/ld-linux-aarch64.so.1"
install -m 755 /card/init "$first/init"
sed -n 's/^[?]*+[?]*\. //p' /plan/modules > "$first/modules"
mknod "$first/dev/console" c 5 1

cp "$all"/linux-*/boot/vmlinuz-* /out/vmlinuz 2>/dev/null || cp "$merged/usr/lib/modules/$version/vmlinuz" /out/vmlinuz
echo "$version" > /out/kernel-version
mkdir -p /out/boot-files /out/dtb
cp "$all"/u-boot-rpi/usr/lib/u-boot/rpi_arm64/u-boot.bin /out/boot-files/
cp "$all"/raspi-firmware/usr/lib/raspi-firmware/bootcode.bin "$all"/raspi-firmware/usr/lib/raspi-firmware/start.elf \
    "$all"/raspi-firmware/usr/lib/raspi-firmware/start4.elf "$all"/raspi-firmware/usr/lib/raspi-firmware/fixup.dat \
    "$all"/raspi-firmware/usr/lib/raspi-firmware/fixup4.dat /out/boot-files/
cp "$merged"/usr/lib/linux-image*/broadcom/bcm2[78]*-rpi-*.dtb /out/dtb/ 2>/dev/null ||
    cp "$merged"/usr/lib/modules/"$version"/dtb/broadcom/bcm2[78]*-rpi-*.dtb /out/dtb/
cp "$all"/u-boot-qemu/usr/lib/u-boot/qemu_arm64/u-boot.bin /out/u-boot-qemu.bin
# Nobody sits before a box to press a key: the boot loader's wait of two seconds for one is in its default environment.
for loader in /out/boot-files/u-boot.bin /out/u-boot-qemu.bin; do
    grep -q 'bootdelay=2' "$loader"
    sed -i 's/bootdelay=2/bootdelay=0/' "$loader"
done

# Licences, for the list of parts.
mkdir -p /out/copyright
for folder in "$all"/*/; do
    name=$(basename "$folder")
    cat "$folder"usr/share/doc/*/copyright 2>/dev/null | sed -n 's/^License: *//p' | sort -u > "/out/copyright/$name"
done
rm -rf "$all"
# No time but this version's.
find "$root" "$first" -exec touch --no-dereference --date="@$EPOCH" {} +
