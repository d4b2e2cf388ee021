#!/bin/sh
# Makes /out/card.img.xz from /out/card.img. Runs inside the tool chain. It is by far the longest step, and no test reads it.
set -eu
# One thread, because several make independent pieces, and in the dictionary the second slot is a repetition of the first. No
# filter for arm64's instructions: it saves a megabyte, and programs that write cards may have a library from before it.
xz --threads=1 --lzma2=preset=9,dict=256MiB --stdout /out/card.img > /out/card.img.xz.new
mv /out/card.img.xz.new /out/card.img.xz
