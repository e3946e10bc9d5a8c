// SPDX-License-Identifier: GPL-3.0-or-later
// voip.c - The VoIP metrics block of extended reports, RFC 3611 s4.7.
#include "gw/rtcp.h"

#define HEADER_BYTES 4
#define BLOCK_HEADER 4
#define VOIP_TYPE    7
#define VOIP_WORDS   8

bool rtcp_voip_read(const struct rtcp_packet *p, uint32_t ssrc, struct rtcp_voip *ret)
{
	if (p->type != RTCP_XR || p->body_len < 4)
		return false;
	const uint8_t *at = p->body + 4, *end = p->body + p->body_len;
	while (end - at >= BLOCK_HEADER) {
		unsigned int words = rtp_be16(at + 2);
		if (words * 4 > (unsigned int)(end - at - BLOCK_HEADER))
			return false;
		const uint8_t *b = at + BLOCK_HEADER;
		if (at[0] == VOIP_TYPE && words == VOIP_WORDS && rtp_be32(b) == ssrc) {
			*ret = (struct rtcp_voip){
				.ssrc = ssrc,
				.loss = b[4],
				.discard = b[5],
				.burst_density = b[6],
				.gap_density = b[7],
				.burst_ms = rtp_be16(b + 8),
				.gap_ms = rtp_be16(b + 10),
				.round_trip_ms = rtp_be16(b + 12),
				.end_system_ms = rtp_be16(b + 14),
				.signal_level = b[16],
				.noise_level = b[17],
				.echo_return = b[18],
				.gmin = b[19],
				.r_factor = b[20],
				.r_external = b[21],
				.mos_lq = b[22],
				.mos_cq = b[23],
				.config = b[24],
				.jitter_nominal_ms = rtp_be16(b + 26),
				.jitter_max_ms = rtp_be16(b + 28),
				.jitter_limit_ms = rtp_be16(b + 30),
			};
			return true;
		}
		at += BLOCK_HEADER + words * 4;
	}
	return false;
}

unsigned int rtcp_voip_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc,
			     const struct rtcp_voip *v)
{
	unsigned int bytes = HEADER_BYTES + 4 + BLOCK_HEADER + 4 * VOIP_WORDS;
	if (len > cap || bytes > cap - len)
		return len;
	uint8_t *p = buf + len, *b = p + HEADER_BYTES + 4 + BLOCK_HEADER;
	p[0] = 0x80;
	p[1] = RTCP_XR;
	rtp_be16_put(p + 2, (uint16_t)(bytes / 4 - 1));
	rtp_be32_put(p + 4, ssrc);
	p[8] = VOIP_TYPE;
	p[9] = 0;
	rtp_be16_put(p + 10, VOIP_WORDS);
	rtp_be32_put(b, v->ssrc);
	b[4] = v->loss;
	b[5] = v->discard;
	b[6] = v->burst_density;
	b[7] = v->gap_density;
	rtp_be16_put(b + 8, v->burst_ms);
	rtp_be16_put(b + 10, v->gap_ms);
	rtp_be16_put(b + 12, v->round_trip_ms);
	rtp_be16_put(b + 14, v->end_system_ms);
	b[16] = v->signal_level;
	b[17] = v->noise_level;
	b[18] = v->echo_return;
	b[19] = v->gmin;
	b[20] = v->r_factor;
	b[21] = v->r_external;
	b[22] = v->mos_lq;
	b[23] = v->mos_cq;
	b[24] = v->config;
	b[25] = 0;
	rtp_be16_put(b + 26, v->jitter_nominal_ms);
	rtp_be16_put(b + 28, v->jitter_max_ms);
	rtp_be16_put(b + 30, v->jitter_limit_ms);
	return len + bytes;
}
