/* SPDX-License-Identifier: Apache-2.0 */
/* Log: lines for the function that the options name, and the one that writes to stderr. */
#include "actors/log.h"
#include "actors/system.h"

#include "drivers/kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void gi_log(const struct gatio_system *system, enum gatio_log_level level, const char *format, ...)
{
	if (!system->options.log) {
		return;
	}
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	/* clang-tidy 14 does not see va_start. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	system->options.log(system->options.log_context, level, text);
}

void gatio_log_stderr(void *context, enum gatio_log_level level, const char *text)
{
	(void)context;
	if (level <= GATIO_LOG_NOTICE) {
		char line[1100];
		int size = snprintf(line, sizeof(line), "gatio: %s\n", text);
		if (size >= (int)sizeof(line)) {
			size = (int)sizeof(line) - 1;
			line[size - 1] = '\n';
		}
		/* What the log's reader does not take is lost: nobody waits for it. */
		(void)gi_kernel_write(STDERR_FILENO, line, (size_t)size);
	}
}
