-- SPDX-License-Identifier: GPL-3.0-or-later
-- pktgen_test.lua - Runs every scenario of bench/pktgen against a Pktgen made up here, of either shape of portStats.
--
-- usage: lua pktgen_test.lua SOURCE-DIRECTORY RESULTS-FILE
-- The link it simulates carries 14.88 Mpps, the gateway 30 % of that, and its Pktgen can send 60 %. As the real one, it reads its
-- counters once a second, and each third trial loses a few packets for no reason. A command that Pktgen does not know, an
-- argument of the wrong type, or a result that is wrong by more than a step of the search, fails.
local source, results = arg[1], arg[2]
local LINK_MPPS, SENDS = 14.88, 60

local passed, failed = 0, 0
local function check(ok, what)
	if ok then
		passed = passed + 1
	else
		failed = failed + 1
		print("fail: " .. what)
	end
end

local function typed(name, args, types)
	for i, want in ipairs(types) do
		if type(args[i]) ~= want then
			error(string.format("%s: argument %d is a %s, not a %s", name, i, type(args[i]), want), 3)
		end
	end
end

-- A Pktgen that knows what the scenarios may call. How it is: nested (portStats as newer versions have it), carries (percent of the
-- link that comes back), asks (neighbour questions a second), stamps (it takes samples of the delay).
local function pktgen_new(how)
	local p = { rate = 0, running = false, sent = 0, received = 0, now = 0, trials = 0, range = {} }
	local seen = { sent = 0, received = 0 }
	local function command(name, types, f)
		return function(...)
			typed(name, { ... }, types)
			return f and f(...)
		end
	end
	p.set = command("set", { "string", "string", "number" }, function(_, what, value)
		if what == "rate" then
			p.rate = value
		end
	end)
	p.start = command("start", { "string" }, function()
		p.running, p.trials = true, p.trials + 1
		p.received = p.received - ((how.carries or 30) > 0 and p.trials % 3 == 0 and 5 or 0)
	end)
	p.stop = command("stop", { "string" }, function() p.running = false end)
	p.delay = command("delay", { "number" }, function(ms)
		if p.running then
			local one = LINK_MPPS * 1e6 / 100 * ms / 1000
			p.sent = p.sent + math.floor(one * math.min(p.rate, SENDS))
			p.received = p.received + math.floor(one * math.min(p.rate, SENDS, how.carries or 30))
		end
		local second = math.floor(p.now)
		p.now = p.now + ms / 1000
		p.received = p.received + (how.asks or 0) * (math.floor(p.now) - second)
		if math.floor(p.now) > second then
			seen = { sent = p.sent, received = p.received }
		end
	end)
	for _, name in ipairs({ "set_range", "process", "pcap", "latsampler", "set_proto" }) do
		p[name] = command(name, { "string", "string" })
	end
	for _, name in ipairs({ "set_ipaddr", "set_mac" }) do
		p[name] = command(name, { "string", "string", "string" })
	end
	p.screen = command("screen", { "string" })
	p.latency = command("latency", { "string", "string" })
	p.latsampler_params = command("latsampler_params", { "string", "string", "number", "number", "string" },
		function(_, _, _, _, file)
			local f = io.open(file, "w")
			f:write("Latency\n")
			for i = 1, how.stamps or 0 do
				f:write(i * 100, "\n") -- ns
			end
			f:close()
		end)
	for _, name in ipairs({ "dst_mac", "src_ip", "dst_ip" }) do
		p.range[name] = command(name, { "string", "string", "string" })
	end
	for _, name in ipairs({ "src_port", "dst_port", "pkt_size" }) do
		p.range[name] = command(name, { "string", "string", "number" })
	end
	p.range.ip_proto = command("ip_proto", { "string", "string" })
	p.range.set_type = command("set_type", { "string", "string" })
	p.portStats = function(list, kind)
		if how.nested and kind then
			error("portStats takes one argument")
		end
		if not how.nested and kind ~= "port" and kind ~= "rate" then
			error("portStats wants rate or port")
		end
		local counters = { opackets = seen.sent, ipackets = seen.received, obytes = 0, ibytes = 0, oerrors = 0, ierrors = 0 }
		return { [tonumber(list)] = how.nested and { curr = counters } or counters }
	end
	p.info = { Pktgen_Version = "Pktgen made up", DPDK_Version = "none" }
	return setmetatable(p, {
		__index = function(_, name) error("Pktgen has no command " .. name, 2) end,
	})
end

-- What the scenarios ask of the world outside: settings, the clock, the gateway's figures, commands.
local settings = {}
local getenv, open, popen, execute = os.getenv, io.open, io.popen, os.execute
os.getenv = function(name)
	if settings[name] ~= nil then
		return settings[name] or nil
	end
	return getenv(name)
end
local function text_file(text)
	return {
		read = function() return text end,
		lines = function() return text:gmatch("[^\n]+") end,
		close = function() end,
	}
end
io.open = function(path, mode)
	return path == "/proc/uptime" and text_file(string.format("%.2f 0.00\n", pktgen.now)) or open(path, mode)
end
local gateway -- what it counted as dropped: a share of what was sent
io.popen = function(line)
	if line:match("--figures") then
		return text_file(string.format('{"drops":{"port_unknown":%d,"source_mismatch":%d}}',
			pktgen.sent * gateway, pktgen.sent * gateway))
	end
	return popen(line)
end
os.execute = function(line)
	line = line:gsub("sleep %d+; ", ""):gsub("&%s*$", "")
	return execute(line)
end

local function rows()
	local all = {}
	local f = open(results)
	for line in f and f:lines() or function() end do
		local case, value = line:match('"case":"([^"]+)","value":([%d.]+)')
		if case then
			all[case] = { value = tonumber(value), line = line }
		end
	end
	if f then
		f:close()
	end
	return all
end

-- Runs a scenario; returns its rows by case, and its error where it had one.
local function run(scenario, how, with)
	settings = { RESULTS = results, TRIAL_SECONDS = "1", SOCKET = false, CALM = false, TRIALS = false, CHURN_COMMAND = false }
	for name, value in pairs(with or {}) do
		settings[name] = value
	end
	os.remove(results)
	package.loaded.shim, package.loaded.Pktgen = nil, true
	package.path = source .. "/bench/pktgen/?.lua"
	gateway = how.gateway or 1
	pktgen = pktgen_new(how)
	local print_before = print
	print = function() end
	local ok, err = pcall(dofile, source .. "/bench/pktgen/" .. scenario .. ".lua")
	print = print_before
	if not how.fails then
		check(ok, string.format("%s (%s portStats): %s", scenario, how.nested and "nested" or "flat", tostring(err)))
	end
	return rows(), not ok and tostring(err) or nil
end

-- A gateway whose figures say 31.5 cycles, and who churns 500 calls, whatever is asked of it.
local figures = "echo '{\"cycles_per_packet\":31.5}' opened and closed 500 calls #"

for _, nested in ipairs({ false, true }) do
	for _, case in ipairs({ "relay_g711", "relay_g729", "relay_ipv6" }) do
		local name, best = case:gsub("_", "-"), LINK_MPPS * 30 / 100
		local got = run(case, { nested = nested, stamps = 10000, asks = 1 }, { SOCKET = "there", BENCH_OPEN = figures })
		for kind, most in pairs({ ["-ndr"] = best, ["-pdr"] = best / 0.995 }) do
			local value = got[name .. kind] and got[name .. kind].value or 0
			check(math.abs(value - best) <= LINK_MPPS * 0.0101,
				string.format("%s%s found %.3f Mpps where %.3f are carried", name, kind, value, most))
		end
		check(got[name .. "-cycles"] and got[name .. "-cycles"].value == 31.5, name .. ": cycles")
		local delay = got[name .. "-delay"]
		check((delay ~= nil) == (case ~= "relay_ipv6"), name .. ": delay")
		check(not delay or math.abs(delay.value - 999) < 0.2 and delay.line:match('"p50_us":500.0'), name .. ": percentiles")
		check(got[name .. "-ndr"].line:match('"runs":2') or got[name .. "-ndr"].line:match('"runs":3'), name .. ": trials")
	end
	local unlimited = run("relay_g711", { nested = nested, carries = 100 })
	for _, case in ipairs({ "relay-g711-ndr", "relay-g711-pdr" }) do
		check(math.abs(unlimited[case].value - LINK_MPPS * SENDS / 100) < 0.01 and
			unlimited[case].line:match('"generator_limited":true'), case .. ": as much as Pktgen sends")
	end
	check(not unlimited["relay-g711-cycles"] and not unlimited["relay-g711-delay"], "nothing made up where nothing was measured")

	local flood = run("flood_unknown", { nested = nested, carries = 0 }, { SOCKET = "there" })["flood-unknown"]
	check(flood and flood.value > 8.9 and flood.line:match('"returned":0'), "flood: not all was offered")
	check(run("wrong_source", { nested = nested, carries = 0 })["wrong-source"], "wrong_source")
	local churn = run("churn", { nested = nested }, { SOCKET = "there", BENCH_OPEN = figures })
	check(churn["churn-quiet"] and churn["churn-busy"] and churn["churn-busy"].line:match('"calls":%d*500'), "churn: calls")
	local soak = run("soak", { nested = nested }, { SOAK_MINUTES = "6" })["soak"]
	check(soak and select(2, soak.line:match('"losses":%[(.-)%]'):gsub(",", "")) == 5, "soak: a loss each minute")
end

-- what must be said aloud
local function said(scenario, how, with, words)
	how.fails = true
	local _, err = run(scenario, how, with)
	check(err and err:find(words, 1, true), string.format("%s: said %s, not: %s", scenario, tostring(err), words))
end
said("relay_g711", { carries = 0 }, {}, "are the calls open")
said("flood_unknown", { carries = 30 }, {}, "packets came back that had to be dropped")
said("wrong_source", { carries = 0, gateway = 0.5 }, { SOCKET = "there" }, "as source_mismatch")
said("churn", {}, {}, "churn wants SOCKET")
said("churn", {}, { CHURN_COMMAND = "echo refused" }, "churn: refused")
local calm = run("soak", {}, { SOAK_MINUTES = "1", CALM = "yes" })["soak"]
check(calm and calm.line:match('"calm":true'), "the machine is calm where CALM says so")

print(string.format("pktgen: %d passed, %d failed, 0 skipped", passed, failed))
os.exit(failed == 0 and 0 or 1)
