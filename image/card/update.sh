#!/bin/sh
# Makes the signed update /out/update.raucb from /out/slot.img. Runs inside the tool chain.
#
# Sees /signer (key.pem, certificate.pem). Told by the environment: EPOCH, VERSION, BOARD. The content is the same for the
# same slot; the signature holds a random number, as such signatures do.
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH="$EPOCH"
rm -rf /out/update /out/update.raucb
mkdir /out/update
ln /out/slot.img /out/update/slot.img
cat > /out/update/manifest.raucm <<EOF
[update]
compatible=partybox-$BOARD
version=$VERSION

[bundle]
format=verity

[image.rootfs]
filename=slot.img
EOF
# xz makes it six megabytes smaller than zstd, and takes longer to unpack, which the box does while the music plays on.
rauc --cert=/signer/certificate.pem --key=/signer/key.pem \
    bundle --mksquashfs-args="-comp xz -b 1M -no-progress -quiet -all-root" /out/update /out/update.raucb
rm -rf /out/update
