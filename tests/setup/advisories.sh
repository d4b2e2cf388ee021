#!/usr/bin/env bash
# Renews tests/advisories from the RustSec database: of each advisory about a crate in Cargo.lock that was not withdrawn, the
# part that says which versions it is about. The prose stays where it is; the address leads there.
#
#   bash tests/setup/advisories.sh [FOLDER]
#
# FOLDER is a clone of the database; without one a new one is made and removed. It checks nothing: `cargo xtask test` does.
set -euo pipefail
cd "$(dirname "$0")/../.."

database=${1:-}
if [ -z "$database" ]; then
    database=$(mktemp -d)
    trap 'rm -rf "$database"' EXIT
    git clone --quiet --depth 1 https://github.com/RustSec/advisory-db "$database"
fi
[ -d "$database/crates" ] || { echo "advisories.sh: $database has no folder crates" >&2; exit 2; }

rm -rf tests/advisories/crates
for crate in $(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.lock | sort -u); do
    for advisory in "$database/crates/$crate"/*.md; do
        [ -f "$advisory" ] || continue
        ! grep -q '^withdrawn' "$advisory" || continue
        mkdir -p "tests/advisories/crates/$crate"
        # The first block, without what a check does not read, which is long.
        {
            awk '/^```toml/ { inside = 1 } inside { print } inside && /^```$/ { exit }' "$advisory" |
                grep -vE '^(title|description|references|keywords|categories|cvss|aliases|related|license) *='
            printf '\n# %s: what it is about is told at the address above\n' "$crate"
        } > "tests/advisories/crates/$crate/$(basename "$advisory")"
    done
done
echo "$(find tests/advisories/crates -name '*.md' | wc -l) advisories about crates in Cargo.lock"
git --no-pager diff --stat -- tests/advisories
