/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz: what a chat client may send, from bytes to commands. For libFuzzer. */
#include <stdlib.h>
#include <string.h>

#include "samples/chat/line.h"
#include "samples/chat/mode.h"
#include "samples/chat/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition) {
		abort();
	}
}

static void look_at(char *line)
{
	struct chat_command command;
	struct chat_mode_change changes[CHAT_MODE_CHANGES_MAX];
	char mask[CHAT_MASK_MAX + 1];
	must(strlen(line) < CHAT_LINE_MAX && strpbrk(line, "\r\n") == NULL);
	chat_command_parse(line, &command);
	must(command.param_count <= CHAT_PARAM_MAX);
	if (command.param_count == 0) {
		return;
	}
	chat_mask_complete(mask, command.params[0]);
	must(strlen(mask) <= CHAT_MASK_MAX);
	(void)chat_mask_matches(mask, command.params[command.param_count - 1]);
	(void)chat_nick_is_valid(command.params[0]);
	(void)chat_channel_is_valid(command.params[0]);
	struct chat_mode_words words = {command.params[0],
	                                (const char *const *)(command.params + 1),
	                                command.param_count - 1};
	must(chat_mode_parse(&words, changes) <= CHAT_MODE_CHANGES_MAX);
	char *rest = command.params[0];
	for (char *item = chat_list_next(&rest); item; item = chat_list_next(&rest)) {
		must(*item != '\0');
	}
}

/* The first byte says in which pieces the others come. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chat_framer framer = {false};
	struct chat_frame frame;
	size_t piece = size ? 1 + data[0] * 8u : 1;
	size_t start = 0;
	for (size_t end = 0; end < size;) {
		end = end + piece < size ? end + piece : size;
		size_t used;
		do {
			used = chat_frame_next(&framer, data + start, end - start, &frame);
			start += used;
			if (frame.status == CHAT_FRAME_LINE) {
				look_at(frame.text);
			}
		} while (used > 0);
		must(end - start <= CHAT_TAGS_MAX + CHAT_LINE_MAX);
	}
	return 0;
}
