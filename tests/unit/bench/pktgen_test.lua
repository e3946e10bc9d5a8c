-- SPDX-License-Identifier: GPL-3.0-or-later
-- pktgen_test.lua - Runs every scenario of bench/pktgen against a Pktgen made up here, of either shape of portStats.
--
-- usage: lua pktgen_test.lua SOURCE-DIRECTORY RESULTS-FILE
-- The link it simulates carries 14.88 Mpps and its device 30 % of that; what is above is lost. A command that Pktgen does not
-- know, an argument of the wrong type, or a result that is wrong by more than a step of the search, fails.
local source, results = arg[1], arg[2]
local LINK_MPPS, CARRIES = 14.88, 30

local passed, failed = 0, 0
local function check(ok, what)
	if ok then
		passed = passed + 1
	else
		failed = failed + 1
		print("fail: " .. what)
	end
end

local function typed(name, ...)
	for i, want in ipairs({ ... }) do
		local got = select(i, table.unpack(name.args, 1, name.args.n))
		if type(got) ~= want then
			error(string.format("%s: argument %d is a %s, not a %s", name.name, i, type(got), want), 3)
		end
	end
end

-- A Pktgen that knows what the scenarios may call. `nested`: portStats as newer versions have it.
local function pktgen_new(nested, from_nowhere)
	local p = { rate = 0, running = false, sent = 0, received = 0, seconds = 0, range = {} }
	local function command(name, types, f)
		return function(...)
			typed({ name = name, args = table.pack(...) }, table.unpack(types))
			return f and f(...)
		end
	end
	p.set = command("set", { "string", "string", "number" }, function(_, what, value)
		if what == "rate" then
			p.rate = value
		end
	end)
	p.clr = command("clr", {}, function() p.sent, p.received = 0, 0 end)
	p.start = command("start", { "string" }, function() p.running = true end)
	p.stop = command("stop", { "string" }, function() p.running = false end)
	p.delay = command("delay", { "number" }, function(ms)
		if not p.running then
			return
		end
		local offered = math.floor(LINK_MPPS * 1e6 * p.rate / 100 * ms / 1000)
		local carried = math.floor(LINK_MPPS * 1e6 * math.min(p.rate, CARRIES) / 100 * ms / 1000)
		p.sent = p.sent + offered
		p.received = p.received + (from_nowhere and 0 or carried)
		p.seconds = p.seconds + ms / 1000
	end)
	p.set_range = command("set_range", { "string", "string" })
	p.set_ipaddr = command("set_ipaddr", { "string", "string", "string" })
	p.process = command("process", { "string", "string" })
	for _, name in ipairs({ "dst_mac", "src_ip", "dst_ip" }) do
		p.range[name] = command(name, { "string", "string", "string" })
	end
	for _, name in ipairs({ "src_port", "dst_port", "pkt_size" }) do
		p.range[name] = command(name, { "string", "string", "number" })
	end
	p.range.ip_proto = command("ip_proto", { "string", "string" })
	p.range.set_type = command("set_type", { "string", "string" })
	p.portStats = function(list, kind)
		if nested and kind then
			error("portStats takes one argument")
		end
		if not nested and kind ~= "port" and kind ~= "rate" then
			error("portStats wants rate or port")
		end
		local counters = { opackets = p.sent, ipackets = p.received, obytes = 0, ibytes = 0, oerrors = 0, ierrors = 0 }
		return { [tonumber(list)] = nested and { curr = counters } or counters }
	end
	return setmetatable(p, {
		__index = function(_, name) error("Pktgen has no command " .. name, 2) end,
	})
end

local function rows()
	local all = {}
	local f = io.open(results)
	for line in f and f:lines() or function() end do
		local case, value = line:match('"case":"([^"]+)","value":([%d.]+)')
		all[case] = tonumber(value)
	end
	if f then
		f:close()
	end
	return all
end

local settings = { RESULTS = results, SECONDS = "1" }
local getenv = os.getenv
os.getenv = function(name) return settings[name] or getenv(name) end
os.execute = function() return true end
local print_quietly = function() end

local function run(scenario, nested, from_nowhere)
	os.remove(results)
	package.loaded.shim, package.loaded.Pktgen = nil, true
	package.path = source .. "/bench/pktgen/?.lua"
	pktgen = pktgen_new(nested, from_nowhere)
	local print_before = print
	print = print_quietly
	local ok, err = pcall(dofile, source .. "/bench/pktgen/" .. scenario .. ".lua")
	print = print_before
	check(ok, string.format("%s (%s portStats): %s", scenario, nested and "nested" or "flat", tostring(err)))
	return rows()
end

local best = LINK_MPPS * CARRIES / 100
for _, nested in ipairs({ false, true }) do
	for _, case in ipairs({ "relay_g711", "relay_g729", "relay_ipv6" }) do
		local got = run(case, nested)
		local name = case:gsub("_", "-")
		for _, kind in ipairs({ "-ndr", "-pdr" }) do
			local value = got[name .. kind] or 0
			check(math.abs(value - best) <= LINK_MPPS * 0.006,
				string.format("%s%s found %.3f Mpps where %.3f are carried", name, kind, value, best))
		end
	end
	check(run("flood_unknown", nested, true)["flood-unknown-offered"] > 14, "flood: not the whole link was offered")
	check(run("wrong_source", nested, true) ~= nil, "wrong_source")
	local churn = run("churn", nested)
	check(churn["churn-quiet"] and churn["churn-busy"], "churn: two trials")
	check(next(run("soak", nested)) ~= nil, "soak: no result")
end
print(string.format("pktgen: %d passed, %d failed, 0 skipped", passed, failed))
os.exit(failed == 0 and 0 or 1)
