#!/usr/bin/env bash
# Tries every way to set up a machine, each in a Debian that has nothing but a compiler and Rust: what works only because
# somebody installed something by hand fails here.
#
#   sudo --preserve-env=PATH,HOME bash tests/setup/bare.sh [--full] [MACHINE...]
#
# MACHINE is one of those that `machines` names below; without one all are tried. What is tried is a clone of the commit
# that is checked out. Without --full commands stop before they compile (`--dry`); with it each runs to its end: the box
# serves its page, all tests run, a card is made and its page is opened at the address that is printed. That takes hours.
#
# Needs root, mmdebstrap and the right to mount (`cargo xtask image --dry` sees to mmdebstrap). Everything is made in
# target/bare; packages are kept there, too. Nothing outside is changed. It does not try systems other than Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
bare=${CARGO_TARGET_DIR:-$here/target}/bare
cache=${CARGO_TARGET_DIR:-$here/target}/debian/cache
machines="debian12 debian13 backports refusing account"
full=
case ${1:-} in
    --full) full=yes; shift ;;
    -*) echo "bare.sh: unknown option $1; there is --full" >&2; exit 2 ;;
esac
for machine in "$@"; do
    case " $machines " in *" $machine "*) ;; *) echo "bare.sh: no machine $machine; there are: $machines" >&2; exit 2 ;; esac
done

results=()
failed=0
# Each machine's shell has mounts of its own and is ended with everything that it started.
inside() { # ROOT ACCOUNT COMMAND...
    local root=$1 account=$2
    shift 2
    unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
        root=$1 account=$2 rust=$3 cache=$4
        shift 4
        mount --bind "$root" "$root"
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        mount -t sysfs sys "$root/sys"
        mount --bind "$rust" "$root/opt/rust"
        mount --bind "$cache" "$root/opt/packages"
        exec chroot --userspec="$account" "$root" env -i HOME=/opt/home PATH=/opt/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            CARGO_HOME=/opt/home/cargo CARGO_TARGET_DIR=/opt/home/target LC_ALL=C.UTF-8 "$@"
    ' sh "$root" "$account" "$(rustc --print sysroot)" "$cache" "$@"
}

# A Debian as it is after `apt install build-essential git`, with Rust as if from rustup, a clone, and `cargo xtask` compiled.
# Every machine is a copy of its release's.
fresh() { # ROOT SUITE
    local root=$1 base=$bare/base-$2
    [ -e "$base/made" ] || base "$base/root" "$2" "$base/made"
    rm -rf "$root"
    cp --archive --reflink=auto "$base/root" "$root"
}

base() { # ROOT SUITE STAMP
    local root=$1 suite=$2 archives=$bare/packages-$2
    mkdir -p "$root" "$archives"
    mmdebstrap --quiet --mode=root --variant=minbase --include=build-essential,git,ca-certificates \
        --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' --dpkgopt=force-unsafe-io \
        --skip=download/empty,essential/unlink,cleanup/apt/lists \
        --setup-hook="mkdir -p '$root/var/cache/apt/archives' && cp -n '$archives'/*.deb '$root/var/cache/apt/archives/' 2>/dev/null || true" \
        --customize-hook="cp -n '$root'/var/cache/apt/archives/*.deb '$archives/' 2>/dev/null || true" \
        "$suite" "$root" \
        "deb http://deb.debian.org/debian $suite main" \
        "deb http://deb.debian.org/debian $suite-updates main" \
        "deb http://deb.debian.org/debian-security $suite-security main"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # A machine's owner may have authorities of their own between it and the registries.
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    mkdir -p "$root/opt/rust" "$root/opt/packages" "$root/opt/home"
    git clone --quiet --no-hardlinks "$here" "$root/opt/partybox"
    # Keeps what is downloaded, for the next machine of this release.
    echo 'APT::Keep-Downloaded-Packages "true"; Binary::apt-get::APT::Keep-Downloaded-Packages "true";' > "$root/etc/apt/apt.conf.d/90keep"
    cp -n "$archives"/*.deb "$root/var/cache/apt/archives/" 2>/dev/null || true
    inside "$root" root:root sh -c 'cd /opt/partybox && exec cargo xtask help' > /dev/null
    touch "$3"
}

keep() { # ROOT SUITE
    cp -n "$1"/var/cache/apt/archives/*.deb "$bare/packages-$2/" 2>/dev/null || true
}

installed() { inside "$1" root:root dpkg-query --show --showformat='${Package}:${Architecture} ${Version}\n' | sort; }

# Runs a command of cargo xtask as ACCOUNT, expects its exit code and, unless that is empty, words among what it says.
try() { # MACHINE ROOT ACCOUNT CODE WORDS COMMAND...
    local machine=$1 root=$2 account=$3 code=$4 words=$5 began=$SECONDS got=0 log
    shift 5
    log=$bare/$machine-$(echo "$*" | tr -c 'a-z\n' -).log
    inside "$root" "$account" sh -c 'cd /opt/partybox && exec cargo xtask "$@"' sh "$@" > "$log" 2>&1 < /dev/null || got=$?
    local verdict=ok
    [ "$got" = "$code" ] || verdict="FAILED: exit code $got instead of $code"
    [ -z "$words" ] || grep -q -- "$words" "$log" || verdict="FAILED: did not say: $words"
    if [ "$verdict" != ok ]; then
        failed=$((failed + 1))
        echo "── the end of $log" >&2
        tail -n 30 "$log" >&2
    fi
    results+=("$(printf '%5d s  %-10s %-48s %s' $((SECONDS - began)) "$machine" "$*" "$verdict")")
    echo "${results[-1]}" >&2
}

# Starts something that serves a page at the address that it prints, waits for the page, and ends it.
serves() { # MACHINE ROOT COMMAND...
    local machine=$1 root=$2 began=$SECONDS log address= page= verdict=ok
    shift 2
    log=$bare/$machine-$(echo "$*" | tr -c 'a-z\n' -).log
    inside "$root" root:root sh -c 'cd /opt/partybox && exec cargo xtask "$@"' sh "$@" > "$log" 2>&1 < /dev/null &
    local process=$!
    while [ -z "$page" ] && kill -0 "$process" 2>/dev/null && [ $((SECONDS - began)) -lt 3600 ]; do
        address=$(grep -aoE 'http://[a-z0-9.:]+/' "$log" | grep -vF deb.debian.org | tail -n 1 || true)
        [ -z "$address" ] || page=$(curl --silent --fail --max-time 10 "$address" 2>/dev/null | grep -o '<title>[^<]*' || true)
        [ -n "$page" ] || sleep 2
    done
    [ -n "$page" ] || { verdict="FAILED: no page at ${address:-an address}"; failed=$((failed + 1)); tail -n 30 "$log" >&2; }
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
    results+=("$(printf '%5d s  %-10s %-48s %s' $((SECONDS - began)) "$machine" "$* ($address)" "$verdict")")
    echo "${results[-1]}" >&2
}

# What a person with root does, in the README's order. Nothing may be removed or replaced meanwhile.
everything() { # MACHINE ROOT SUITE
    local machine=$1 root=$2 suite=$3
    installed "$root" > "$bare/$machine-before"
    if [ -n "$full" ]; then
        serves "$machine" "$root" run --yes -- --listen 127.0.0.1:18080
        serves "$machine" "$root" image --board qemu --cache /opt/packages --yes
        try "$machine" "$root" root:root 0 "summary" test --yes
        try "$machine" "$root" root:root 0 "summary" test --machine --cache /opt/packages --yes
    else
        try "$machine" "$root" root:root 0 "" run --dry --yes
        try "$machine" "$root" root:root 0 "packages and crates" image --dry --cache /opt/packages --yes
        try "$machine" "$root" root:root 0 "packages and crates" image --board qemu --dry --cache /opt/packages --yes
        sed 's/^apt:amd64 [^ ]*/apt:amd64 0.1/' image/card/lock-pi.txt > "$root/opt/outdated.txt"
        try "$machine" "$root" root:root 2 "Debian no longer has" image --dry --lock /opt/outdated.txt --cache /opt/packages
        try "$machine" "$root" root:root 0 "Python clients" test --dry --yes
        try "$machine" "$root" root:root 0 "packages and crates" test --machine --dry --cache /opt/packages --yes
    fi
    installed "$root" > "$bare/$machine-after"
    if comm -23 "$bare/$machine-before" "$bare/$machine-after" | grep .; then
        results+=("         $machine: FAILED: the packages above were removed or replaced")
        failed=$((failed + 1))
    fi
    keep "$root" "$suite"
}

debian12() { fresh "$bare/debian12" bookworm; everything debian12 "$bare/debian12" bookworm; }
debian13() { fresh "$bare/debian13" trixie; everything debian13 "$bare/debian13" trixie; }

# A newer qemu-utils than the release has: the release's own emulator cannot be installed beside it.
backports() {
    local root=$bare/backports
    fresh "$root" bookworm
    echo 'deb http://deb.debian.org/debian bookworm-backports main' > "$root/etc/apt/sources.list.d/backports.list"
    inside "$root" root:root apt-get --quiet --quiet update
    inside "$root" root:root apt-get --quiet --quiet install --yes --no-install-recommends -t bookworm-backports qemu-utils > /dev/null
    everything backports "$root" bookworm
}

# Something that is installed excludes what is needed: it says what apt said and what can be done, and removes nothing.
refusing() {
    local root=$bare/refusing
    fresh "$root" bookworm
    mkdir -p "$root/opt/other/DEBIAN"
    printf 'Package: other\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nConflicts: cmake\nDescription: from elsewhere\n' > "$root/opt/other/DEBIAN/control"
    inside "$root" root:root dpkg-deb --build /opt/other /opt/other.deb > /dev/null
    inside "$root" root:root dpkg --install /opt/other.deb > /dev/null
    try refusing "$root" root:root 2 "it would have to remove: other" run --dry --yes
    inside "$root" root:root dpkg-query --show other > /dev/null
    keep "$root" bookworm
}

# An account without root and sudo: what needs an administrator says so and what to type; what does not, works.
account() {
    local root=$bare/account
    fresh "$root" bookworm
    chown -R 1000:1000 "$root/opt/home" "$root/opt/partybox"
    try account "$root" 1000:1000 2 "run by an administrator" run --dry --yes
    try account "$root" 1000:1000 2 "sudo --preserve-env" image --dry --yes
    try account "$root" 1000:1000 2 "sudo --preserve-env" test --machine --dry --yes
    inside "$root" root:root apt-get --quiet --quiet update
    inside "$root" root:root apt-get --quiet --quiet install --yes --no-install-recommends cmake pkg-config libasound2-dev > /dev/null
    try account "$root" 1000:1000 0 "" run --dry --yes
    keep "$root" bookworm
}

mkdir -p "$bare" "$cache"
rm -rf "$bare"/base-*
for machine in ${*:-$machines}; do
    echo "── $machine" >&2
    "$machine"
    # It is large, and the next time everything is to be fresh.
    rm -rf "${bare:?}/$machine"
done
rm -rf "$bare"/base-*
echo "── set-up of bare machines"
printf '%s\n' "${results[@]}"
[ "$failed" = 0 ] || { echo "$failed failed; what they said is in $bare" >&2; exit 1; }
