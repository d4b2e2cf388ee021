# Read by other scripts here: how a slot is given its checksums.

# protect FILE BLOCKS: behind a file system of so many blocks of 4 KiB comes a block that says how to read the checksums, and
# then dm-verity's tree.
protect() {
    hash=$(veritysetup format --no-superblock --hash-offset=$((($2 + 1) * 4096)) --data-blocks="$2" --salt=- \
        --uuid=50b0c5a0-0000-4000-8000-000000000003 "$1" "$1" | sed -n 's/^Root hash:[[:space:]]*//p')
    test ${#hash} = 64
    printf 'partybox-slot 1 %s %s' "$2" "$hash" | dd of="$1" bs=4096 seek="$2" conv=notrunc status=none
}
