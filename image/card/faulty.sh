#!/bin/sh
# Makes what the machine tests give to a card: slots whose checksums are right and whose system is not, and updates that
# no box may take. Runs inside the tool chain.
#
# Sees /made (a finished card's folder) and /signer (its key). Told by the environment: EPOCH, VERSION, BOARD.
set -eu
export LC_ALL=C SOURCE_DATE_EPOCH="$EPOCH"
. /card/verity.sh
blocks=$(od -A n -t u4 -j 1028 -N 4 /made/slot.img | tr -d ' ')

# slot NAME PATH MODE TEXT: the good slot with TEXT in place of one file.
slot() {
    cp --sparse=always /made/slot.img "/out/$1.img"
    printf '%b' "$4" > /out/text
    chmod "$3" /out/text
    printf 'rm %s\nwrite /out/text %s\n' "$2" "$2" > /out/commands
    debugfs -w -f /out/commands "/out/$1.img" > /dev/null 2>&1
    protect "/out/$1.img" "$blocks"
}
slot panics /usr/lib/systemd/systemd 755 '#!/usr/bin/sh\nexit 1\n'
slot hangs /usr/lib/systemd/systemd 755 '#!/usr/bin/sh\necho "the first process does nothing" > /dev/kmsg\nexec sleep 1000000\n'
slot crashes /usr/lib/systemd/system/partybox.service 644 '[Service]\nExecStart=/usr/bin/sh -c "echo the firmware says its last words; exit 1"\nRestart=always\nRestartSec=2\nStartLimitIntervalSec=0\n'
slot silent /usr/lib/systemd/system/partybox.service 644 '[Service]\nExecStart=/usr/bin/sleep 1000000\n'

# update NAME BOARD VERSION KEY CERTIFICATE: a small one; none of them gets as far as its content.
update() {
    rm -rf /out/update "/out/$1.raucb"
    mkdir /out/update
    head -c 1M /made/slot.img > /out/update/slot.img
    cat > /out/update/manifest.raucm <<EOF
[update]
compatible=partybox-$2
version=$3

[bundle]
format=verity

[image.rootfs]
filename=slot.img
EOF
    rauc --cert="$5" --key="$4" bundle /out/update "/out/$1.raucb"
}
openssl ecparam -name prime256v1 -genkey -noout -out /out/other.key
openssl req -x509 -new -key /out/other.key -sha256 -days 36500 -subj /CN=other -out /out/other.pem
update wrong-key "$BOARD" "$VERSION" /out/other.key /out/other.pem
update wrong-board "another-$BOARD" "$VERSION" /signer/key.pem /signer/certificate.pem
update older "$BOARD" 0.0.1 /signer/key.pem /signer/certificate.pem
rm -rf /out/update /out/text /out/commands /out/other.key
