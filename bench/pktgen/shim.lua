-- SPDX-License-Identifier: GPL-3.0-or-later
-- shim.lua - What the scenarios share: trials, searches and results, over the Pktgen-DPDK versions in the field.
--
-- portStats changed its shape: older versions take (ports, "rate" | "port") and return counters at the top level,
-- newer ones take the ports alone and put them under `curr`. Anything else is refused with a clear message.
local shim = {}

-- Counters of one port: ipackets, opackets, ibytes, obytes, ierrors, oerrors.
function shim.counters(port)
	local list = tostring(port)
	local ok, stats = pcall(pktgen.portStats, list)
	if ok and type(stats) == "table" and stats[port] and stats[port].curr then
		return stats[port].curr
	end
	ok, stats = pcall(pktgen.portStats, list, "port")
	if ok and type(stats) == "table" and stats[port] and stats[port].ipackets then
		return stats[port]
	end
	error("this Pktgen's portStats has a shape we do not know: see bench/pktgen/shim.lua")
end

-- Pktgen reads the counters of its ports about once a second: waits until they have stood still for longer. A gateway that asks
-- for its neighbours now and then does not count as movement.
local STILL_MS, ASKED = 1600, 8
function shim.settled(tx, rx)
	local sent, received, still = -1, -1, 0
	local t, r
	for _ = 1, 100 do
		t, r = shim.counters(tx).opackets, shim.counters(rx).ipackets
		if t - sent > ASKED or r - received > ASKED or sent < 0 then
			sent, received, still = t, r, 0
		elseif still >= STILL_MS then
			break
		end
		pktgen.delay(200)
		still = still + 200
	end
	return t, r
end

local function read_all(path)
	local f = io.open(path)
	local text = f and f:read("a") or ""
	if f then
		f:close()
	end
	return text
end

-- Seconds since start of the machine. Pktgen's Lua has no clock, and a delay may take longer than it was asked to.
local function uptime()
	return tonumber(read_all("/proc/uptime"):match("^[%d.]+")) or os.time()
end

local function lines_of(command)
	local f = io.popen(command)
	local lines = {}
	for line in f and f:lines() or function() end do
		lines[#lines + 1] = line
	end
	if f then
		f:close()
	end
	return lines
end

-- The thread of Pktgen that draws its screen and reads its counters never sleeps. Where it shares a CPU with a sender, it takes
-- turns of milliseconds with it: during a trial it gets only what the sender leaves (SCHED_IDLE).
-- It is the one that has the name of the main thread, whose number is the process's.
function shim.screen(runs)
	os.execute(string.format('for t in /proc/$PPID/task/*; do [ "${t##*/}" != $PPID ] && cmp -s $t/comm /proc/$PPID/comm && ' ..
		'chrt --%s --pid 0 "${t##*/}"; done 2>/dev/null', runs and "other" or "idle"))
end

-- Sends for about `seconds` at `rate` percent of the link and returns what was sent and received. `beside`: a shell command that
-- runs meanwhile; what it said goes to `hear`.
function shim.trial(tx, rx, rate, seconds, beside, hear)
	local file = beside and os.tmpname()
	if beside then
		os.execute(string.format("(%s\necho end) >%s 2>&1 &", beside, file))
	end
	pktgen.set(tostring(tx), "rate", rate)
	local sent, received = shim.counters(tx).opackets, shim.counters(rx).ipackets
	shim.screen(false)
	local begun = uptime()
	pktgen.start(tostring(tx))
	pktgen.delay(math.floor(seconds * 1000))
	pktgen.stop(tostring(tx))
	local ended = uptime()
	shim.screen(true)
	local sent_after, received_after = shim.settled(tx, rx)
	local trial = {
		rate = rate,
		seconds = math.max(ended - begun, 0.01),
		sent = sent_after - sent,
		received = received_after - received,
	}
	trial.offered = trial.sent / trial.seconds / 1e6
	trial.mpps = trial.received / trial.seconds / 1e6
	trial.loss = trial.sent > 0 and math.max(0, 1 - trial.received / trial.sent) or 1
	if beside then
		local said = read_all(file)
		for _ = 1, 50 do
			if said:match("end\n$") then
				break
			end
			pktgen.delay(100)
			said = read_all(file)
		end
		os.remove(file)
		hear((said:gsub("end\n$", "")))
	end
	return trial
end

-- Several trials at one rate: judged by the one in the middle, so that one hiccup of the machine is not taken for a limit.
-- Once most of them agree on `allowed`, the others are not run. `before`: trials of the same rate, to go on from.
function shim.step(tx, rx, rate, seconds, allowed, before, beside, hear)
	local wanted = tonumber(shim.env("TRIALS", "3"))
	local step = before or { rate = rate, trials = {} }
	local function count(good)
		local n = 0
		for _, t in ipairs(step.trials) do
			n = n + ((t.loss <= allowed) == good and 1 or 0)
		end
		return n
	end
	while count(true) * 2 <= wanted and count(false) * 2 <= wanted and #step.trials < wanted do
		step.trials[#step.trials + 1] = shim.trial(tx, rx, rate, seconds, beside, hear)
	end
	return count(true) > count(false), step
end

local function median(list)
	table.sort(list)
	return (list[(#list + 1) // 2] + list[#list // 2 + 1]) / 2
end

-- What the trials of a step come to, those that lost more than is allowed left out.
local function summary(step, allowed)
	local result = { rate = step.rate, sent = 0, received = 0, runs = 0, offered = 0, seconds = 0 }
	local mpps, offered = {}, {}
	for _, t in ipairs(step.trials) do
		if t.loss <= allowed then
			result.sent, result.received = result.sent + t.sent, result.received + t.received
			result.seconds, result.runs = result.seconds + t.seconds, result.runs + 1
			mpps[#mpps + 1], offered[#offered + 1] = t.mpps, t.offered
		end
	end
	if result.runs > 0 then
		result.mpps, result.offered = median(mpps), median(offered)
		result.spread = (mpps[#mpps] - mpps[1]) / result.mpps
	end
	return result
end

-- All trials of a step, with the loss of each.
function shim.all(step)
	local result, losses = summary(step, 1), {}
	for i, t in ipairs(step.trials) do
		losses[i] = string.format("%.4f", 1000 * t.loss)
	end
	result.losses = "[" .. table.concat(losses, ",") .. "]"
	return result
end

-- Highest rate whose loss is at most `allowed` (0 = NDR, 0.005 = PDR), by bisection in steps of 1 % of the link.
-- `steps` keeps what was tried, by rate, for the next search. `link` is what 1 % of the link is, in Mpps.
-- Where Pktgen sends less than it was told to, what it sent counts, and the result says so: generator_limited.
function shim.search(tx, rx, allowed, seconds, steps, link)
	local low, high, best = 0, 101, nil
	local rate = 100
	while high - low > 1 do
		local good, step = shim.step(tx, rx, rate, seconds, allowed, steps[rate])
		steps[rate] = step
		local sent = summary(step, 1).offered
		local limited = link > 0 and sent < 0.97 * rate * link
		if good then
			low, best = rate, summary(step, allowed)
			best.generator_limited = limited
			if limited then
				break -- no use in telling it to send more
			end
		else
			high = limited and math.max(low + 1, math.min(rate, math.ceil(sent / link))) or rate
		end
		rate = (low + high) // 2
	end
	if best then
		best.curve = shim.curve(steps)
	end
	return best or { rate = 0, mpps = 0, sent = 0, received = 0, runs = 0, curve = shim.curve(steps) }
end

-- All that was tried: [Mpps offered, lost per mille].
function shim.curve(steps)
	local points = {}
	for _, step in pairs(steps) do
		for _, t in ipairs(step.trials) do
			points[#points + 1] = string.format("[%.4f,%.4f]", t.offered, 1000 * t.loss)
		end
	end
	table.sort(points)
	return "[" .. table.concat(points, ",") .. "]"
end

-- First traffic: the gateway finds its neighbours, and whoever has set up something wrong hears of it.
-- Returns what 1 % of the link is, in Mpps.
function shim.warm(tx, rx)
	shim.trial(tx, rx, 1, 1)
	local trial = shim.trial(tx, rx, 1, 1)
	if trial.received * 2 < trial.sent then
		error(string.format("of %d packets %d came back: are the calls open, and GW_MAC, GW_IP, FAR_IP right? %s",
			trial.sent, trial.received, shim.figures() or ""), 0)
	end
	return trial.offered
end

-- NDR and PDR of a flow; what the gateway spends on a packet at the PDR (SOCKET); and Pktgen's view of the delay at half of it.
function shim.relay(name, flow)
	shim.flow(0, flow)
	local link, steps, seconds = shim.warm(0, 0), {}, shim.seconds()
	local ndr = shim.search(0, 0, 0, seconds, steps, link)
	ndr.curve = nil -- the next one is the same and more
	shim.report(name .. "-ndr", ndr)
	local pdr = shim.search(0, 0, 0.005, seconds, steps, link)
	shim.report(name .. "-pdr", pdr)
	shim.cycles(name .. "-cycles", math.max(1, pdr.rate))
	if not flow.ipv6 then -- Pktgen puts its time stamps behind an IPv4 header
		shim.delays(name .. "-delay", flow, math.max(1, (pdr.offered or 0) / link // 2))
	end
end

-- A flow of which nothing may come back: the gateway drops it for `reason`, and counts it.
function shim.refused(case, flow, reason)
	shim.flow(0, flow)
	local function counted()
		local said = shim.figures()
		return said and tonumber(said:match('"' .. reason .. '":(%d+)')) or 0
	end
	local before = counted()
	local trial = shim.trial(0, 0, 100, shim.seconds())
	local refused = os.getenv("SOCKET") and counted() - before
	trial.value, trial.unit = trial.offered, "Mpps dropped"
	trial.returned, trial.refused = trial.received, refused
	shim.report(case, trial)
	if refused and refused < trial.sent * 0.99 then
		error(string.format("of %d packets the gateway counted %d as %s", trial.sent, refused, reason), 0)
	end
	if trial.received > 10 then -- now and then the gateway asks who a neighbour is
		error(string.format("%d packets came back that had to be dropped as %s", trial.received, reason), 0)
	end
end

-- Tells the gateway where the IPv6 far end is: Pktgen sends the capture file that it was started with.
function shim.advertise(port)
	local p = tostring(port)
	pktgen.screen("off")
	pktgen.pcap(p, "on")
	pktgen.set(p, "rate", 1)
	pktgen.set(p, "count", 8)
	pktgen.start(p)
	pktgen.delay(500)
	pktgen.stop(p)
	pktgen.set(p, "count", 0)
	pktgen.pcap(p, "off")
end

local function ask(socket)
	return string.format("%s --figures %s", shim.env("BENCH_OPEN", "build/bench/slimline-bench-open"), socket)
end

-- The gateway's counters as one line of JSON, or nil where SOCKET does not name its socket.
function shim.figures()
	local socket = os.getenv("SOCKET")
	return socket and lines_of(ask(socket))[1]
end

-- Cycles a packet costs the gateway, as its worker measures them.
function shim.cycles(case, rate)
	local socket = os.getenv("SOCKET")
	if not socket then
		return
	end
	local seconds = math.max(5, shim.seconds()) -- its figures are smoothed over a second
	local said
	local trial = shim.trial(0, 0, rate, seconds, string.format("sleep %d; %s", math.floor(seconds) - 2, ask(socket)),
		function(text) said = text end)
	local cycles = tonumber(said:match('"cycles_per_packet":([%d.]+)'))
	if not cycles then
		error("no figures from SOCKET: " .. said, 0)
	end
	trial.value, trial.unit, trial.runs = cycles, "cycles/packet", 1
	shim.report(case, trial)
end

-- Delay of single packets among the others, with what Pktgen and the link add. Pktgen sends those that it stamps to port 1028:
-- the stream there must be one of the calls, like those of the flow.
local STAMPED_PORT = 1028
function shim.delays(case, flow, rate)
	local p, file = "0", os.tmpname()
	pktgen.set_mac(p, "dst", flow.dst_mac)
	pktgen.set_ipaddr(p, "dst", flow.dst_ip)
	pktgen.set_ipaddr(p, "src", flow.src_ip .. "/16")
	pktgen.set_proto(p, "udp")
	pktgen.set(p, "sport", flow.src_port - (flow.dst_port - STAMPED_PORT))
	pktgen.latsampler_params(p, "simple", 20000, 100000, file)
	pktgen.latency(p, "rate", 500) -- us between two
	pktgen.latency(p, "enable")
	pktgen.latsampler(p, "on")
	local trial = shim.trial(0, 0, rate, math.max(5, shim.seconds()))
	pktgen.latsampler(p, "off")
	pktgen.latency(p, "disable")
	local us = {}
	for line in read_all(file):gmatch("%d+") do -- nanoseconds
		us[#us + 1] = tonumber(line) / 1000
	end
	os.remove(file)
	if #us < 100 then
		print(string.format("%-24s skip: Pktgen took %d samples: is there a call at port %d of the gateway?", case, #us,
			STAMPED_PORT))
		return
	end
	table.sort(us)
	local function at(share)
		return us[math.max(1, math.ceil(share * #us))]
	end
	trial.value, trial.unit, trial.runs, trial.samples = at(0.999), "us p99.9", 1, #us
	trial.delays = { p50_us = at(0.5), p99_us = at(0.99), p999_us = at(0.999), max_us = us[#us] }
	shim.report(case, trial)
end

-- What the readers of results want to know of the machine, once a scenario.
local told = false
local function about()
	told = true
	local facts = lines_of("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1; grep -c ^processor /proc/cpuinfo; uname -r; " ..
		"git rev-parse --short HEAD 2>/dev/null || echo unknown")
	local info = pktgen.info or {}
	return string.format('{"machine":"%s","cpus":%d,"kernel":"%s","dpdk":"%s","pktgen":"%s","commit":"%s","time":"%s"}\n',
		facts[1] or "unknown", tonumber(facts[2]) or 0, facts[3] or "unknown", info.DPDK_Version or "unknown",
		info.Pktgen_Version or "unknown", facts[4] or "unknown", os.date("%Y-%m-%d %H:%M:%S %Z"))
end

-- Appends one result in the form of our other benches: bench/report reads it.
-- Nobody here can look whether the machine is calm, as both CPUs are busy: it counts as calm where CALM=yes says so.
function shim.report(case, result)
	local path = shim.env("RESULTS", "build/bench/pktgen.jsonl")
	local f = assert(io.open(path, "a"), path .. " cannot be written: RESULTS")
	if not told then
		f:write(about())
	end
	local value, unit = result.value or result.mpps or 0, result.unit or "Mpps"
	local more = ""
	for _, name in ipairs({ "samples", "returned", "refused", "calls" }) do
		more = more .. (result[name] and string.format('"%s":%d,', name, result[name]) or "")
	end
	for name, us in pairs(result.delays or {}) do
		more = more .. string.format('"%s":%.1f,', name, us)
	end
	if result.generator_limited then
		more = more .. '"generator_limited":true,'
	end
	if result.losses then
		more = more .. '"losses":' .. result.losses .. ","
	end
	f:write(string.format('{"bench":"pktgen","case":"%s","value":%.6g,"unit":"%s","runs":%d,"spread":%.4g,"calm":%s,' ..
		'"sent":%d,"received":%d,"offered":%.6g,"rate_percent":%.2f,%s"curve":%s}\n', case, value, unit,
		result.runs or 1, result.spread or 0, shim.env("CALM", "no") == "yes" and "true" or "false",
		result.sent or 0, result.received or 0, result.offered or 0, result.rate or 0, more, result.curve or "[]"))
	f:close()
	print(string.format("%-24s %10.4f %-14s at %5.1f %% of the link, sent %d, lost %d%s", case, value, unit, result.rate or 0,
		result.sent or 0, math.max(0, (result.sent or 0) - (result.received or 0)),
		result.generator_limited and ", as much as Pktgen can send" or ""))
end

-- Range mode: UDP from a block of far-end ports to a block of gateway ports, stepping together.
-- They step together only where both blocks lie above 5680: a first packet steps on from ports 1234 and 5678, and both are
-- then below their blocks, which makes both begin anew.
-- flow = {src_ip, dst_ip, dst_mac, src_port, dst_port, ports, step, size, ipv6}
function shim.flow(port, flow)
	local p, r = tostring(port), pktgen.range
	pktgen.screen("off")
	r.dst_mac(p, "start", flow.dst_mac)
	r.set_type(p, flow.ipv6 and "ipv6" or "ipv4")
	r.ip_proto(p, "udp")
	for _, end_ in ipairs({ "start", "min", "max" }) do
		r.src_ip(p, end_, flow.src_ip)
		r.dst_ip(p, end_, flow.dst_ip)
	end
	r.src_ip(p, "inc", flow.ipv6 and "::0" or "0.0.0.0")
	r.dst_ip(p, "inc", flow.ipv6 and "::0" or "0.0.0.0")
	local step = flow.step or 2
	for what, first in pairs({ src_port = flow.src_port, dst_port = flow.dst_port }) do
		r[what](p, "start", first)
		r[what](p, "min", first)
		r[what](p, "max", first + (flow.ports - 1) * step)
		r[what](p, "inc", step)
	end
	r.pkt_size(p, "start", flow.size)
	r.pkt_size(p, "min", flow.size)
	r.pkt_size(p, "max", flow.size)
	r.pkt_size(p, "inc", 0)
	pktgen.set(p, "size", flow.size) -- of single packets, but rates are reckoned by it
	pktgen.set_range(p, "on")
	if not flow.ipv6 then -- the gateway asks who the far end is before it sends there
		pktgen.set_ipaddr(p, "src", shim.env("FAR_IP", "10.80.128.1") .. "/16")
		pktgen.process(p, "on")
	end
end

-- The calls opened beforehand, as a flow of frames of `size` bytes with FCS.
function shim.calls(size)
	return {
		src_ip = shim.env("FAR_IP", "10.80.128.1"),
		dst_ip = shim.env("GW_IP", "10.80.0.1"),
		dst_mac = shim.env("GW_MAC", "02:00:00:00:00:01"),
		src_port = tonumber(shim.env("FAR_PORT", "24672")),
		dst_port = tonumber(shim.env("GW_PORT", "5696")),
		ports = tonumber(shim.env("STREAMS", "10000")),
		size = size,
	}
end

function shim.seconds()
	return tonumber(shim.env("TRIAL_SECONDS", "10"))
end

-- A setting from the environment, so that one script serves every site.
function shim.env(name, default)
	return os.getenv(name) or default
end

return shim
