-- SPDX-License-Identifier: GPL-3.0-or-later
-- flood_unknown.lua - Flood of ports with no stream behind them: everything must be dropped, by name.
--
-- Nothing may come back, and where SOCKET is set the gateway must count the flood as port_unknown. Environment: GW_MAC, GW_IP,
-- FAR_IP, FLOOD_PORT, TRIAL_SECONDS, SOCKET, CALM, RESULTS.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local flow = shim.calls(78)
flow.dst_port = tonumber(shim.env("FLOOD_PORT", "50001")) -- odd: RTCP of no stream
flow.ports = 5000
shim.refused("flood-unknown", flow, "port_unknown")
