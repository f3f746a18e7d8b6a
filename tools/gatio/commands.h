/* SPDX-License-Identifier: Apache-2.0 */
/* The tool's commands. Each gets the words after its name and returns the exit status. */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

int tool_topology(int argc, char **argv);

#endif
