-- SPDX-License-Identifier: GPL-3.0-or-later
-- flood_unknown.lua - Flood of ports with no stream behind them: everything must be dropped, by name.
--
-- Nothing may come back. Run it beside relay traffic from another port to see that calls do not suffer; afterwards
-- `slimctl show drops` shows the flood under port_unknown. Environment: GW_MAC, GW_IP, FAR_IP, SECONDS, RESULTS.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local flow = shim.calls(78)
flow.dst_port = tonumber(shim.env("FLOOD_PORT", "50001")) -- odd: RTCP of no stream
flow.ports = 5000
shim.flow(0, flow)
local trial = shim.trial(0, 0, 100, shim.seconds())
shim.report("flood-unknown-offered", { rate = 100, seconds = trial.seconds, sent = trial.sent, received = trial.sent })
if trial.received > trial.sent / 1000 then
	error(string.format("%d packets came back from ports without a stream", trial.received))
end
