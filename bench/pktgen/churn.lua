-- SPDX-License-Identifier: GPL-3.0-or-later
-- churn.lua - Relay while other calls come and go: the loss of standing calls must not depend on churn.
--
-- Calls are set up beforehand, see README.md; the environment is that of relay_g711.lua. Other calls are opened and closed through
-- SOCKET during the second trial: CHURN_CALLS a second (500). CHURN_RATE is the share of the link (10 %). CHURN_COMMAND takes the
-- place of slimline-bench-open where the gateway is on another machine.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

local seconds, rate = math.floor(shim.seconds()), tonumber(shim.env("CHURN_RATE", "10"))
local churn = os.getenv("CHURN_COMMAND") or string.format("%s --churn %d %s %s 500 none none %s",
	shim.env("BENCH_OPEN", "build/bench/slimline-bench-open"), seconds, shim.env("CHURN_CALLS", "500"),
	os.getenv("SOCKET") or error("churn wants SOCKET, the gateway's, or CHURN_COMMAND", 0), shim.env("FAR_IP", "10.80.128.1"))
shim.flow(0, shim.calls(218))
shim.warm(0, 0)
local _, quiet = shim.step(0, 0, rate, seconds, 0)
shim.report("churn-quiet", shim.all(quiet))

local calls = 0
local _, busy = shim.step(0, 0, rate, seconds, 0, nil, churn, function(said)
	local opened = tonumber(said:match("opened and closed (%d+) calls"))
	calls = calls + (opened or error("churn: " .. said, 0))
end)
local result = shim.all(busy)
result.calls = calls
shim.report("churn-busy", result)
