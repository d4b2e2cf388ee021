#!/bin/sh
# Makes /out/card.img.zst from /out/card.img. Runs inside the tool chain. It is by far the longest step, and no test reads it.
set -eu
# Always as many threads: how many there are may change the bytes.
zstd --quiet --force -19 --long=28 -T2 --no-progress /out/card.img -o /out/card.img.zst.new
mv /out/card.img.zst.new /out/card.img.zst
