# Run by U-Boot, on a Pi and on an emulated computer alike: chooses a slot, checks its kernel, starts it.
#
# Counters are in sector 16 of the boot partition's reserved area, in U-Boot's own format with a checksum: pb_order (such
# as "A B"), pb_try (the slot that an update was written to and that has not proved itself) and pb_left (how often it may
# still be tried). They are written here only while there is such a slot. Sectors 17 and 18 say PBAD if the running
# system found slot A or B damaged; a damaged slot is tried last. With no readable counters slot A comes first.

test -n "${devnum}" || setenv devnum 0
test -n "${devtype}" || setenv devtype mmc
if test "${board}" = qemu-arm; then
    setenv pb_high 50000000
    setenv pb_kernel 44000000
    setenv pb_initrd 4c000000
    setenv pb_fdt ${fdtcontroladdr}
    setenv pb_copy 4d000000
    setenv pb_words 4b000000
    setenv pb_console "console=ttyAMA0"
else
    setenv pb_high 10000000
    setenv pb_kernel 04000000
    setenv pb_initrd 0c000000
    setenv pb_fdt ${fdt_addr}
    setenv pb_copy 0d000000
    setenv pb_words 0b000000
    setenv pb_console "console=tty0 console=ttyS1,115200"
fi
# What the kernel said last before it died outlasts a restart in memory that nobody else uses: see last-words. Without it
# the box starts as well. Addresses and sizes have one or two cells; on a Pi there is such a folder of the tree already.
if fdt addr ${pb_fdt} && fdt move ${pb_fdt} ${pb_copy} && fdt resize 1000; then
    setenv pb_fdt ${pb_copy}
    fdt get value pb_cells / "#address-cells"
    setenv pb_reg "0x${pb_words}"
    if itest ${pb_cells} == 2; then setenv pb_reg "0 0x${pb_words}"; fi
    setenv pb_address ${pb_cells}
    fdt get value pb_cells / "#size-cells"
    if itest ${pb_cells} == 2; then setenv pb_reg "${pb_reg} 0 0x40000"; else setenv pb_reg "${pb_reg} 0x40000"; fi
    if fdt mknode / reserved-memory; then
        fdt set /reserved-memory "#address-cells" <${pb_address}>
        fdt set /reserved-memory "#size-cells" <${pb_cells}>
        fdt set /reserved-memory ranges
    fi
    fdt mknode /reserved-memory ramoops@${pb_words}
    fdt set /reserved-memory/ramoops@${pb_words} compatible ramoops
    fdt set /reserved-memory/ramoops@${pb_words} reg <${pb_reg}>
    fdt set /reserved-memory/ramoops@${pb_words} record-size <0x10000>
fi

setenv pb_order "A B"
setenv pb_try
setenv pb_left 0
${devtype} dev ${devnum}
if ${devtype} read ${pb_high} 810 1; then
    env import -c ${pb_high} 200 pb_order pb_try pb_left || echo "no slot counters"
fi

setenv pb_first
setenv pb_then
for slot in ${pb_order}; do
    setenv sector 811
    test ${slot} = A || setenv sector 812
    setenv bad 0
    if ${devtype} read ${pb_high} ${sector} 1; then
        if itest.l *${pb_high} == 44414250; then setenv bad 1; fi
    fi
    if test "${slot}" = "${pb_try}" -a "${pb_left}" = 0; then setenv bad 1; fi
    if test ${bad} = 1; then
        setenv pb_then "${pb_then} ${slot}"
    else
        setenv pb_first "${pb_first} ${slot}"
    fi
done

setenv pb_last 0
for slot in ${pb_first} bad ${pb_then}; do
    if test ${slot} = bad; then
        setenv pb_last 1
    else
        if test "${slot}" = "${pb_try}" -a ${pb_last} = 0; then
            setexpr pb_left ${pb_left} - 1
            env export -c -s 200 ${pb_high} pb_order pb_try pb_left
            ${devtype} write ${pb_high} 810 1
        fi
        setenv part 2
        test ${slot} = A || setenv part 3
        echo "partybox: slot ${slot}, last resort ${pb_last}, tries left ${pb_left}"
        if load ${devtype} ${devnum}:${part} ${pb_high} /boot/kernel && iminfo ${pb_high}; then
            setexpr pb_data ${pb_high} + 40
            setexpr pb_size ${filesize} - 40
            # A slot's kernel may be compressed, too: gzip begins so.
            if itest.w *${pb_data} == 8b1f; then
                unzip ${pb_data} ${pb_kernel}
            else
                cp.b ${pb_data} ${pb_kernel} ${pb_size}
            fi
            if load ${devtype} ${devnum}:${part} ${pb_high} /boot/initrd && iminfo ${pb_high}; then
                setexpr pb_size ${filesize} - 40
                cp.b ${pb_data} ${pb_initrd} ${pb_size}
                setenv bootargs "${pb_console} loglevel=5 panic=-1 fsck.repair=yes pb.slot=${slot} pb.last=${pb_last} systemd.show_status=0"
                booti ${pb_kernel} ${pb_initrd}:${pb_size} ${pb_fdt}
            fi
        fi
        echo "partybox: slot ${slot} does not start"
    fi
done
echo "partybox: no slot starts"
