-- SPDX-License-Identifier: GPL-3.0-or-later
-- shim.lua - One set of calls for the Pktgen-DPDK versions in the field.
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

-- Sends for `seconds` at `rate` percent of the link and returns what was sent and received meanwhile.
function shim.trial(tx, rx, rate, seconds)
	pktgen.set(tostring(tx), "rate", rate)
	pktgen.clr()
	local before_tx, before_rx = shim.counters(tx), shim.counters(rx)
	pktgen.start(tostring(tx))
	pktgen.delay(seconds * 1000)
	pktgen.stop(tostring(tx))
	pktgen.delay(500) -- what is under way arrives
	local after_tx, after_rx = shim.counters(tx), shim.counters(rx)
	return {
		rate = rate,
		seconds = seconds,
		sent = after_tx.opackets - before_tx.opackets,
		received = after_rx.ipackets - before_rx.ipackets,
	}
end

function shim.loss(trial)
	return trial.sent > 0 and 1 - trial.received / trial.sent or 1
end

-- Highest rate whose loss is at most `allowed` (0 = NDR, 0.005 = PDR), by bisection to 0.5 % of the link.
function shim.search(tx, rx, allowed, seconds)
	shim.trial(tx, rx, 1, 1) -- the gateway finds its neighbours
	local low, high, best, curve = 0, 100, nil, {}
	while high - low > 0.5 do
		local trial = shim.trial(tx, rx, (low + high) / 2, seconds)
		curve[#curve + 1] = string.format("[%.4f,%.4f]", trial.sent / seconds / 1e6, 1000 * shim.loss(trial))
		if shim.loss(trial) <= allowed then
			low, best = trial.rate, trial
		else
			high = trial.rate
		end
	end
	if best then
		best.curve = "[" .. table.concat(curve, ",") .. "]"
	end
	return best
end

-- Appends one result in the form of our other benches: bench/report reads it.
-- Nobody here has looked whether the machine was calm, and so it does not count as calm.
function shim.report(case, trial)
	local f = assert(io.open(shim.env("RESULTS", "results.jsonl"), "a"))
	local mpps = trial and trial.received / trial.seconds / 1e6 or 0
	f:write(string.format('{"bench":"pktgen","case":"%s","value":%.6f,"unit":"Mpps","runs":1,"spread":0,' ..
		'"calm":false,"sent":%d,"received":%d,"rate_percent":%.2f,"curve":%s}\n', case, mpps,
		trial and trial.sent or 0, trial and trial.received or 0, trial and trial.rate or 0,
		trial and trial.curve or "[]"))
	f:close()
	print(string.format("%-28s %10.4f Mpps at %.1f %% of the link", case, mpps, trial and trial.rate or 0))
end

-- Range mode: UDP from a block of far-end ports to a block of gateway ports, stepping together.
-- They step together only where both blocks lie above 5680: a first packet steps on from ports 1234 and 5678, and both are
-- then below their blocks, which makes both begin anew.
-- flow = {src_ip, dst_ip, dst_mac, src_port, dst_port, ports, step, size, ipv6}
function shim.flow(port, flow)
	local p, r = tostring(port), pktgen.range
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
		src_port = tonumber(shim.env("FAR_PORT", "20000")),
		dst_port = tonumber(shim.env("GW_PORT", "16384")),
		ports = tonumber(shim.env("STREAMS", "10000")),
		size = size,
	}
end

function shim.seconds()
	return tonumber(shim.env("SECONDS", "10"))
end

-- A setting from the environment, so that one script serves every site.
function shim.env(name, default)
	return os.getenv(name) or default
end

return shim
