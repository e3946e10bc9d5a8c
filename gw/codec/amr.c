// SPDX-License-Identifier: GPL-3.0-or-later
// amr.c - AMR and AMR-WB by the opencore and VisualOn libraries, framed by RFC 4867.
//
// Sent: one channel, no interleaving, no CRC, mode request 15 ("none": we take any mode), and one payload format,
// bandwidth-efficient unless the codec's name says octet-aligned. Received: as the name says. A mode that the far end requests is
// sent from the next frame on (s4.3.1); a request of 15 leaves it as it is. The libraries code a frame as one octet of type
// followed by the speech bits, octet-aligned; here they are moved to and from the payload. They allocate in init and never
// after.
#include "gw/codec/list.h"

#include <errno.h>
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <opencore-amrwb/dec_if.h>
#include <string.h>
#include <vo-amrwbenc/enc_if.h>

#define FRAMES_MAX   3  // 60 ms
#define FRAME_BYTES  61 // type octet and the longest frame, AMR-WB 23.85
#define CMR_NONE     15
#define QUALITY      4 // in the type octet: not damaged
#define TYPE_LOST    14
#define TYPE_NO_DATA 15
#define NB_MODE      MR122
#define WB_MODE      2 // 12.65 kbit/s
#define NB_MODES     8
#define WB_MODES     9

// Speech bits by frame type; 0 = not of this codec.
static const uint16_t nb_bits[16] = {95, 103, 118, 134, 148, 159, 204, 244, 39};
static const uint16_t wb_bits[16] = {132, 177, 253, 285, 317, 365, 397, 461, 477, 40};

// --- bits ---

struct bits {
	uint8_t *at;       // writing
	const uint8_t *in; // reading
	unsigned int pos;  // in bits
	unsigned int end;
};

static void put(struct bits *b, unsigned int value, unsigned int count)
{
	while (count-- > 0) {
		uint8_t mask = (uint8_t)(0x80 >> b->pos % 8);
		if (b->pos % 8 == 0)
			b->at[b->pos / 8] = 0;
		if (value >> count & 1)
			b->at[b->pos / 8] |= mask;
		b->pos++;
	}
}

static unsigned int get(struct bits *b, unsigned int count)
{
	unsigned int value = 0;
	while (count-- > 0) {
		value = value << 1 | (b->in[b->pos / 8] >> (7 - b->pos % 8) & 1);
		b->pos++;
	}
	return value;
}

static void align(struct bits *b)
{
	b->pos = (b->pos + 7) / 8 * 8;
}

// --- payloads ---

static unsigned int modes(const struct amr_state *s)
{
	return s->wide ? WB_MODES : NB_MODES;
}

static unsigned int type_of(const uint8_t *frame)
{
	return frame[0] >> 3 & 15;
}

// Writes n coded frames as one payload. Returns bytes or -EINVAL when they do not fit.
static int payload_write(const struct amr_state *s, uint8_t frame[][FRAME_BYTES], unsigned int n,
			 uint8_t *out, unsigned int cap)
{
	unsigned int need = 10 + n * (s->octet ? 15 : 6);
	for (unsigned int f = 0; f < n; f++)
		need += (s->bits[type_of(frame[f])] + 7u) / 8 * 8;
	if (need / 8 + 1 > cap)
		return -EINVAL;
	struct bits b = {.at = out};
	put(&b, CMR_NONE, 4);
	if (s->octet)
		put(&b, 0, 4);
	for (unsigned int f = 0; f < n; f++) {
		put(&b, f + 1 < n, 1);
		put(&b, type_of(frame[f]), 4);
		put(&b, frame[f][0] >> 2 & 1, 1);
		if (s->octet)
			put(&b, 0, 2);
	}
	for (unsigned int f = 0; f < n; f++) {
		unsigned int count = s->bits[type_of(frame[f])];
		for (unsigned int i = 0; i < count; i++)
			put(&b, frame[f][1 + i / 8] >> (7 - i % 8) & 1, 1);
		if (s->octet && b.pos % 8)
			put(&b, 0, 8 - b.pos % 8);
	}
	return (int)(b.pos + 7) / 8;
}

// Takes a payload apart. Returns the number of frames, or -EINVAL.
static int payload_read(const struct amr_state *s, const uint8_t *in, unsigned int len,
			uint8_t frame[][FRAME_BYTES])
{
	struct bits b = {.in = in, .end = len * 8};
	unsigned int n = 0, entry = s->octet ? 8 : 6, more = 1;
	b.pos = s->octet ? 8 : 4;
	while (more) {
		if (n == FRAMES_MAX || b.pos + entry > b.end)
			return -EINVAL;
		more = get(&b, 1);
		frame[n++][0] = (uint8_t)(get(&b, 5) << 2);
		b.pos += s->octet ? 2 : 0;
	}
	for (unsigned int f = 0; f < n; f++) {
		unsigned int type = type_of(frame[f]), count = s->bits[type];
		if ((count == 0 && type != TYPE_NO_DATA && !(s->wide && type == TYPE_LOST)) ||
		    b.pos + count > b.end)
			return -EINVAL;
		memset(frame[f] + 1, 0, FRAME_BYTES - 1);
		for (unsigned int i = 0; i < count; i++)
			frame[f][1 + i / 8] |= (uint8_t)(get(&b, 1) << (7 - i % 8));
		if (s->octet)
			align(&b);
	}
	align(&b);
	return b.pos == b.end ? (int)n : -EINVAL;
}

// --- coders ---

static int state_make(void *state, bool wide, bool octet, void *library)
{
	struct amr_state *s = state;
	*s = (struct amr_state){
		.library = library,
		.bits = wide ? wb_bits : nb_bits,
		.wide = wide,
		.octet = octet,
		.mode = wide ? WB_MODE : NB_MODE,
		.asked = CMR_NONE,
	};
	return library ? 0 : -ENOMEM;
}

int amr_encoder_init(void *state)
{
	return state_make(state, false, false, Encoder_Interface_init(0));
}

int amr_octet_encoder_init(void *state)
{
	return state_make(state, false, true, Encoder_Interface_init(0));
}

int amr_wb_encoder_init(void *state)
{
	return state_make(state, true, false, E_IF_init());
}

int amr_wb_octet_encoder_init(void *state)
{
	return state_make(state, true, true, E_IF_init());
}

int amr_decoder_init(void *state)
{
	return state_make(state, false, false, Decoder_Interface_init());
}

int amr_octet_decoder_init(void *state)
{
	return state_make(state, false, true, Decoder_Interface_init());
}

int amr_wb_decoder_init(void *state)
{
	return state_make(state, true, false, D_IF_init());
}

int amr_wb_octet_decoder_init(void *state)
{
	return state_make(state, true, true, D_IF_init());
}

void amr_encoder_fini(void *state)
{
	struct amr_state *s = state;
	if (s->library && s->wide)
		E_IF_exit(s->library);
	else if (s->library)
		Encoder_Interface_exit(s->library);
	s->library = NULL;
}

void amr_decoder_fini(void *state)
{
	struct amr_state *s = state;
	if (s->library && s->wide)
		D_IF_exit(s->library);
	else if (s->library)
		Decoder_Interface_exit(s->library);
	s->library = NULL;
}

int amr_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	struct amr_state *s = state;
	unsigned int size = s->wide ? 320 : 160, n = samples / size;
	uint8_t frame[FRAMES_MAX][FRAME_BYTES];
	if (samples % size || n == 0 || n > FRAMES_MAX)
		return -EINVAL;
	for (unsigned int f = 0; f < n; f++) {
		int16_t copy[320]; // opencore's encoder filters its input in place
		memcpy(copy, pcm + f * size, size * sizeof(copy[0]));
		if (s->wide)
			E_IF_encode(s->library, s->mode, copy, frame[f], 0);
		else
			Encoder_Interface_Encode(s->library, s->mode, copy, frame[f], 0);
	}
	return payload_write(s, frame, n, out, cap);
}

// A frame that did not come, or came damaged.
static const uint8_t nothing[FRAME_BYTES] = {TYPE_NO_DATA << 3};

static void frame_decode(struct amr_state *s, const uint8_t *frame, int16_t *pcm, int bad)
{
	if (s->wide)
		D_IF_decode(s->library, frame, pcm, bad);
	else
		Decoder_Interface_Decode(s->library, frame, pcm, bad);
}

int amr_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	struct amr_state *s = state;
	unsigned int size = s->wide ? 320 : 160;
	uint8_t frame[FRAMES_MAX][FRAME_BYTES];
	int n = payload_read(s, in, len, frame);
	if (n < 0 || (unsigned int)n * size > cap)
		return -EINVAL;
	s->asked = in[0] >> 4;
	for (int f = 0; f < n; f++) {
		bool sound = frame[f][0] & QUALITY;
		frame_decode(s, sound ? frame[f] : nothing, pcm + (unsigned int)f * size, !sound);
	}
	return n * (int)size;
}

void amr_obey(void *encoder, const void *decoder)
{
	struct amr_state *e = encoder;
	const struct amr_state *d = decoder;
	if (d->asked < modes(e) && d->wide == e->wide)
		e->mode = d->asked;
}

int amr_conceal(void *state, int16_t *pcm, unsigned int samples)
{
	struct amr_state *s = state;
	unsigned int size = s->wide ? 320 : 160, done = 0;
	for (; done + size <= samples; done += size)
		frame_decode(s, nothing, pcm + done, 1);
	return (int)done;
}
