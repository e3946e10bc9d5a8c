-- SPDX-License-Identifier: GPL-3.0-or-later
-- soak.lua - Long run at a fixed share of the link: loss and rate for every minute.
--
-- Calls are set up beforehand: `slimline-bench-open SOCKET CALLS none none FAR_IP PLAN` opens payload-blind relays, which
-- carry Pktgen's filler as well as RTP. Environment: GW_MAC, GW_IP, GW_PORT, FAR_IP, FAR_PORT, STREAMS, SECONDS,
-- RESULTS; the defaults fit bench/pktgen/README.md.
-- SOAK_MINUTES (default 60) and SOAK_RATE (percent of the link, default 50).
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

shim.flow(0, shim.calls(218))
local worst
for minute = 1, tonumber(shim.env("SOAK_MINUTES", "60")) do
	local trial = shim.trial(0, 0, tonumber(shim.env("SOAK_RATE", "50")), 60)
	print(string.format("minute %4d  sent %12d  lost %8d", minute, trial.sent, trial.sent - trial.received))
	if not worst or shim.loss(trial) > shim.loss(worst) then
		worst = trial
	end
end
shim.report("soak-worst-minute", worst)
