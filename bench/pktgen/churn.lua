-- SPDX-License-Identifier: GPL-3.0-or-later
-- churn.lua - Relay while other calls come and go: the loss of standing calls must not depend on churn.
--
-- Calls are set up beforehand: `slimline-bench-open SOCKET CALLS none none FAR_IP PLAN` opens payload-blind relays, which
-- carry Pktgen's filler as well as RTP. Environment: GW_MAC, GW_IP, GW_PORT, FAR_IP, FAR_PORT, STREAMS, SECONDS,
-- RESULTS; the defaults fit bench/pktgen/README.md.
-- CHURN_COMMAND is run in the background during the second trial (a loop of slimline-bench-open, or slimline-lab storm).
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

shim.flow(0, shim.calls(218))
local rate = tonumber(shim.env("CHURN_RATE", "50"))
local quiet = shim.trial(0, 0, rate, shim.seconds())
os.execute(shim.env("CHURN_COMMAND", "true") .. " &")
local busy = shim.trial(0, 0, rate, shim.seconds())
shim.report("churn-quiet", quiet)
shim.report("churn-busy", busy)
print(string.format("loss without churn %.6f, with churn %.6f", shim.loss(quiet), shim.loss(busy)))
