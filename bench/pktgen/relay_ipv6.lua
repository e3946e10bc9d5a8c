-- SPDX-License-Identifier: GPL-3.0-or-later
-- relay_ipv6.lua - Relay of G.711 over IPv6, 238-byte frames with FCS: NDR and PDR.
--
-- Calls are set up beforehand: `slimline-bench-open SOCKET CALLS none none FAR_IP PLAN` opens payload-blind relays, which
-- carry Pktgen's filler as well as RTP. Environment: GW_MAC, GW_IP, GW_PORT, FAR_IP, FAR_PORT, STREAMS, SECONDS,
-- RESULTS; the defaults fit bench/pktgen/README.md.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local flow = shim.calls(238)
flow.ipv6 = true
flow.src_ip = shim.env("FAR_IP6", "fd80::1:1")
flow.dst_ip = shim.env("GW_IP6", "fd80::1")
shim.flow(0, flow)
shim.report("relay-ipv6-ndr", shim.search(0, 0, 0, shim.seconds()))
shim.report("relay-ipv6-pdr", shim.search(0, 0, 0.005, shim.seconds()))
