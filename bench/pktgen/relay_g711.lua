-- SPDX-License-Identifier: GPL-3.0-or-later
-- relay_g711.lua - Relay of G.711 at 20 ms, 218-byte frames with FCS: NDR and PDR.
--
-- Calls are set up beforehand: `slimline-bench-open SOCKET CALLS none none FAR_IP PLAN` opens payload-blind relays, which
-- carry Pktgen's filler as well as RTP. Environment: GW_MAC, GW_IP, GW_PORT, FAR_IP, FAR_PORT, STREAMS, SECONDS,
-- RESULTS; the defaults fit bench/pktgen/README.md.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

shim.flow(0, shim.calls(218))
shim.report("relay-g711-ndr", shim.search(0, 0, 0, shim.seconds()))
shim.report("relay-g711-pdr", shim.search(0, 0, 0.005, shim.seconds()))
