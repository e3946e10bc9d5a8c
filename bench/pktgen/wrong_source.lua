-- SPDX-License-Identifier: GPL-3.0-or-later
-- wrong_source.lua - Packets for live streams from an address nobody signalled: all must be dropped, by name.
--
-- Calls are open as for relay_g711.lua, but the source address differs. Nothing may come back; `slimctl show drops`
-- shows source_mismatch. Environment as there, and WRONG_IP.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local flow = shim.calls(218)
flow.src_ip = shim.env("WRONG_IP", "10.80.200.1")
shim.flow(0, flow)
local trial = shim.trial(0, 0, 100, shim.seconds())
shim.report("wrong-source-offered", { rate = 100, seconds = trial.seconds, sent = trial.sent, received = trial.sent })
if trial.received > trial.sent / 1000 then
	error(string.format("%d packets of a wrong source were relayed", trial.received))
end
