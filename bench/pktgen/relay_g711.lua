-- SPDX-License-Identifier: GPL-3.0-or-later
-- relay_g711.lua - Relay of G.711 at 20 ms, 218-byte frames with FCS: NDR, PDR, cycles and delay.
--
-- Calls are set up beforehand, see README.md. Environment: GW_MAC, GW_IP, GW_PORT, FAR_IP, FAR_PORT, STREAMS, TRIAL_SECONDS,
-- TRIALS, SOCKET, CALM, RESULTS.
package.path = package.path .. ";bench/pktgen/?.lua;?.lua"
require "Pktgen"
local shim = require "shim"

shim.relay("relay-g711", shim.calls(218))
