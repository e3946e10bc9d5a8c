#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# hot.sh - Proves that hot objects call nothing that allocates, locks, prints or enters the kernel.
#
# Usage: tests/lint/hot.sh [BUILD]   (default: build; a build without sanitizers)
#
# The symbols that hot objects leave undefined are collected with nm. What the hot objects define for each other is
# struck off; the rest must match a line of the list below, each of which says why it is harmless.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}

# pattern (whole symbol, extended regular expression)   reason
allowed='
mem(cpy|set|move|cmp)                        copies within memory we own
str(cmp|ncmp|len|nlen|chr)                       walks terminated text; look-ups by name, never per packet
__(u)?(div|mod)ti3                           128-bit division of nanoseconds, from the compiler
__cpu_(model|features2|indicator_init)              which kernels this CPU can run, from the compiler
_GLOBAL_OFFSET_TABLE_                        position-independent data
__stack_chk_fail|__assert_fail|__rte_panic   never returns: our own bug, or a header of DPDK that found one
__(memcpy|memset|memmove)_chk                the same copies with a bound, where the distribution hardens builds
(l?l?round|l?l?rint|floor|ceil|fabs|sqrt|pow|exp|log10?|sin|cos)f?   arithmetic of libm
speex_resampler_(process_int|reset_mem|get_input_latency)   works in its own memory
speex_resampler_(init|destroy)               allocates, but runs when a voice opens, from its pool at start
g722_(en|de)code(_init)?                     spandsp, in memory of ours
g726_(en|de)code|g726_init                   spandsp, in memory of ours
gsm0610_(en|de)code|gsm0610_init             spandsp, in memory of ours
plc_(init|rx|fillin)                         spandsp, in memory of ours
dtmf_[a-z_]+|tone_[a-z_]+|super_tone_[a-z_]+ spandsp, in memory of ours
(init|close)?[Bb]cg729[A-Za-z]+              works in its channel context; made and freed when a voice opens
opus_(en|de)coder_(init|get_size|ctl)|opus_(en|de)code   in memory of ours
(Speech_)?(En|De)coder_Interface_[A-Za-z]+|D_IF_[a-z]+|E_IF_[a-z]+   AMR; made and freed when a voice opens
(Speech_)?Encode_Frame|Decoder_amr[a-z]*     AMR
addr_[a-z0-9_]+|drop_[a-z]+                  gw/addr, gw/drop: no kernel, no memory
rte_eth_devices|rte_eth_fp_ops|per_lcore__[a-z_]+|__tls_get_addr   DPDK data, some of it per thread
rte_(mempool|pktmbuf|mbuf|ring|ether|ipv4|ipv6|net|eth|prefetch|flow|cycles|delay|tsc|get_tsc|rdtsc|cpu)_?[a-z0-9_]*  DPDK fast path: lockless rings and pools
rte_eth_(rx|tx)_burst|rte_eth_call_(rx|tx)_callbacks   the driver: our way to the wire
rte_vect_(max|get|set)[a-z_]*                which vectors DPDK may use
'
# Never, even where a pattern above would let it pass.
denied='malloc|calloc|realloc|free|aligned_alloc|posix_memalign|rte_(z?m|c)alloc[a-z_]*|rte_free|v?f?d?s?n?printf|puts|write|read|send[a-z]*|recv[a-z]*|sem_[a-z]+|pthread_[a-z_]+|usleep|nanosleep|clock_[a-z]+|gettimeofday|time|syscall|log_[a-z]+|rte_log|rte_exit|rte_delay_us_sleep'

mapfile -t objects < <(find "$build/gw" "$build/dataplane" -name '*.o' \
	\( -path '*libgw_rtp.a.p*' -o -path '*libgw_rtcp.a.p*' -o -path '*libgw_jitter.a.p*' -o -path '*libgw_codec*' \
	-o -path '*libgw_law*' -o -path '*libgw_resample*' -o -path '*libgw_mixer*' -o -path '*libgw_plc*' \
	-o -path '*libgw_quality*' -o -path '*libgw_comfort*' -o -path '*libgw_dtmf*' -o -path '*libgw_tone*' \
	-o -path '*libgw_media*' -o -path '*libdataplane_hot*' -o -path '*libdataplane_wide*' -o -path '*libdataplane_law*' \) 2>/dev/null | sort)
if [ "${#objects[@]}" = 0 ]; then
	echo "hot: no hot objects in $build; build first"
	exit 1
fi
defined=$(nm --defined-only -g "${objects[@]}" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
patterns=$(awk 'NF { print $1 }' <<<"$allowed" | paste -sd'|')
bad=0
for object in "${objects[@]}"; do
	for symbol in $(nm -u "$object" | awk '{ print $NF }'); do
		if grep -qxE "$denied" <<<"$symbol" ||
			{ ! grep -qxF "$symbol" <<<"$defined" && ! grep -qxE "$patterns" <<<"$symbol"; }; then
			echo "hot: ${object#"$build"/} calls $symbol"
			bad=$((bad + 1))
		fi
	done
done
echo "hot: ${#objects[@]} objects, $bad problems"
[ "$bad" = 0 ]
