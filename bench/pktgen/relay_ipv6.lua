-- SPDX-License-Identifier: GPL-3.0-or-later
-- relay_ipv6.lua - Relay of G.711 over IPv6, 238-byte frames with FCS: NDR, PDR and cycles.
--
-- Calls are set up beforehand with an IPv6 far end, and Pktgen is given the capture file of advertise.py, see README.md.
-- Environment as for relay_g711.lua, but GW_IP6 and FAR_IP6.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local flow = shim.calls(238)
flow.ipv6 = true
flow.src_ip = shim.env("FAR_IP6", "fd80::1:1")
flow.dst_ip = shim.env("GW_IP6", "fd80::1")
shim.advertise(0)
shim.relay("relay-ipv6", flow)
