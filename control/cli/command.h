// SPDX-License-Identifier: GPL-3.0-or-later
// command.h - The command table and its matcher: abbreviation, completion, and what to say about a wrong word.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COMMAND_LINE_MAX  1024
#define COMMAND_WORDS_MAX 16
#define COMMAND_NEAR_MAX  24

struct view;

struct command {
	const char *words;
	const char *argument; // "" or "[NAME]"
	const char *request;  // NULL: slimctl itself
	void (*view)(const struct view *v, const json_t *data);
	const char *help;
	const char *native; // of an alias, else NULL
};

enum command_status {
	COMMAND_OK,
	COMMAND_EMPTY,      // nothing typed
	COMMAND_HELP,       // ends in "?": list what may follow
	COMMAND_UNKNOWN,    // a word that is none of those possible here
	COMMAND_AMBIGUOUS,  // a prefix of several
	COMMAND_INCOMPLETE, // more words must follow
	COMMAND_EXTRA,      // a word after the end
	COMMAND_TOO_LONG,
};

struct command_match {
	enum command_status status;
	const struct command *command; // never an alias
	const struct command *alias;   // as typed, when it was one
	char argument[COMMAND_LINE_MAX];
	size_t column; // of the word that is wrong, or where more must follow
	size_t length; // of that word
	const char *near
		[COMMAND_NEAR_MAX]; // words possible there: those that fit, else the nearest first. Not terminated:
	size_t near_length[COMMAND_NEAR_MAX]; // they lie inside the table.
	size_t near_count;
};

extern const struct command command_table[];
extern const size_t command_count;

void command_match(const char *line, struct command_match *ret);

// Says what is wrong: the line, a caret under the word, the words possible and the next step.
// `echo`: show the line (one-shot and batch), else the caret alone goes under a prompt of that many columns.
void command_explain(FILE *out, const char *line, const struct command_match *m, bool echo, size_t prompt);

// The words that the last one of a line may become, or that may follow after a space: near, column and length.
void command_complete(const char *line, struct command_match *ret);

// Lists what may follow the words typed so far, with help: the answer to "?".
void command_help(FILE *out, const char *line);
