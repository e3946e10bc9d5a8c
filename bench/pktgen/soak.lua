-- SPDX-License-Identifier: GPL-3.0-or-later
-- soak.lua - Long run at a fixed share of the link: loss and rate for every minute.
--
-- Calls are set up beforehand, see README.md; the environment is that of relay_g711.lua. SOAK_MINUTES (default 60), SOAK_RATE
-- (percent of the link, default 10), SOAK_STEP (seconds in place of a minute).
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local step = { rate = tonumber(shim.env("SOAK_RATE", "10")), trials = {} }
shim.flow(0, shim.calls(218))
shim.warm(0, 0)
for minute = 1, tonumber(shim.env("SOAK_MINUTES", "60")) do
	local trial = shim.trial(0, 0, step.rate, tonumber(shim.env("SOAK_STEP", "60")))
	step.trials[minute] = trial
	print(string.format("minute %4d  sent %12d  lost %8d", minute, trial.sent, trial.sent - trial.received))
end
shim.report("soak", shim.all(step))
