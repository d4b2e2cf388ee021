#!/bin/sh
# Makes /out/slot.img and /out/card.img from /out/root and /out/first. Runs inside the tool chain.
#
# Told by the environment: EPOCH. The same tree makes the same bytes: no time, no random number, one order.
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH="$EPOCH" TZ=UTC
. /card/verity.sh
root=/out/root
# Both slots hold the same at first. The second begins less than 2^28 bytes behind the first, so that the compressor, whose
# window is as long, finds it to be a repetition.
SLOT_MIB=255
DATA_MIB=$("$root/usr/lib/partybox/data" mib)

echo "packing the first file system"
cd /out/first
find . | sort | cpio --quiet --create --format=newc --owner=0:0 --reproducible --renumber-inodes > /out/first.cpio
# A header with a checksum before each, for U-Boot. Both as they are: update and card compress them better than U-Boot and kernel
# could unpack them, and what is read more is not unpacked.
checked() { mkimage -A arm64 -O linux -T "$1" -C "$2" -n partybox -d "$3" "$4" > /dev/null; }
checked ramdisk none /out/first.cpio "$root/boot/initrd"
checked kernel none /out/vmlinuz "$root/boot/kernel"
touch --date="@$EPOCH" "$root/boot/initrd" "$root/boot/kernel" "$root/boot"

echo "making the slot"
# As large as the files need, in blocks of 4 KiB, with some to spare for what ext4 keeps about them.
used=$(find "$root" -type f -printf '%s\n' | awk '{ blocks += int(($1 + 4095) / 4096) } END { print blocks }')
files=$(find "$root" | wc -l)
blocks=$((used + files + used / 50 + 1024))
rm -f /out/slot.img
mke2fs -q -t ext4 -b 4096 -I 256 -N $((files + 64)) -m 0 -L PBSLOT -U 50b0c5a0-0000-4000-8000-000000000001 \
    -O ^has_journal,^resize_inode,^orphan_file,^metadata_csum,^64bit,^huge_file,^dir_index \
    -E hash_seed=50b0c5a0-0000-4000-8000-000000000002,root_owner=0:0,lazy_itable_init=0,nodiscard \
    -d "$root" /out/slot.img "$blocks"
protect /out/slot.img "$blocks"
size=$(stat --format=%s /out/slot.img)
test "$size" -le $((SLOT_MIB * 1048576)) || { echo "the slot's $size bytes do not fit $SLOT_MIB MiB" >&2; exit 1; }

echo "making the card"
mkimage -A arm64 -T script -C none -n partybox -d /card/boot.cmd /out/boot-files/boot.scr > /dev/null
cp /card/config.txt /out/dtb/*.dtb /out/boot-files/
# Lines end as every editor takes them, old ones of Windows too.
sed 's/$/\r/' /card/partybox.toml > /out/boot-files/partybox.toml
touch --date="@$EPOCH" /out/boot-files/*
rm -f /out/boot.img /out/data.img
truncate -s 40M /out/boot.img
mkfs.fat --invariant -F 32 -s 1 -R 32 -i 50424f58 -n PBBOOT /out/boot.img > /dev/null
mcopy -m -i /out/boot.img $(ls /out/boot-files/* | sort) ::
# The slot counters, in a sector that the file system does not use.
mkenvimage -s 512 -o /out/counters "$root/etc/u-boot-initial-env"
dd if=/out/counters of=/out/boot.img bs=512 seek=16 conv=notrunc status=none
truncate -s ${DATA_MIB}M /out/data.img
"$root/usr/lib/partybox/data" make /out/data.img
rm -f /out/card.img
truncate -s $(((1 + 40 + SLOT_MIB * 2 + DATA_MIB) * 1048576)) /out/card.img
sfdisk --quiet /out/card.img <<EOF
label: dos
label-id: 0x584f4250
start=2048, size=$((40 * 2048)), type=c, bootable
start=$((41 * 2048)), size=$((SLOT_MIB * 2048)), type=83
start=$(((41 + SLOT_MIB) * 2048)), size=$((SLOT_MIB * 2048)), type=83
start=$(((41 + SLOT_MIB * 2) * 2048)), size=$((DATA_MIB * 2048)), type=83
EOF
place() { dd if="$1" of=/out/card.img bs=1M seek="$2" conv=notrunc,sparse status=none; }
place /out/boot.img 1
place /out/slot.img 41
place /out/slot.img $((41 + SLOT_MIB))
place /out/data.img $((41 + SLOT_MIB * 2))
