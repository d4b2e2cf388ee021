#!/usr/bin/env bash
# Puts the pictures that the tests of the pages have taken onto sheets of small ones, to be looked at side by side.
#
# bash webui/doc/contact-sheet.sh [PICTURES [SHEETS]]: a folder of PNG files (default: target/screenshots, which `cargo xtask test pages`
# fills), and where the sheets go (default: this folder). Needs ffmpeg. Each small picture shows the upper part of a page and bears
# its name; the sheets are in the order of names.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pictures=${1:-$here/../../target/screenshots}
sheets=${2:-$here}
width=150 height=260 across=12 down=6
small=$(mktemp -d)
trap 'rm -rf "$small"' EXIT

shopt -s nullglob
found=("$pictures"/*.png)
if [ ${#found[@]} = 0 ]; then
    echo "no pictures in $pictures: cargo xtask test pages takes them" >&2
    exit 1
fi
number=0
for picture in "${found[@]}"; do
    name=$(basename "$picture" .png)
    number=$((number + 1))
    ffmpeg -nostdin -v error -y -i "$picture" -vf "scale=$width:-1,crop=$width:min(ih\,$((height - 14))):0:0,\
pad=$width:$height:0:14:0x202020,drawtext=text='$name':fontcolor=white:fontsize=9:x=2:y=2" -frames:v 1 -pix_fmt rgb24 \
        "$(printf '%s/%04d.png' "$small" "$number")"
done
rm -f "$sheets"/contact-sheet-*.webp
ffmpeg -nostdin -v error -y -framerate 1 -i "$small/%04d.png" -vf "tile=${across}x${down}:padding=4:color=0x808080" \
    -c:v libwebp -quality 45 "$small/sheet-%02d.webp"
for sheet in "$small"/sheet-*.webp; do
    cp "$sheet" "$sheets/contact-$(basename "$sheet")"
done
echo "${#found[@]} pictures on $(find "$sheets" -name 'contact-sheet-*.webp' | wc -l) sheets in $sheets"
