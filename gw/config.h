// SPDX-License-Identifier: GPL-3.0-or-later
// config.h - The typed model of slimline.yaml, read by both programs.
//
// One strict schema (gw/config/schema.c, tables over gw/cfg.h) covers the whole file, so each program rejects what
// the other would reject. Text is owned by the struct; config_free releases all of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gw/addr.h"
#include "gw/codec.h"

#define CONFIG_SCHEMA             1
#define CONFIG_NAME_MAX           32
#define CONFIG_PATH_MAX           108 // fits sockaddr_un
#define CONFIG_ADDRESSES_MAX      8   // per port
#define CONFIG_PORTS_MAX          8
#define CONFIG_WORKERS_MAX        63 // what the dataplane can number
#define CONFIG_AGENTS_MAX         64
#define CONFIG_GROUPS_MAX         50
#define CONFIG_GROUP_AGENTS_MAX   5
#define CONFIG_PROFILES_MAX       256
#define CONFIG_PROFILE_CODECS_MAX 24
#define CONFIG_DEVICES_MAX        4096
#define CONFIG_LINES_MAX          256
#define CONFIG_PARTICIPANTS_MAX   1024 // of one conference
#define CONFIG_SOURCES_MAX        1000
#define CONFIG_ANNOUNCEMENTS_MAX  1000
#define CONFIG_SOUND_PATH_MAX     106 // as gw/api.h carries it
#define CONFIG_FILES_MAX          32  // of one announcement of a line
#define CONFIG_MUSIC_MAP_MAX      64

// A media address of a port, with its prefix and the gateway for everything outside it.
struct config_address {
	struct addr addr;
	uint8_t prefix_length;
	struct addr gateway; // ADDR_NONE = on-link only
};

// One DPDK port: a NIC by PCI address ("0000:3b:00.0") or a virtual device ("net_af_packet0,iface=media0").
struct config_port {
	char name[CONFIG_NAME_MAX];
	char device[256];
	uint16_t vlan; // 0 = untagged
	uint16_t mtu;
	uint16_t rx_descriptors;
	uint16_t tx_descriptors;
	struct config_address addresses[CONFIG_ADDRESSES_MAX];
	unsigned int address_count;
};

enum config_idle { CONFIG_IDLE_POLL, CONFIG_IDLE_ADAPTIVE };

struct config_dataplane {
	char socket[CONFIG_PATH_MAX];
	bool hugepages;
	uint32_t memory_mb;
	char eal[512]; // further EAL arguments, space-separated; "" = none
	enum config_idle idle;
	uint16_t load_limit;                      // percent of a core; 100 = none
	unsigned int workers[CONFIG_WORKERS_MAX]; // CPU of each worker
	unsigned int worker_count;
	int main_cpu;     // CPU of the main lcore; -1 = not pinned beyond EAL's choice
	uint32_t streams; // per process
	uint32_t conferences;
	uint32_t voices;
	uint32_t voice_memory; // bytes of each voice on the average; 0 = what config_codecs asks for
	uint32_t sources;
	struct config_port ports[CONFIG_PORTS_MAX];
	unsigned int port_count;
};

struct config_media {
	uint16_t rtp_port_min; // even
	uint16_t rtp_port_max; // odd: RTCP of the last pair
	uint8_t dscp;
	uint8_t multicast_ttl;
	uint16_t jitter_min_ms;
	uint16_t jitter_max_ms;
	uint32_t rtcp_interval_ms;
	uint32_t silent_s;
	bool source_lock; // believe only the signalled address
};

// Where the dataplane keeps what it records.
struct config_recordings {
	char directory[CONFIG_PATH_MAX]; // "" = it records nothing
	uint32_t at_a_time;
	uint32_t keep_free_mb; // of the disk
};

struct config_agent {
	char name[CONFIG_NAME_MAX];
	char host[256]; // address or DNS name
	uint16_t port;
	uint8_t version; // highest SCCP version to offer, 0..22
};

enum config_switchover { CONFIG_SWITCHOVER_GRACEFUL, CONFIG_SWITCHOVER_IMMEDIATE };
enum config_switchback {
	CONFIG_SWITCHBACK_GRACEFUL,
	CONFIG_SWITCHBACK_GUARD,
	CONFIG_SWITCHBACK_IMMEDIATE,
	CONFIG_SWITCHBACK_NEVER,
};

// Ordered agents with the timers of user-needs: IOS names, seconds in the file, milliseconds here.
struct config_group {
	char name[CONFIG_NAME_MAX];
	unsigned int agents[CONFIG_GROUP_AGENTS_MAX]; // indexes into config.agents, best first
	unsigned int agent_count;
	uint32_t connect_timeout_ms;
	uint32_t connect_retries;
	uint32_t backoff_min_ms;
	uint32_t backoff_max_ms;
	uint32_t register_timeout_ms;
	uint32_t register_retries;
	uint32_t keepalive_ms; // 0 = as the agent's RegisterAck says
	uint32_t keepalive_retries;
	bool standby; // lines keep a connection to the next agent
	enum config_switchover switchover;
	enum config_switchback switchback;
	uint32_t switchback_interval_ms;
	uint32_t switchback_guard_ms;
};

// What music on hold is made of: a file that is played for ever, or somebody else's multicast RTP.
struct config_source {
	char name[CONFIG_NAME_MAX];
	char file[CONFIG_SOUND_PATH_MAX]; // either this ...
	struct addr_port multicast;       // ... or this
	enum codec_id codec;              // of the multicast
	int16_t gain_cb;                  // dB x 10
};

// The file behind an announcement, or in place of a tone.
struct config_announcement {
	uint32_t number; // as in StartAnnouncement and StartTone
	char file[CONFIG_SOUND_PATH_MAX];
	int16_t gain_cb; // dB x 10
};

enum config_kind {
	CONFIG_CONFERENCE_BRIDGE, // "conference-bridge"
	CONFIG_TRANSCODER,        // "transcoder"
	CONFIG_MTP,               // "mtp"
	CONFIG_MOH,               // "moh": music on hold
	CONFIG_ANNUNCIATOR,       // "annunciator"
	CONFIG_LINE,              // "line"
	CONFIG_KIND_COUNT
};

// True for kinds whose conferences are always mixed (a line's rooms are); sources play in them.
static inline bool config_kind_mixes(enum config_kind k)
{
	return k == CONFIG_CONFERENCE_BRIDGE || k == CONFIG_MOH || k == CONFIG_ANNUNCIATOR ||
	       k == CONFIG_LINE;
}

// Which music a party id hears.
struct config_music_map {
	uint32_t party;
	unsigned int source; // index into config.sources
};

struct config_music {
	unsigned int source; // index into config.sources, of whoever is not in the map
	struct config_music_map map[CONFIG_MUSIC_MAP_MAX];
	unsigned int map_count;
};

#define CONFIG_MIX_LOUDEST_MAX 16

// How the conferences of a bridge sound, or the rooms of lines.
struct config_mix {
	uint32_t loudest;       // talkers heard in a large conference; 0 = everyone
	uint32_t mix_all_up_to; // parties up to which everyone is heard
	uint32_t tones_up_to;   // parties up to which tones are played; 0 = always
	int8_t level_dbm0;      // to which speech is brought; 0 = as it is
	int8_t gate_dbm0;       // below which a party is not heard; 0 = no gate
	uint8_t join_tone;      // SCCP number; 0 = none
	uint8_t leave_tone;
};

struct config_profile_codec {
	enum codec_id codec;
	uint8_t period_ms_max;
};

struct config_profile {
	char name[CONFIG_NAME_MAX];
	enum config_kind kind;
	struct config_profile_codec codecs[CONFIG_PROFILE_CODECS_MAX]; // in order of preference
	unsigned int codec_count;
	bool pass_through;  // codec 258/259: payload-blind relay
	bool inband_digits; // finds digits in voices and speaks them, where a party has no telephone-events
	uint32_t sessions;  // conferences, or relayed/transcoded calls, or listeners to music
	uint32_t participants; // of one conference; 2 for transcoder and mtp; of a room for a line, 1 for moh
	struct config_music music; // moh
	struct config_mix mix;     // conference-bridge, line
	int country;               // enum tone_country of gw/tone.h
};

struct config_device {
	char name[16];        // 15 characters and NUL: the registered SCCP name
	unsigned int profile; // index into config.profiles
	unsigned int group;   // index into config.groups
	uint32_t
		type; // SCCP device type number; default by kind: 52, 112, 112 (83 for a G.711-only mtp), 70, 126
	struct addr address; // media address it uses; ADDR_NONE = any
	unsigned int line;   // index into config.lines + 1; 0 = a media resource
	uint8_t version;     // highest SCCP version to offer; 0 = the agent's
	uint64_t mac;        // that a line tells; 0 = none
};

#define CONFIG_ANSWER_NEVER UINT32_MAX
#define CONFIG_ROOM_MAX     14
#define CONFIG_RULES_MAX    64 // of one line
#define CONFIG_NUMBER_MAX   24

enum config_action_kind {
	CONFIG_ACTION_ECHO,     // "echo"
	CONFIG_ACTION_ROOM,     // "room"
	CONFIG_ACTION_ANNOUNCE, // "announce"
	CONFIG_ACTION_MUSIC,    // "music"
	CONFIG_ACTION_RECORD,   // "record"
	CONFIG_ACTION_BRIDGE,   // "bridge"
	CONFIG_ACTION_COUNT
};

// What a call meets.
struct config_action {
	enum config_action_kind kind;
	char room_name[CONFIG_ROOM_MAX + 1];
	unsigned int
		room; // index into config.rooms + 1, of the action's room, or where its music plays; 0 = none
	char (*files)[CONFIG_SOUND_PATH_MAX]; // announce; record: its greeting
	unsigned int file_count;
	bool repeat;                      // announce: for ever
	unsigned int source;              // music: index into config.sources
	char menu[CONFIG_SOUND_PATH_MAX]; // record: said when something has been recorded; "" = a tone
	uint32_t record_max_ms, record_min_ms, record_silence_ms;
	char bridge[CONFIG_NAME_MAX];       // bridge: name of the line that dials, with {n} for our number
	char number[CONFIG_NUMBER_MAX + 1]; // bridge: what it dials; "" = what was called
	bool moderator;                     // room: callers are moderators, and asked for no PIN
};

#define CONFIG_ROOMS_MAX   256
#define CONFIG_PIN_MAX     16
#define CONFIG_PROMPTS_MAX 64 // characters of a folder

// When the last moderator leaves: the others stay, wait again, or go.
enum config_unattended { CONFIG_UNATTENDED_STAY, CONFIG_UNATTENDED_WAIT, CONFIG_UNATTENDED_END };

// A conference that lines share, by a device that holds it and registers nowhere.
struct config_room {
	struct config_device device; // named "#" and the room, or CONFIG_MUSIC_ROOM
	char name[CONFIG_ROOM_MAX + 1];
	bool has_profile;             // of its own; else that of the first line that leads there
	char pin[CONFIG_PIN_MAX + 1]; // "" = none
	char moderator_pin[CONFIG_PIN_MAX + 1];
	uint32_t pin_tries;
	uint32_t pin_wait_ms; // for the next digit
	uint32_t pin_limit,
		pin_limit_all; // wrong ones of a number, and of all, after which they are turned away; 0 = none
	uint32_t pin_block_ms; // for so long at first
	bool lobby;            // callers wait for a moderator
	unsigned int music;    // index into config.sources + 1, heard while they wait; 0 = silence
	enum config_unattended unattended;
	bool muted;                           // callers are mute until they or a moderator change that
	uint32_t parties;                     // at a time, wherever they are; 0 = participants of the profile
	bool says_who;                        // comes and goes, by number
	bool asks_name;                       // that callers say, to be said instead
	char prompts[CONFIG_PROMPTS_MAX + 1]; // folder
	bool has_mix;                         // of its own; else that of the profile
	struct config_mix mix;
};
#define CONFIG_BRIDGE_ROOM "~bridge" // where calls of two lines are joined
#define CONFIG_MUSIC_ROOM  "~music" // where lines hear music: its conferences are the sources, numbered from 1

// Where people meet, and not where music plays or bridges stand.
static inline bool config_is_room(const struct config_device *d)
{
	return d->name[0] == '#';
}

// Calls that meet something else than the others of their line.
struct config_rule {
	char called[CONFIG_NUMBER_MAX + 1]; // pattern of config_number_matches; "" = any
	char calling[CONFIG_NUMBER_MAX + 1];
	struct config_action action;
};

// What analog telephones ask for with digits (gw/config/feature.def).
enum config_feature {
#define FEATURE(CONSTANT, field, name, where, code, help) CONFIG_FEATURE_##CONSTANT,
#include "gw/config/feature.def"
#undef FEATURE
	CONFIG_FEATURE_COUNT
};

enum config_feature_where {
	CONFIG_WHERE_ACCESS,
	CONFIG_WHERE_SPEED,
	CONFIG_WHERE_BUSY,
	CONFIG_WHERE_FLASH,
};

enum config_flash {
	CONFIG_FLASH_STANDARD, // "standard": the agent is told
	CONFIG_FLASH_FEATURE,  // "feature": a code follows
};

#define CONFIG_CODE_MAX 8 // digits of a code, with its NUL

struct config_features {
	bool codes; // those of where ACCESS, SPEED and BUSY
	enum config_flash flash;
	char prefix[CONFIG_CODE_MAX];
	char speed_prefix[CONFIG_CODE_MAX]; // a digit 1..9 behind it is a speed dial
	union {
		char code[CONFIG_FEATURE_COUNT][CONFIG_CODE_MAX]; // by enum config_feature; "" = off
		struct {
#define FEATURE(CONSTANT, field, name, where, code, help) char field[CONFIG_CODE_MAX];
#include "gw/config/feature.def"
#undef FEATURE
		};
	};
};

// Where a feature's code counts.
enum config_feature_where config_feature_where(enum config_feature f);

// Calls that a line makes to see whether they come through.
struct config_test {
	char number[26];   // "" = none but by hand
	uint32_t after_ms; // the line is ready
	uint32_t every_ms; // between the end of one and the next; 0 = one only
	uint32_t hold_ms;
	uint32_t patience_ms; // for an answer
};

// A number of telephones of one sort; each becomes a device.
struct config_line {
	char name[CONFIG_NAME_MAX]; // template
	uint32_t count;
	uint64_t mac; // of the first
	unsigned int profile;
	unsigned int group;
	uint32_t type;
	uint8_t version;
	char load[32]; // name of the firmware it claims to run
	struct config_features features;
	char plar[26];      // dialled whenever the handset is lifted; "" = nothing is
	uint32_t answer_ms; // CONFIG_ANSWER_NEVER = somebody has to
	struct config_test test;
	struct config_action action;
	struct config_rule *rules; // the first that fits a call goes before `action`
	unsigned int rule_count;
};

enum config_store { CONFIG_STORE_MEMORY, CONFIG_STORE_REDIS };

struct config_store_options {
	enum config_store kind;
	char redis_socket[CONFIG_PATH_MAX]; // either a Unix socket ...
	char redis_host[256];               // ... or host and port
	uint16_t redis_port;
	char redis_user[CONFIG_NAME_MAX];
	char redis_password_file[CONFIG_PATH_MAX];
	uint32_t lease_ms;  // TTL of this node's lease
	uint32_t queue_max; // records waiting for Redis
	uint32_t retry_ms;
};

struct config_control {
	char socket[CONFIG_PATH_MAX]; // slimctl's
	uint32_t register_rate;       // devices that begin to register per second
	uint32_t orphan_ms;           // adopted streams nobody claims are closed after this
};

enum config_log_level {
	CONFIG_LOG_ERROR,
	CONFIG_LOG_WARNING,
	CONFIG_LOG_NOTICE,
	CONFIG_LOG_INFO,
	CONFIG_LOG_DEBUG
};

struct config {
	bool looks; // while it is read: at files that it names, too
	char node[CONFIG_NAME_MAX];
	enum config_log_level log_level;
	struct config_dataplane dataplane;
	struct config_media media;
	struct config_recordings recordings;
	struct config_control control;
	struct config_store_options store;
	struct config_agent *agents;
	unsigned int agent_count;
	struct config_group *groups;
	unsigned int group_count;
	struct config_source *sources;
	unsigned int source_count;
	struct config_announcement *announcements;
	unsigned int announcement_count;
	struct config_profile *profiles;
	unsigned int profile_count;
	struct config_device *devices; // those of the file, then those of its lines
	unsigned int device_count;
	struct config_line *lines;
	unsigned int line_count;
	struct config_room *rooms;
	unsigned int room_count;
};

// Reads and checks a file. Every problem found is written to `errors` as "file:line:col: path: problem", one a line.
// Returns 0 and *ret (free with config_free); -EINVAL when there were problems; -errno when the file cannot be read.
int config_load(const char *path, FILE *errors, struct config **ret);

// Likewise, and looks whether what the file names is there to be read: what is not is written to `errors` in the same form.
// Returns the number of such notes.
int config_check(const char *path, FILE *errors, struct config **ret);

// Reads from memory; `name` stands for the file in messages.
int config_load_text(const char *text, size_t len, const char *name, FILE *errors, struct config **ret);

// Takes NULL.
void config_free(struct config *c);

// Writes every option with its type, range, unit, default, help and when a change takes effect (the manual's table).
void config_describe(FILE *out);

// A number against a pattern: X is any digit, a dot at the end whatever follows. "" fits every number.
bool config_number_matches(const char *pattern, const char *number);

// Codecs that profiles and multicast sources name, as bits of enum codec_id; 0 when there are none.
uint64_t config_codecs(const struct config *c);

// Writes a line's name from a form with {mac} and {n}: that of line number i (from 0), whose first has this MAC address.
// Returns its length, which may be above what fits; -EINVAL for a brace that means nothing.
int config_line_name(const char *form, uint64_t mac, uint32_t i, char *ret, size_t cap);

// Name of a kind as in the file: "conference-bridge".
const char *config_kind_name(enum config_kind kind);
