/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of gatio_log_stderr(): a line is one write, so lines of several threads do not mix. */
#include "tests/support/suite.h"

#include <gatio/system.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one call writes, as one packet: a socket of packets keeps writes apart. Returns its size. */
static size_t written(enum gatio_log_level level, const char *text, char *out_line, size_t size)
{
	int pair[2];
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	int before = dup(STDERR_FILENO);
	dup2(pair[1], STDERR_FILENO);
	gatio_log_stderr(NULL, level, text);
	dup2(before, STDERR_FILENO);
	close(before);
	ssize_t got = recv(pair[0], out_line, size, MSG_DONTWAIT);
	char more;
	CU_ASSERT_TRUE(recv(pair[0], &more, 1, MSG_DONTWAIT) < 0);
	close(pair[0]);
	close(pair[1]);
	return got < 0 ? 0 : (size_t)got;
}

static void line_is_one_write(void)
{
	char line[64];
	size_t size = written(GATIO_LOG_WARNING, "out of ink", line, sizeof(line));
	static const char expected[] = "gatio: out of ink\n";
	CU_ASSERT_EQUAL(size, strlen(expected));
	CU_ASSERT_EQUAL(memcmp(line, expected, strlen(expected)), 0);
}

static void long_line_is_cut_and_ended(void)
{
	static char text[5000];
	char line[6000];
	memset(text, 'x', sizeof(text) - 1);
	size_t size = written(GATIO_LOG_ERROR, text, line, sizeof(line));
	CU_ASSERT_FATAL(size > 1000);
	CU_ASSERT_TRUE(size < sizeof(text));
	CU_ASSERT_EQUAL(line[size - 2], 'x');
	CU_ASSERT_EQUAL(line[size - 1], '\n');
}

static void talk_below_notice_is_not_written(void)
{
	char line[64];
	CU_ASSERT_EQUAL(written(GATIO_LOG_DEBUG, "chatter", line, sizeof(line)), 0);
}

/* To a pipe that nobody reads. */
static void write_in_vain(void)
{
	int pair[2];
	CU_ASSERT_EQUAL_FATAL(pipe(pair), 0);
	close(pair[0]);
	int before = dup(STDERR_FILENO);
	dup2(pair[1], STDERR_FILENO);
	gatio_log_stderr(NULL, GATIO_LOG_ERROR, "is anybody there?");
	dup2(before, STDERR_FILENO);
	close(before);
	close(pair[1]);
}

static bool is_waiting(void)
{
	sigset_t waiting;
	sigpending(&waiting);
	return sigismember(&waiting, SIGPIPE) != 0;
}

static volatile sig_atomic_t pipe_signal_count;

static void on_pipe_signal(int number)
{
	(void)number;
	pipe_signal_count++;
}

static void reader_that_has_gone_raises_no_signal(void)
{
	struct sigaction counting = {.sa_handler = on_pipe_signal};
	struct sigaction before;
	sigset_t pipe_signal;
	sigset_t mask;
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigaction(SIGPIPE, &counting, &before);
	pipe_signal_count = 0;

	write_in_vain();
	CU_ASSERT_EQUAL(pipe_signal_count, 0);
	CU_ASSERT_FALSE(is_waiting());
	raise(SIGPIPE); /* still the program's own, and not blocked */
	CU_ASSERT_EQUAL(pipe_signal_count, 1);

	pthread_sigmask(SIG_BLOCK, &pipe_signal, &mask);
	raise(SIGPIPE);
	write_in_vain();
	CU_ASSERT_TRUE(is_waiting()); /* one that was not ours */
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	CU_ASSERT_EQUAL(pipe_signal_count, 2);
	sigaction(SIGPIPE, &before, NULL);
}

static CU_TestInfo tests[] = {
        {"line is one write", line_is_one_write},
        {"long line is cut and ended", long_line_is_cut_and_ended},
        {"talk below notice is not written", talk_below_notice_is_not_written},
        {"reader that has gone raises no signal", reader_that_has_gone_raises_no_signal},
        CU_TEST_INFO_NULL,
};

extern const struct suite log_suite;
const struct suite log_suite = {"log", tests};
