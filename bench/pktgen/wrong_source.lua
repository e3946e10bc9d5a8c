-- SPDX-License-Identifier: GPL-3.0-or-later
-- wrong_source.lua - Packets for live streams from an address nobody signalled: all must be dropped, by name.
--
-- Calls are open as for relay_g711.lua, but the source address differs. Nothing may come back, and where SOCKET is set the
-- gateway must count them as source_mismatch. Environment as there, and WRONG_IP.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local flow = shim.calls(218)
flow.src_ip = shim.env("WRONG_IP", "10.80.200.1")
shim.refused("wrong-source", flow, "source_mismatch")
